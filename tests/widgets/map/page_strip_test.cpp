// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/map/page_strip.h"

#include <gtest/gtest.h>

#include <QTest>

#include "tests/widgets/map/map_builder.h"
#include "widgets/theme/theme.h"

namespace ringscope {
namespace {

class PaintCounter final : public QObject {
public:
    bool eventFilter(QObject*, QEvent* event) override {
        paints += event->type() == QEvent::Paint ? 1 : 0;
        return false;
    }
    int paints = 0;
};

PageColumn only(ShownPage state) {
    PageColumn column;
    column.of(state) = 1;
    return column;
}

// A column of each state, and one half private and half not present; 128 KiB each.
PageColumns someRegion() {
    PageColumns pages;
    pages.start = 0x7f0000000000;
    pages.end = pages.start + kMiB;
    pages.knowsZeroAndHuge = true;
    for (std::size_t state = 0; state < kShownPages; ++state) {
        pages.columns.push_back(only(static_cast<ShownPage>(state)));
    }
    PageColumn half;
    half.of(ShownPage::exclusive) = half.of(ShownPage::notPresent) = 0.5;
    pages.columns.push_back(half);
    return pages;
}

class PageStripTest : public testing::Test {
protected:
    PageStripTest() {
        strip.resize(800, 140);
        strip.show();
    }
    QRect rectOf(int column) const {
        const QRect area = strip.stripRect();
        return {area.left() + column * area.width() / 8, area.top() + 1, area.width() / 8,
                area.height() - 2};
    }

    Theme theme{lightTokens()};
    PageStrip strip{theme};
};

TEST(PageColumnsOfAPixel, AreTheMeanOfWhatItShows) {
    PageColumns pages;
    for (int i = 0; i < 4; ++i) {
        pages.columns.push_back(only(i % 2 == 0 ? ShownPage::exclusive : ShownPage::swapped));
    }
    EXPECT_EQ(pagesOfPixel(pages, 1, 8), only(ShownPage::exclusive));
    EXPECT_EQ(pagesOfPixel(pages, 2, 8), only(ShownPage::swapped));
    EXPECT_EQ(pagesOfPixel(pages, 0, 2).of(ShownPage::exclusive), 0.5);
    EXPECT_EQ(pagesOfPixel(pages, 0, 1).of(ShownPage::swapped), 0.5);
}

TEST(PageColumnsOfAPixel, EachColumnCountsOnce) {
    PageColumns pages;
    pages.end = 1000;
    for (int i = 0; i < 1000; ++i) {
        pages.columns.push_back(only(i < 300 ? ShownPage::huge : ShownPage::guard));
    }
    EXPECT_NEAR(shownPageBytes(pages, ShownPage::huge), 300, 1e-6);
    double huge = 0;
    for (int x = 0; x < 100; ++x) {
        huge += pagesOfPixel(pages, x, 100).of(ShownPage::huge);
    }
    EXPECT_NEAR(huge, 30, 1e-6);
}

TEST_F(PageStripTest, ColumnsAreFilledFromBelowInTheirColours) {
    strip.setPages(someRegion());
    const QImage image = strip.grab().toImage();
    const ThemeTokens& tokens = theme.tokens();
    const auto all = [&](int column) { return rectOf(column).width() * rectOf(column).height(); };
    EXPECT_GT(pixelsOfColor(image, tokens.seriesColor(2), rectOf(0)), all(0) * 9 / 10);
    EXPECT_GT(pixelsOfColor(image, tokens.seriesColor(0), rectOf(1)), all(1) * 9 / 10);
    EXPECT_NEAR(pixelsOfColor(image, tokens.seriesColor(2), rectOf(7)), all(7) / 2, all(7) / 20);
    EXPECT_EQ(image.pixelColor(rectOf(7).center().x(), rectOf(7).bottom() - 2),
              tokens.seriesColor(2));
    EXPECT_EQ(image.pixelColor(rectOf(7).center().x(), rectOf(7).top() + 2), tokens.grid);
}

TEST_F(PageStripTest, SwappedZeroAndGuardHaveAPattern) {
    strip.setPages(someRegion());
    const QImage image = strip.grab().toImage();
    const auto isMixed = [&](ShownPage state, const QColor& color) {
        const QRect area = rectOf(static_cast<int>(state)).adjusted(2, 0, -2, 0);
        const int pixels = pixelsOfColor(image, color, area);
        return pixels > 50 && pixels < area.width() * area.height() * 19 / 20;
    };
    const ThemeTokens& tokens = theme.tokens();
    EXPECT_TRUE(isMixed(ShownPage::huge, tokens.seriesColor(3)));
    EXPECT_TRUE(isMixed(ShownPage::zero, tokens.seriesColor(5)));
    EXPECT_TRUE(isMixed(ShownPage::swapped, tokens.seriesColor(4)));
    EXPECT_TRUE(isMixed(ShownPage::guard, tokens.textSecondary));
}

TEST_F(PageStripTest, TheLegendHasTheBytesOfEachState) {
    strip.setPages(someRegion());
    EXPECT_EQ(strip.legendText().toStdString(),
              "Private 192 KiB\nShared 128 KiB\nHuge 128 KiB\nZero page 128 KiB\n"
              "Swapped 128 KiB\nGuard 128 KiB\nNot present 192 KiB");
    PageColumns older = someRegion();
    older.columns = {only(ShownPage::notPresent)};
    older.knowsZeroAndHuge = false;
    strip.setPages(older);
    EXPECT_EQ(strip.legendText().toStdString(), "Not present or zero page 1 MiB");
}

TEST_F(PageStripTest, TheLegendTakesTheLinesItNeeds) {
    strip.setPages(someRegion());
    const int wide = strip.stripRect().top();
    strip.resize(400, 160);
    EXPECT_GT(strip.stripRect().top(), wide);
    EXPECT_GE(strip.stripRect().height(), 24);
}

TEST_F(PageStripTest, TellsAddressAndSharesOfAColumn) {
    strip.setPages(someRegion());
    EXPECT_EQ(strip.toolTipAt(rectOf(7).center()).toStdString(),
              "0x7f00000e0000 – 0x7f0000100000\nPrivate 50 %\nNot present 50 %");
    EXPECT_TRUE(strip.toolTipAt({3, strip.height() - 2}).isEmpty());
}

TEST_F(PageStripTest, SaysWhatWouldBeHereAndWhatItCannotTell) {
    EXPECT_TRUE(strip.toolTipAt({10, 10}).isEmpty());
    EXPECT_EQ(strip.accessibleDescription().toStdString(), "No region is selected.");
    PageColumns pages = someRegion();
    const int without = (strip.setPages(pages), strip.sizeHint().height());
    pages.remark = QStringLiteral("This kernel tells no huge pages.");
    strip.setPages(pages);
    EXPECT_GT(strip.sizeHint().height(), without);
    EXPECT_TRUE(strip.accessibleDescription().endsWith(pages.remark));
}

TEST_F(PageStripTest, SteadyValuesPaintNothing) {
    ASSERT_TRUE(QTest::qWaitForWindowExposed(&strip));
    strip.setPages(someRegion());
    QCoreApplication::processEvents();
    PaintCounter counter;
    strip.installEventFilter(&counter);
    strip.setPages(someRegion());
    QCoreApplication::processEvents();
    EXPECT_EQ(counter.paints, 0);
    strip.setPages(std::nullopt);
    QCoreApplication::processEvents();
    EXPECT_EQ(counter.paints, 1);
}

} // namespace
} // namespace ringscope
