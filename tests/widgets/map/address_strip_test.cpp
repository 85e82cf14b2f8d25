// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/map/address_strip.h"

#include <gtest/gtest.h>

#include <QSignalSpy>
#include <QTest>
#include <QWheelEvent>

#include "tests/widgets/map/map_builder.h"
#include "widgets/map/map_ink.h"
#include "widgets/theme/theme.h"

namespace ringscope {
namespace {

constexpr std::uint64_t kHeap = 0x555510000000;

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
    map.add(MemoryType::image, 0x555500000000, 2 * kMiB, 2 * kMiB, "/usr/bin/probe")
        .add(MemoryType::heap, kHeap, 64 * kMiB, 16 * kMiB, "[heap]")
        .add(MemoryType::reserved, 0x7f0000000000, 10 * kGiB, 0)
        .add(MemoryType::stack, 0x7ffe00000000, 132 * kKiB, 4 * kKiB, "[stack]");
    return map;
}

class AddressStripTest : public testing::Test {
protected:
    AddressStripTest() {
        strip.resize(700, strip.sizeHint().height());
        strip.show();
    }
    QPoint centreOf(std::size_t region) const {
        const PixelSpan span = strip.layoutOfAddresses().pixelsOfRegion(region);
        return {static_cast<int>((span.left + span.right) / 2), strip.stripRect().center().y()};
    }
    QRect rectOf(std::size_t region) const {
        const PixelSpan span = strip.layoutOfAddresses().pixelsOfRegion(region);
        const QRect area = strip.stripRect();
        return {static_cast<int>(span.left), area.top(), static_cast<int>(span.right - span.left),
                area.height()};
    }
    QColor colorOf(MemoryType type) const { return theme.tokens().memoryTypeColor(type); }
    void wheel(QPoint at, int steps) {
        QWheelEvent event(at, strip.mapToGlobal(QPointF(at)), {}, {0, 120 * steps}, Qt::NoButton,
                          Qt::NoModifier, Qt::NoScrollPhase, false);
        QCoreApplication::sendEvent(&strip, &event);
    }

    Theme theme{lightTokens()};
    AddressStrip strip{theme};
    QSignalSpy selected{&strip, &AddressStrip::regionSelected};
};

TEST_F(AddressStripTest, ARegionIsFilledAsFarAsItIsResident) {
    strip.setSnapshot(someMap().build());
    const QImage image = strip.grab().toImage();
    const QRect heap = rectOf(1);
    const int x = heap.center().x();
    EXPECT_EQ(image.pixelColor(x, heap.bottom() - heap.height() / 8), colorOf(MemoryType::heap));
    EXPECT_EQ(image.pixelColor(x, heap.top() + heap.height() / 2),
              pale(colorOf(MemoryType::heap), theme.tokens().panel, 0.25));
    const QRect reserved = rectOf(2);
    EXPECT_EQ(image.pixelColor(reserved.center().x(), reserved.bottom()),
              pale(colorOf(MemoryType::reserved), theme.tokens().panel, 0.25));
}

TEST_F(AddressStripTest, ALittleResidentMemoryIsAtLeastALine) {
    strip.setSnapshot(MapBuilder().add(MemoryType::heap, kHeap, kGiB, 4 * kKiB).build());
    const QRect heap = rectOf(0);
    const QImage image = strip.grab().toImage();
    EXPECT_EQ(image.pixelColor(heap.center().x(), heap.bottom()), colorOf(MemoryType::heap));
    EXPECT_NE(image.pixelColor(heap.center().x(), heap.bottom() - 1), colorOf(MemoryType::heap));
}

TEST_F(AddressStripTest, TheLineBelowSaysWhereItIs) {
    strip.setSnapshot(someMap().build());
    const QRect below(0, strip.stripRect().bottom() + 1, strip.width(), 100);
    const int inked = pixelsOfColor(strip.grab().toImage(), theme.tokens().textSecondary, below);
    EXPECT_GT(inked, 20);
    strip.setSnapshot(nullptr);
    EXPECT_LT(pixelsOfColor(strip.grab().toImage(), theme.tokens().textSecondary, below), inked);
}

TEST_F(AddressStripTest, WithoutResidencyAllIsFull) {
    strip.setSnapshot(someMap().fromCore().build());
    const QRect heap = rectOf(1);
    EXPECT_EQ(strip.grab().toImage().pixelColor(heap.center()), colorOf(MemoryType::heap));
    EXPECT_TRUE(strip.toolTipAt(centreOf(1)).contains(u"not in a core dump"));
}

TEST_F(AddressStripTest, JumpsAreTorn) {
    strip.setSnapshot(someMap().build());
    const QRect image = rectOf(0);
    const QRect gap(image.right() + 1, 0, rectOf(1).left() - image.right() - 1, image.height());
    ASSERT_GE(gap.width(), 8);
    const QImage grabbed = strip.grab().toImage();
    const int ground = pixelsOfColor(grabbed, theme.tokens().panel, gap);
    EXPECT_GT(ground, gap.width() * gap.height() / 4);
    EXPECT_LT(ground, gap.width() * gap.height() * 9 / 10);
    EXPECT_TRUE(strip.toolTipAt(gap.center()).startsWith(u"Nothing mapped for 254 MiB"))
        << strip.toolTipAt(gap.center()).toStdString();
}

TEST_F(AddressStripTest, TellsAboutTheRegionUnderThePointer) {
    strip.setSnapshot(someMap().build());
    EXPECT_EQ(strip.toolTipAt(centreOf(1)).toStdString(),
              "0x555510000000 – 0x555514000000\nHeap: [heap]\nRead/Write\n64 MiB, resident 16 MiB");
    EXPECT_TRUE(strip.toolTipAt({100, strip.height() - 2}).isEmpty()) << "below the strip";
}

TEST_F(AddressStripTest, AClickSelectsItsRegion) {
    strip.setSnapshot(someMap().build());
    QTest::mouseClick(&strip, Qt::LeftButton, {}, centreOf(1));
    ASSERT_EQ(selected.size(), 1);
    EXPECT_EQ(selected[0][0].toULongLong(), kHeap);
    EXPECT_EQ(selected[0][1].toULongLong(), kHeap + 64 * kMiB);
    EXPECT_TRUE(strip.accessibleDescription().contains(u"Heap: [heap]"));
}

TEST_F(AddressStripTest, TheSelectionIsOutlined) {
    strip.setSnapshot(someMap().build());
    const QRect heap = rectOf(1);
    EXPECT_EQ(pixelsOfColor(strip.grab().toImage(), theme.tokens().text, heap), 0);
    strip.setSelection(kHeap, kHeap + 64 * kMiB);
    EXPECT_TRUE(selected.isEmpty());
    EXPECT_GT(pixelsOfColor(strip.grab().toImage(), theme.tokens().text, heap), 2 * heap.width());
    strip.setSelection(0, 0);
    EXPECT_EQ(pixelsOfColor(strip.grab().toImage(), theme.tokens().text, heap), 0);
}

TEST_F(AddressStripTest, ArrowsHomeAndEndSelectRegions) {
    strip.setSnapshot(someMap().build());
    QTest::keyClick(&strip, Qt::Key_Right);
    EXPECT_EQ(strip.selection().start, 0x555500000000U);
    QTest::keyClick(&strip, Qt::Key_Right);
    EXPECT_EQ(strip.selection().start, kHeap);
    QTest::keyClick(&strip, Qt::Key_End);
    EXPECT_EQ(strip.selection().start, 0x7ffe00000000U);
    QTest::keyClick(&strip, Qt::Key_Right);
    EXPECT_EQ(strip.selection().start, 0x7ffe00000000U);
    QTest::keyClick(&strip, Qt::Key_Left);
    EXPECT_EQ(strip.selection().start, 0x7f0000000000U);
    QTest::keyClick(&strip, Qt::Key_Home);
    EXPECT_EQ(strip.selection().start, 0x555500000000U);
    EXPECT_EQ(selected.size(), 5);
}

TEST_F(AddressStripTest, TheSelectionScrollsIntoView) {
    strip.setSnapshot(someMap().build());
    strip.zoom(15);
    strip.setSelection(0x7ffe00000000, 0x7ffe00000000 + 132 * kKiB);
    EXPECT_LT(rectOf(3).left(), strip.width());
    EXPECT_GE(rectOf(3).right(), 0);
    EXPECT_FALSE(strip.layoutOfAddresses().showsAll());
}

TEST_F(AddressStripTest, WheelZoomsDragPansDoubleClickShowsAll) {
    strip.setSnapshot(someMap().build());
    const QPoint at = centreOf(2);
    wheel(at, 5);
    EXPECT_FALSE(strip.layoutOfAddresses().showsAll());
    const auto before = strip.layoutOfAddresses().visible();
    QTest::mousePress(&strip, Qt::LeftButton, {}, at);
    QTest::mouseMove(&strip, at + QPoint(60, 0));
    QMouseEvent move(QEvent::MouseMove, at + QPoint(60, 0),
                     strip.mapToGlobal(QPointF(at + QPoint(60, 0))), Qt::NoButton, Qt::LeftButton,
                     Qt::NoModifier);
    QCoreApplication::sendEvent(&strip, &move);
    QTest::mouseRelease(&strip, Qt::LeftButton, {}, at + QPoint(60, 0));
    EXPECT_LT(strip.layoutOfAddresses().visible().start, before.start);
    EXPECT_TRUE(selected.isEmpty()) << "a drag is no click";
    QTest::mouseDClick(&strip, Qt::LeftButton, {}, at);
    EXPECT_TRUE(strip.layoutOfAddresses().showsAll());
}

TEST_F(AddressStripTest, PlusAndMinusZoom) {
    strip.setSnapshot(someMap().build());
    QTest::keyClick(&strip, Qt::Key_Plus);
    EXPECT_FALSE(strip.layoutOfAddresses().showsAll());
    QTest::keyClick(&strip, Qt::Key_Minus);
    EXPECT_TRUE(strip.layoutOfAddresses().showsAll());
}

TEST_F(AddressStripTest, OtherTypesAreDimmed) {
    strip.setSnapshot(someMap().build());
    strip.setType(MemoryType::heap);
    const QImage image = strip.grab().toImage();
    EXPECT_EQ(pixelsOfColor(image, colorOf(MemoryType::image), rectOf(0)), 0);
    EXPECT_GT(pixelsOfColor(image, colorOf(MemoryType::heap), rectOf(1)), 50);
}

TEST_F(AddressStripTest, SteadyValuesPaintNothing) {
    ASSERT_TRUE(QTest::qWaitForWindowExposed(&strip));
    strip.setSnapshot(someMap().build());
    QCoreApplication::processEvents();
    PaintCounter counter;
    strip.installEventFilter(&counter);
    strip.setSnapshot(someMap().build());
    strip.setSelection(0, 0);
    strip.setType(std::nullopt);
    QCoreApplication::processEvents();
    EXPECT_EQ(counter.paints, 0);
    strip.setSnapshot(someMap().add(MemoryType::heap, 0x7fff00000000, kMiB, 0).build());
    QCoreApplication::processEvents();
    EXPECT_EQ(counter.paints, 1);
}

TEST_F(AddressStripTest, SaysWhatItShowsToAScreenReader) {
    EXPECT_EQ(strip.accessibleDescription().toStdString(), "No memory map.");
    strip.setSnapshot(someMap().build());
    EXPECT_EQ(strip.accessibleName().toStdString(), "Address space");
    EXPECT_TRUE(strip.accessibleDescription().startsWith(u"4 regions from 0x555500000000"));
}

} // namespace
} // namespace ringscope
