// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/charts/chart_plot.h"

#include <gtest/gtest.h>

#include <QScreen>
#include <QTest>

#include "tests/widgets/charts/chart_session.h"

namespace ringscope {

namespace {

class ChartPlotShown : public testing::Test {
protected:
    ChartPlotShown() {
        plot.resize(400, 120);
        plot.setPlotMargins(QMargins(50, 8, 8, 8));
        plot.show();
        EXPECT_TRUE(QTest::qWaitForWindowExposed(&plot));
        columns.setSeries(chartSeries(*findChart("messages"), *view));
        for (const ChartSeries& series : columns.series()) {
            style.layers.push_back({series.color(lightTokens()), true});
        }
    }

    void show(std::int64_t endNs, double top) {
        PlotFrame frame;
        frame.geometry = stripGeometry({endNs - 5'000 * kTestMs, endNs}, plot.columnsWanted());
        frame.startNs = view->startNs;
        frame.valueAxis = valueAxisFor(top, Unit::countPerSec, 4);
        frame.valueTicks = frame.valueAxis.ticks(Unit::countPerSec);
        frame.timeTicks =
            timeTicks({frame.geometry.fromNs(), frame.geometry.toNs()}, frame.startNs, 5);
        style.top = frame.valueAxis.top;
        const auto change = columns.update(*view, frame.geometry);
        plot.setFrame(frame, columns, style, change);
        QCoreApplication::processEvents();
    }

    // What is on the screen, with what was not painted anew: grab() would paint all of it.
    [[nodiscard]] QImage shown() const { return plot.screen()->grabWindow(plot.winId()).toImage(); }

    std::shared_ptr<SessionView> view = chartSession(30'000);
    ChartPlot plot;
    StripColumns columns;
    StripStyle style;
};

} // namespace

TEST_F(ChartPlotShown, ScrollingPaintsTheAxesOnce) {
    const std::int64_t from = view->endNs - 3'000 * kTestMs;
    for (int i = 0; i < 20; ++i) {
        show(from + i * 100 * kTestMs, 3e6);
    }
    EXPECT_EQ(plot.replots(), 20U);
    EXPECT_EQ(plot.stillsPainted(), 1U);
    show(view->endNs, 8e6);
    EXPECT_EQ(plot.stillsPainted(), 2U) << "other labels";
}

TEST_F(ChartPlotShown, ScrolledPictureIsTheOnePaintedAnew) {
    const std::int64_t from = view->endNs - 3'000 * kTestMs;
    for (int i = 0; i < 20; ++i) {
        show(from + i * 70 * kTestMs, 3e6);
    }
    const QImage scrolled = shown();
    columns.setSeries(chartSeries(*findChart("messages"), *view)); // forgets what it has
    show(from + 19 * 70 * kTestMs, 3e6);
    EXPECT_EQ(shown(), scrolled);
}

TEST_F(ChartPlotShown, CursorLeavesNothingBehind) {
    show(view->endNs, 3e6);
    const QImage without = shown();
    plot.setPointer(view->endNs - 2'000 * kTestMs, std::nullopt);
    QCoreApplication::processEvents();
    EXPECT_NE(shown(), without);
    plot.setPointer(std::nullopt, std::nullopt);
    QCoreApplication::processEvents();
    EXPECT_EQ(shown(), without);
}

TEST_F(ChartPlotShown, NothingIsPaintedOverTheLabels) {
    show(view->endNs, 3e6);
    const QImage image = shown();
    const QRect area = plot.plotRect();
    bool hasLabel = false;
    for (int y = 0; y < image.height(); ++y) {
        for (int x = 0; x < area.left() - 6; ++x) {
            hasLabel = hasLabel || image.pixelColor(x, y) != lightTokens().panel;
        }
        EXPECT_EQ(image.pixelColor(area.right() + 4, y), lightTokens().panel);
    }
    EXPECT_TRUE(hasLabel);
}

// Qt's warning of a picture without a size fails the test.
TEST_F(ChartPlotShown, IsShownAgainAfterItHadNoSize) {
    show(view->endNs, 3e6);
    const QImage before = shown();
    for (const QSize size : {QSize(400, 0), QSize(0, 120), QSize(400, 10), QSize(400, 120)}) {
        plot.resize(size);
        show(view->endNs, 3e6);
    }
    EXPECT_EQ(shown(), before);
}

} // namespace ringscope
