// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/charts/chart_stack.h"

#include <gtest/gtest.h>

#include <QAbstractButton>
#include <QApplication>
#include <QMouseEvent>
#include <QSignalSpy>
#include <QTest>

#include "tests/widgets/charts/chart_session.h"
#include "widgets/charts/chart_plot.h"
#include "widgets/charts/chart_view.h"
#include "widgets/charts/legend_row.h"
#include "widgets/charts/time_axis.h"
#include "widgets/charts/time_link.h"
#include "widgets/theme/theme.h"

namespace ringscope {

namespace {

class ChartStackShown : public testing::Test {
protected:
    ChartStackShown() {
        stack.resize(900, 600);
        stack.show();
        EXPECT_TRUE(QTest::qWaitForWindowExposed(&stack));
        stack.setView(view);
        tick();
    }

    void tick() {
        now += 100 * kTestMs;
        QCoreApplication::processEvents();
        stack.tick(now);
        QCoreApplication::processEvents();
    }
    [[nodiscard]] QPoint middleOf(const ChartView& chart) const {
        return chart.plotRect().center();
    }

    std::int64_t now = 1;
    Theme theme{lightTokens()};
    TimeLink link;
    std::shared_ptr<SessionView> view = chartSession(30'000);
    ChartStack stack{theme, link};
};

} // namespace

TEST_F(ChartStackShown, HasAChartForEachKindOfTrack) {
    EXPECT_EQ(stack.charts().size(), 3U);
    EXPECT_TRUE(stack.isChartShown("occupancy"));
    EXPECT_EQ(stack.chart("latency"), nullptr);
}

// Qt's warning of a picture without a size fails the test.
TEST_F(ChartStackShown, AChartWithoutHeightIsNotDrawn) {
    ChartPlot plot;
    plot.show();
    for (const QSize size : {QSize(200, 0), QSize(0, 100), QSize(200, 100)}) {
        plot.resize(size);
        QCoreApplication::processEvents();
    }
    EXPECT_FALSE(plot.plotRect().isEmpty());
}

TEST_F(ChartStackShown, PlotEdgesAreAligned) {
    const QRect first = stack.chart("occupancy")->plotRect();
    for (const char* name : {"messages", "memory-types"}) {
        EXPECT_EQ(stack.chart(name)->plotRect().left(), first.left());
        EXPECT_EQ(stack.chart(name)->plotRect().right(), first.right());
    }
}

TEST_F(ChartStackShown, SameSessionIsNotDrawnTwice) {
    const auto before = stack.chart("messages")->replots();
    for (int i = 0; i < 5; ++i) {
        tick();
    }
    EXPECT_EQ(stack.chart("messages")->replots(), before);
}

TEST_F(ChartStackShown, PlotsMoveWithEachOfThirtyFramesASecondTogether) {
    ChartView& chart = *stack.chart("occupancy");
    const auto before = chart.replots();
    auto growing = *view;
    for (int i = 0; i < 60; ++i) { // two seconds, new columns in each frame
        growing.endNs += 33 * kTestMs;
        stack.setView(std::make_shared<const SessionView>(growing));
        now += 33 * kTestMs;
        stack.tick(now);
        QCoreApplication::processEvents();
        for (const ChartSpec& spec : stack.charts()) {
            ASSERT_EQ(stack.chart(spec.name)->geometryOfStrip(), chart.geometryOfStrip())
                << spec.name << " shows another moment";
            ASSERT_EQ(stack.chart(spec.name)->replots(), chart.replots()) << spec.name;
        }
    }
    EXPECT_EQ(chart.replots() - before, 60U);
}

TEST_F(ChartStackShown, PlotsAreDrawnAtMostFortyTimesASecond) {
    ChartView& chart = *stack.chart("occupancy");
    const auto before = chart.replots();
    auto growing = *view;
    for (int i = 0; i < 120; ++i) { // two seconds of 60 Hz
        growing.endNs += 16 * kTestMs;
        stack.setView(std::make_shared<const SessionView>(growing));
        now += 16 * kTestMs;
        stack.tick(now);
        QCoreApplication::processEvents();
    }
    EXPECT_LE(chart.replots() - before, 80U);
}

TEST_F(ChartStackShown, HiddenChartIsNotDrawn) {
    stack.setChartShown("messages", false);
    tick();
    const auto before = stack.chart("messages")->replots();
    link.zoomOut();
    tick();
    EXPECT_EQ(stack.chart("messages")->replots(), before);
    EXPECT_FALSE(stack.isChartShown("messages"));
}

TEST_F(ChartStackShown, PausedPictureStandsStillAndRecordingGoesOn) {
    QTest::keyClick(&stack, Qt::Key_Space);
    ASSERT_TRUE(link.isPaused());
    tick();
    const QImage held = stack.chart("occupancy")->grab().toImage();
    stack.setView(chartSession(31'000));
    tick();
    EXPECT_EQ(stack.chart("occupancy")->grab().toImage(), held);
    QTest::keyClick(&stack, Qt::Key_Space);
    stack.setView(chartSession(31'000));
    tick();
    EXPECT_NE(stack.chart("occupancy")->grab().toImage(), held);
}

TEST_F(ChartStackShown, CursorReadsTheValueUnderItInEveryChart) {
    // Shareable and Heap are constant, and sent grows by 3 M/s.
    link.setCursor(view->endNs - 5'000 * kTestMs);
    tick();
    EXPECT_EQ(stack.chart("memory-types")->legend().item(0)->value(), QStringLiteral("8.00 MiB"));
    EXPECT_EQ(stack.chart("messages")->legend().item(0)->value(), QStringLiteral("3.00 M/s"));
    EXPECT_TRUE(stack.chart("messages")
                    ->accessibleDescription()
                    .contains(QStringLiteral("messages.sent 3.00 M/s")));
}

TEST_F(ChartStackShown, DragSelectsARangeAndEscapeClearsIt) {
    ChartView& chart = *stack.chart("messages");
    const QPoint from = middleOf(chart);
    const QPoint to = from + QPoint(100, 0);
    QTest::mousePress(&chart, Qt::LeftButton, {}, from);
    QTest::mouseMove(&chart, from + QPoint(50, 0));
    QTest::mouseMove(&chart, to);
    QTest::mouseRelease(&chart, Qt::LeftButton, {}, to);
    ASSERT_TRUE(link.selection());
    const double perPixel = static_cast<double>(link.visible().spanNs()) / chart.plotRect().width();
    EXPECT_NEAR(static_cast<double>(link.selection()->spanNs()), 100 * perPixel, 2 * perPixel);
    QTest::keyClick(&stack, Qt::Key_Escape);
    EXPECT_FALSE(link.selection());
}

TEST_F(ChartStackShown, SelectionIsShadedInEveryChart) {
    tick();
    std::map<std::string, QImage> before;
    for (const ChartSpec& spec : stack.charts()) {
        before[spec.name] = stack.chart(spec.name)->grab().toImage();
    }
    link.select({view->endNs - 6'000 * kTestMs, view->endNs - 3'000 * kTestMs});
    tick();
    for (const ChartSpec& spec : stack.charts()) {
        EXPECT_NE(stack.chart(spec.name)->grab().toImage(), before[spec.name]) << spec.name;
    }
}

TEST_F(ChartStackShown, LegendSaysTheMeanOfTheSelection) {
    link.select({view->endNs - 6'000 * kTestMs, view->endNs - 3'000 * kTestMs});
    tick();
    LegendItem* sent = stack.chart("messages")->legend().item(0);
    EXPECT_EQ(sent->value(), QStringLiteral("3.00 M/s"));
    EXPECT_TRUE(sent->toolTip().contains(QStringLiteral("total 9 M")))
        << sent->toolTip().toStdString();
}

TEST_F(ChartStackShown, ClickInTheLegendHidesASeriesAndDoubleClickShowsItAlone) {
    LegendRow& legend = stack.chart("messages")->legend();
    const QPoint inside(3, 8);
    QTest::mouseClick(legend.item(0), Qt::LeftButton, {}, inside);
    EXPECT_FALSE(legend.isVisible(0));
    EXPECT_TRUE(legend.isVisible(1));
    QTest::mouseClick(legend.item(0), Qt::LeftButton, {}, inside);
    QTest::mouseClick(legend.item(1), Qt::LeftButton, {}, inside);
    QTest::mouseDClick(legend.item(1), Qt::LeftButton, {}, inside);
    EXPECT_FALSE(legend.isVisible(0));
    EXPECT_TRUE(legend.isVisible(1));
}

TEST_F(ChartStackShown, WheelZoomsAtTheMouse) {
    ChartView& chart = *stack.chart("messages");
    const QPoint at = middleOf(chart) - QPoint(150, 0);
    const std::int64_t under = chart.timeAt(at).value_or(0);
    const std::int64_t span = link.visible().spanNs();
    QWheelEvent wheel(QPointF(at), chart.mapToGlobal(QPointF(at)), {}, QPoint(0, 120), Qt::NoButton,
                      Qt::NoModifier, Qt::NoScrollPhase, false);
    QCoreApplication::sendEvent(&chart, &wheel);
    EXPECT_LT(link.visible().spanNs(), span);
    EXPECT_NEAR(static_cast<double>(chart.timeAt(at).value_or(0) - under), 0,
                static_cast<double>(span) / 500);
}

TEST_F(ChartStackShown, ThemeIsObeyedAtOnce) {
    theme.setTokens(darkTokens());
    tick();
    const QImage image = stack.chart("messages")->grab().toImage();
    const QPoint corner = stack.chart("messages")->plotRect().topLeft() + QPoint(3, 3);
    EXPECT_EQ(image.pixelColor(corner), darkTokens().panel);
}

TEST_F(ChartStackShown, EveryControlHasAName) {
    for (const auto* button : stack.findChildren<QAbstractButton*>()) {
        EXPECT_FALSE(button->accessibleName().isEmpty() && button->text().isEmpty() &&
                     button->isVisible())
            << button->metaObject()->className();
    }
    for (const ChartSpec& spec : stack.charts()) {
        EXPECT_FALSE(stack.chart(spec.name)->accessibleName().isEmpty());
    }
}

TEST(ChartStack, SaysWhatWouldBeHereWithoutASession) {
    Theme theme(lightTokens());
    TimeLink link;
    ChartStack stack(theme, link);
    stack.setView(nullptr);
    stack.tick(1);
    EXPECT_TRUE(stack.charts().empty());
    EXPECT_TRUE(stack.currentChart().empty());
}

TEST_F(ChartStackShown, AKeptMemoryMapIsOnTheTimeAxisAndChosenByAClick) {
    const auto* const axis = stack.findChild<TimeAxis*>();
    const int heightBefore = axis->height();
    auto record = std::make_shared<MapRecord>();
    record->timeNs = (view->startNs + view->endNs) / 2;
    record->label = "P0";
    view = std::make_shared<SessionView>(*view);
    view->maps = std::make_shared<const std::vector<std::shared_ptr<const MapRecord>>>(1, record);
    stack.setView(view);
    link.showAll();
    tick();
    EXPECT_GT(axis->height(), heightBefore) << "a row of their own";
    QPoint at;
    for (int x = 0; x < axis->width() && at.isNull(); ++x) {
        if (axis->mapAt({x, 20}) != nullptr) {
            at = {x + 5, 20};
        }
    }
    ASSERT_FALSE(at.isNull());
    const QRect plot = stack.chart("messages")->plotRect();
    EXPECT_NEAR(at.x(), plot.center().x(), 20);
    EXPECT_EQ(axis->mapAt({at.x(), 5}), nullptr) << "markers are above";
    QSignalSpy chosen(&stack, &ChartStack::mapChosen);
    QTest::mouseClick(stack.findChild<TimeAxis*>(), Qt::LeftButton, {}, {at.x() + 60, 20});
    EXPECT_EQ(chosen.size(), 0);
    QTest::mouseClick(stack.findChild<TimeAxis*>(), Qt::LeftButton, {}, at);
    ASSERT_EQ(chosen.size(), 1);
    EXPECT_EQ(chosen.front().front().toLongLong(), record->timeNs);
    // What a window system sends behind the first click of a double click.
    QMouseEvent doubleClick(QEvent::MouseButtonDblClick, at, stack.mapToGlobal(at), Qt::LeftButton,
                            Qt::LeftButton, Qt::NoModifier);
    QApplication::sendEvent(stack.findChild<TimeAxis*>(), &doubleClick);
    QTest::mouseRelease(stack.findChild<TimeAxis*>(), Qt::LeftButton, {}, at);
    EXPECT_EQ(chosen.size(), 1) << "one map, one window";
}

} // namespace ringscope
