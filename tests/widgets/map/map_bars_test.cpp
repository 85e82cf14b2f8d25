// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/map/map_bars.h"

#include <gtest/gtest.h>

#include <QSignalSpy>
#include <QTest>

#include "tests/widgets/map/map_builder.h"
#include "widgets/map/map_ink.h"
#include "widgets/theme/theme.h"

namespace ringscope {
namespace {

constexpr std::size_t kResident = 2;

class PaintCounter final : public QObject {
public:
    bool eventFilter(QObject*, QEvent* event) override {
        paints += event->type() == QEvent::Paint ? 1 : 0;
        return false;
    }
    int paints = 0;
};

MapBuilder someMap() {
    MapBuilder map;
    map.add(MemoryType::image, 0x1000000, 2 * kMiB, kMiB)
        .add(MemoryType::heap, 0x2000000, 6 * kMiB, 3 * kMiB)
        .add(MemoryType::stack, 0x9000000, 8 * kMiB, 16 * kKiB);
    return map;
}

class MapBarsTest : public testing::Test {
protected:
    MapBarsTest() {
        bars.resize(700, bars.sizeHint().height());
        bars.show();
    }
    QPoint centreOf(std::size_t bar, MemoryType type) const {
        const QRect area = bars.barRect(bar);
        for (const MapBarSegment& segment : bars.segmentsOf(bar)) {
            if (segment.type == type) {
                return {area.left() + (segment.left + segment.right) / 2, area.center().y()};
            }
        }
        ADD_FAILURE() << "no such segment";
        return {};
    }
    int pixels(std::size_t bar, const QColor& color) {
        return pixelsOfColor(bars.grab().toImage(), color, bars.barRect(bar));
    }

    Theme theme{lightTokens()};
    MapBars bars{theme};
    QSignalSpy selected{&bars, &MapBars::typeSelected};
};

TEST_F(MapBarsTest, BarsShareOneScale) {
    bars.setSnapshot(someMap().build());
    const int width = bars.barRect(0).width();
    EXPECT_EQ(bars.segmentsOf(0).back().right, width) << "committed is the largest";
    const double share = static_cast<double>(4 * kMiB + 16 * kKiB) / (16 * kMiB);
    EXPECT_NEAR(bars.segmentsOf(kResident).back().right, share * width, 0.51);
}

TEST_F(MapBarsTest, EachTypeIsInItsColour) {
    bars.setSnapshot(someMap().build());
    for (const MemoryType type : {MemoryType::image, MemoryType::heap, MemoryType::stack}) {
        EXPECT_GT(pixels(0, theme.tokens().memoryTypeColor(type)), 100);
    }
    theme.setTokens(darkTokens());
    EXPECT_GT(pixels(0, darkTokens().memoryTypeColor(MemoryType::heap)), 100);
}

TEST_F(MapBarsTest, NeighboursAreApartWithoutColour) {
    bars.setSnapshot(someMap().build());
    const QRect area = bars.barRect(0);
    const int edge = bars.segmentsOf(0)[0].right;
    EXPECT_EQ(bars.grab().toImage().pixelColor(area.left() + edge - 1, area.center().y()),
              theme.tokens().panel);
}

TEST_F(MapBarsTest, AClickSelectsATypeAndASecondOneNone) {
    bars.setSnapshot(someMap().build());
    QTest::mouseClick(&bars, Qt::LeftButton, {}, centreOf(0, MemoryType::heap));
    ASSERT_EQ(selected.size(), 1);
    EXPECT_EQ(selected[0][0].value<std::optional<MemoryType>>(), MemoryType::heap);
    EXPECT_EQ(bars.type(), MemoryType::heap);
    QTest::mouseClick(&bars, Qt::LeftButton, {}, centreOf(0, MemoryType::heap));
    ASSERT_EQ(selected.size(), 2);
    EXPECT_FALSE(bars.type().has_value());
}

TEST_F(MapBarsTest, OthersAreDimmedAndTheSelectedIsUnderlined) {
    bars.setSnapshot(someMap().build());
    bars.setType(MemoryType::heap);
    EXPECT_TRUE(selected.isEmpty()) << "who sets it knows it";
    const ThemeTokens& tokens = theme.tokens();
    EXPECT_EQ(pixels(0, tokens.memoryTypeColor(MemoryType::stack)), 0);
    EXPECT_GT(pixels(0, pale(tokens.memoryTypeColor(MemoryType::stack), tokens.panel, kDimmed)),
              100);
    EXPECT_GT(pixels(0, tokens.memoryTypeColor(MemoryType::heap)), 100);
    EXPECT_GT(pixels(0, tokens.text), 50);
}

TEST_F(MapBarsTest, ArrowsGoFromTypeToType) {
    bars.setSnapshot(someMap().build());
    QTest::keyClick(&bars, Qt::Key_Right);
    EXPECT_EQ(bars.type(), MemoryType::image);
    QTest::keyClick(&bars, Qt::Key_Right);
    QTest::keyClick(&bars, Qt::Key_Right);
    QTest::keyClick(&bars, Qt::Key_Right);
    EXPECT_EQ(bars.type(), MemoryType::stack) << "stays at the last";
    QTest::keyClick(&bars, Qt::Key_Escape);
    EXPECT_FALSE(bars.type().has_value());
    EXPECT_EQ(selected.size(), 4);
}

TEST_F(MapBarsTest, TellsTypeBytesAndShare) {
    bars.setSnapshot(someMap().build());
    EXPECT_EQ(bars.toolTipAt(centreOf(0, MemoryType::heap)).toStdString(),
              "Heap: 6 MiB, 37.5 % of committed");
    EXPECT_TRUE(bars.toolTipAt({5, bars.barRect(1).center().y()}).startsWith(u"Private: "));
    EXPECT_TRUE(bars.toolTipAt({-3, -3}).isEmpty());
}

TEST_F(MapBarsTest, ACoreDumpHasNoResidency) {
    bars.setSnapshot(someMap().fromCore().build());
    EXPECT_FALSE(bars.segmentsOf(0).empty());
    EXPECT_TRUE(bars.segmentsOf(1).empty());
    EXPECT_TRUE(bars.segmentsOf(2).empty());
    EXPECT_TRUE(bars.toolTipAt(bars.barRect(2).center()).contains(u"not in a core dump"));
    EXPECT_TRUE(bars.accessibleDescription().contains(u"Resident: not in a core dump"));
}

TEST_F(MapBarsTest, ABaselineIsOutlinedOnTheSameScale) {
    bars.setSnapshot(someMap().build());
    MapBuilder earlier = someMap();
    bars.setBaseline(earlier.add(MemoryType::privateData, 0x20000000, 16 * kMiB, 0).build());
    const QRect area = bars.barRect(0);
    EXPECT_NEAR(bars.segmentsOf(0).back().right, area.width() / 2., 1) << "it was twice as long";
    const QImage image = bars.grab().toImage();
    EXPECT_EQ(image.pixelColor(area.right() - 3, area.top() - 2), theme.tokens().text);
    EXPECT_NE(image.pixelColor(area.right() - 3, area.center().y()), theme.tokens().text);
    EXPECT_TRUE(bars.toolTipAt(area.center()).contains(u"Earlier in all: 32 MiB (−16 MiB)"))
        << bars.toolTipAt(area.center()).toStdString();
    bars.setBaseline(nullptr);
    EXPECT_EQ(bars.segmentsOf(0).back().right, area.width());
}

TEST_F(MapBarsTest, ABaselineFromACoreDumpHasNoResidency) {
    bars.setSnapshot(someMap().build());
    bars.setBaseline(someMap().fromCore().build());
    const QRect resident = bars.barRect(kResident);
    const QString text = bars.toolTipAt(resident.center());
    EXPECT_TRUE(text.contains(u"Earlier: not in a core dump")) << text.toStdString();
    EXPECT_TRUE(bars.toolTipAt(bars.barRect(0).center()).contains(u"Earlier in all: 16 MiB (0 B)"))
        << bars.toolTipAt(bars.barRect(0).center()).toStdString();
    const QImage image = bars.grab().toImage();
    EXPECT_NE(image.pixelColor(resident.left() + 3, resident.top() - 2), theme.tokens().text);
}

TEST_F(MapBarsTest, SteadyValuesPaintNothing) {
    ASSERT_TRUE(QTest::qWaitForWindowExposed(&bars));
    bars.setSnapshot(someMap().build());
    QCoreApplication::processEvents();
    PaintCounter counter;
    bars.installEventFilter(&counter);
    bars.setSnapshot(someMap().build());
    bars.setType(std::nullopt);
    bars.setBaseline(nullptr);
    QCoreApplication::processEvents();
    EXPECT_EQ(counter.paints, 0);
    bars.setSnapshot(someMap().add(MemoryType::heap, 0x20000000, kMiB, 0).build());
    QCoreApplication::processEvents();
    EXPECT_EQ(counter.paints, 1);
}

TEST_F(MapBarsTest, SaysItsNumbersToAScreenReader) {
    bars.setSnapshot(someMap().build());
    EXPECT_FALSE(bars.accessibleName().isEmpty());
    EXPECT_TRUE(bars.accessibleDescription().startsWith(
        u"Committed 16 MiB: Image 2 MiB, Heap 6 MiB, Stack 8 MiB."))
        << bars.accessibleDescription().toStdString();
}

} // namespace
} // namespace ringscope
