// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/charts/strip_image.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "core/session/sample_table.h"
#include "tests/widgets/charts/chart_session.h"

namespace ringscope {

namespace {

StripStyle styleOf(const StripColumns& columns, ChartStyle style, double top) {
    StripStyle result;
    result.style = style;
    result.top = top;
    for (const ChartSeries& series : columns.series()) {
        result.layers.push_back({series.color(lightTokens()), true});
    }
    return result;
}

std::size_t pixelsOf(const QImage& image, const QColor& color, int fromX, int toX) {
    std::size_t count = 0;
    for (int y = 0; y < image.height(); ++y) {
        for (int x = fromX; x < toX; ++x) {
            count += image.pixel(x, y) == color.rgb() ? 1U : 0U;
        }
    }
    return count;
}

// A session that grows: tables of different periods, appended to in small steps.
class GrowingSession {
public:
    explicit GrowingSession(std::uint64_t seed)
        : m_random(seed)
        , m_fast(2)
        , m_slow(1) {
        const auto describe = [](const char* name, TrackKind kind, Unit unit) {
            return TrackDescription{name, name, unit, kind, ""};
        };
        m_fastTracks =
            std::make_shared<const std::vector<TrackDescription>>(std::vector<TrackDescription>{
                describe("memory.type.Heap", TrackKind::gauge, Unit::bytes),
                describe("memory.type.Stack", TrackKind::gauge, Unit::bytes)});
        m_slowTracks =
            std::make_shared<const std::vector<TrackDescription>>(std::vector<TrackDescription>{
                describe("memory.type.Image", TrackKind::gauge, Unit::bytes)});
        m_counterTracks =
            std::make_shared<const std::vector<TrackDescription>>(std::vector<TrackDescription>{
                describe("messages.sent", TrackKind::counter, Unit::count)});
    }

    void advance(std::int64_t ms) {
        std::uniform_real_distribution<double> value(0, 90);
        for (std::int64_t end = m_ms + ms; m_ms < end; ++m_ms) {
            const std::int64_t at = kTestStart + m_ms * kTestMs + 137;
            const bool isLost = m_ms % 700 > 650;
            const double row[] = {isLost ? std::nan("") : value(m_random), value(m_random)};
            m_fast.append(at, row);
            if (m_ms % 333 == 0) {
                const double slow[] = {value(m_random)};
                m_slow.append(at, slow);
            }
            m_total += value(m_random);
            if (m_ms % 21 == 0) {
                const double total[] = {m_total};
                m_counter.append(at, total);
            }
        }
    }

    [[nodiscard]] SessionView view() const {
        SessionView view;
        view.groups = {{"fast", m_fastTracks, m_fast.view()},
                       {"slow", m_slowTracks, m_slow.view()},
                       {"counter", m_counterTracks, m_counter.view()}};
        view.startNs = kTestStart;
        view.endNs = kTestStart + m_ms * kTestMs;
        return view;
    }

private:
    std::mt19937_64 m_random;
    SampleTable m_fast;
    SampleTable m_slow;
    SampleTable m_counter{1};
    std::shared_ptr<const std::vector<TrackDescription>> m_fastTracks;
    std::shared_ptr<const std::vector<TrackDescription>> m_slowTracks;
    std::shared_ptr<const std::vector<TrackDescription>> m_counterTracks;
    std::int64_t m_ms = 0;
    double m_total = 0;
};

std::vector<std::int64_t> everyNthColumn(const StripGeometry& geometry, std::int64_t step) {
    std::vector<std::int64_t> columns;
    for (std::int64_t at = geometry.firstColumn; at < geometry.endColumn(); ++at) {
        if (at % step == 0) {
            columns.push_back(at);
        }
    }
    return columns;
}

class StripImageOf : public testing::TestWithParam<ChartStyle> {};

} // namespace

TEST_P(StripImageOf, ScrolledIsTheSameAsDrawnAnew) {
    constexpr std::uint64_t kSeed = 20261122;
    constexpr QSize kSize(157, 60);
    GrowingSession session(kSeed);
    session.advance(900);
    const ChartSpec spec{.name = "test",
                         .title = "",
                         .help = "",
                         .tracks = {"memory.type.*", "messages.sent"},
                         .style = GetParam()};
    StripColumns scrolled;
    scrolled.setSeries(chartSeries(spec, session.view()));
    StripImage image;
    std::mt19937_64 steps(kSeed);
    for (int step = 0; step < 120; ++step) {
        session.advance(static_cast<std::int64_t>(steps() % 60));
        const SessionView view = session.view();
        const StripGeometry geometry = stripGeometry({view.endNs - 900 * kTestMs, view.endNs}, 157);
        const auto change = scrolled.update(view, geometry);
        StripStyle style = styleOf(scrolled, GetParam(), 200);
        style.grid = {Qt::white, Qt::gray, Qt::black, 3, {0, 100, 200}};
        // Every so often another step of the ticks, as after a zoom.
        const auto ticks = everyNthColumn(geometry, step % 30 < 20 ? 25 : 40);
        image.update(scrolled, style, kSize, change, ticks);

        StripColumns fresh;
        fresh.setSeries(chartSeries(spec, view));
        StripImage anew;
        anew.update(fresh, style, kSize, fresh.update(view, geometry), ticks);
        ASSERT_EQ(image.image(), anew.image()) << "seed " << kSeed << ", step " << step;
    }
}

TEST_P(StripImageOf, StillSessionChangesNothing) {
    const auto view = chartSession(1000);
    StripColumns columns;
    columns.setSeries(chartSeries(*findChart("occupancy"), *view));
    const StripGeometry geometry = stripGeometry({view->startNs, view->endNs}, 100);
    columns.update(*view, geometry);
    EXPECT_EQ(columns.update(*view, geometry), (StripColumns::Change{0, 100}));
}

INSTANTIATE_TEST_SUITE_P(Both, StripImageOf,
                         testing::Values(ChartStyle::lines, ChartStyle::stacked));

TEST(StripImage, ShowsEachSeriesInItsColourAndAGapAsAGap) {
    const auto view = chartSession(4000);
    StripColumns columns;
    columns.setSeries(chartSeries(*findChart("occupancy"), *view));
    const auto change = columns.update(*view, stripGeometry({view->startNs, view->endNs}, 400));
    StripImage image;
    image.update(columns, styleOf(columns, ChartStyle::lines, 100), QSize(400, 80), change);
    for (const std::size_t series : {0U, 1U}) {
        const QColor color = lightTokens().series[series];
        EXPECT_GT(pixelsOf(image.image(), color, 0, 200), 150U);
        EXPECT_GT(pixelsOf(image.image(), color, 251, 400), 100U);
        EXPECT_EQ(pixelsOf(image.image(), color, 202, 249), 0U) << "samples were lost there";
    }
}

TEST(StripImage, ValueLiesOnTheGridLineOfItsTick) {
    const auto view = chartSession(1000);
    StripColumns columns;
    columns.setSeries(chartSeries(*findChart("messages"), *view));
    const auto change = columns.update(*view, stripGeometry({view->startNs, view->endNs}, 100));
    StripStyle style = styleOf(columns, ChartStyle::lines, 4e6);
    style.layers[1].isVisible = false;
    style.grid = {Qt::white, Qt::gray, Qt::black, 1, {0, 3e6, 4e6}}; // sent is constant: 3 M/s
    StripImage with;
    with.update(columns, style, QSize(100, 51), change);
    style.layers[0].isVisible = false;
    StripImage without;
    without.update(columns, style, QSize(100, 51), change);
    int hidden = 0;
    for (int y = 0; y < 51; ++y) {
        const bool isGrid = without.image().pixelColor(50, y) == QColor(Qt::gray);
        hidden += isGrid && with.image().pixelColor(50, y) == style.layers[0].color ? 1 : 0;
    }
    EXPECT_EQ(hidden, 1);
    EXPECT_EQ(without.image().pixelColor(50, 0), QColor(Qt::gray)) << "the top";
    EXPECT_EQ(without.image().pixelColor(50, 50), QColor(Qt::black)) << "the axis";
}

TEST(StripImage, LineAtZeroIsSeenAboveTheTimeAxis) {
    const SessionView view =
        SessionBuilder()
            .track("g", TrackKind::gauge, Unit::count, {{0, 0}, {10 * kTestMs, 0}})
            .build();
    const ChartSpec spec{.name = "test", .title = "", .help = "", .tracks = {"g"}};
    StripColumns columns;
    columns.setSeries(chartSeries(spec, view));
    const auto change = columns.update(view, {kTestMs, 0, 10});
    for (const double ratio : {1.0, 1.25, 1.5, 2.0, 3.0}) {
        StripStyle style = styleOf(columns, ChartStyle::lines, 1);
        style.lineWidth = static_cast<int>(std::lround(1.5 * ratio));
        style.grid = {Qt::white, Qt::gray, Qt::black, static_cast<int>(std::lround(ratio)), {}};
        StripImage image;
        image.update(columns, style, QSize(10, 40), change);
        EXPECT_GT(pixelsOf(image.image(), style.layers[0].color, 5, 6), 0U) << ratio;
    }
}

TEST(StripImage, TickColumnHasAGridLineBehindTheData) {
    const auto view = chartSession(1000);
    StripColumns columns;
    columns.setSeries(chartSeries(*findChart("messages"), *view));
    const StripGeometry geometry = stripGeometry({view->startNs, view->endNs}, 100);
    const auto change = columns.update(*view, geometry);
    StripStyle style = styleOf(columns, ChartStyle::lines, 4e6);
    style.grid = {Qt::white, Qt::gray, Qt::black, 1, {}};
    StripImage image;
    image.update(columns, style, QSize(100, 50), change, {geometry.firstColumn + 40});
    EXPECT_GT(pixelsOf(image.image(), Qt::gray, 40, 41), 40U);
    EXPECT_EQ(pixelsOf(image.image(), Qt::gray, 0, 40), 0U);
    EXPECT_EQ(pixelsOf(image.image(), style.layers[0].color, 40, 41),
              pixelsOf(image.image(), style.layers[0].color, 41, 42));
}

TEST(StripImage, StackHasTheHeightOfTheSum) {
    const auto view = chartSession(1000);
    StripColumns columns;
    columns.setSeries(chartSeries(*findChart("memory-types"), *view));
    const auto change = columns.update(*view, stripGeometry({view->startNs, view->endNs}, 100));
    StripImage image;
    const StripStyle style = styleOf(columns, ChartStyle::stacked, 16.0 * 1048576);
    image.update(columns, style, QSize(100, 64), change);
    const auto& tokens = lightTokens();
    // 8 and 4 of 16 MiB on 64 rows.
    EXPECT_EQ(pixelsOf(image.image(), tokens.memoryTypeColor(MemoryType::shareable), 50, 51), 32U);
    EXPECT_EQ(pixelsOf(image.image(), tokens.memoryTypeColor(MemoryType::heap), 50, 51), 16U);
    EXPECT_DOUBLE_EQ(largestDrawn(columns, style), 12.0 * 1048576);
}

TEST(StripImage, HiddenSeriesIsNotDrawnAndDoesNotCount) {
    const auto view = chartSession(1000);
    StripColumns columns;
    columns.setSeries(chartSeries(*findChart("messages"), *view));
    const auto change = columns.update(*view, stripGeometry({view->startNs, view->endNs}, 100));
    StripStyle style = styleOf(columns, ChartStyle::lines, 4e6);
    EXPECT_NEAR(largestDrawn(columns, style), 3e6, 1);
    style.layers[0].isVisible = false;
    EXPECT_NEAR(largestDrawn(columns, style), 2e6, 1);
    StripImage image;
    image.update(columns, style, QSize(100, 50), change);
    EXPECT_EQ(pixelsOf(image.image(), style.layers[0].color, 0, 100), 0U);
    EXPECT_GT(pixelsOf(image.image(), style.layers[1].color, 0, 100), 0U);
}

TEST(LargestDrawn, KeptWhileScrollingIsTheSameAsCountedAnew) {
    constexpr std::uint64_t kSeed = 20261124;
    GrowingSession session(kSeed);
    session.advance(900);
    const ChartSpec spec{
        .name = "test", .title = "", .help = "", .tracks = {"memory.type.*", "messages.sent"}};
    for (const ChartStyle chartStyle : {ChartStyle::lines, ChartStyle::stacked}) {
        StripColumns columns;
        columns.setSeries(chartSeries(spec, session.view()));
        LargestDrawn largest;
        for (int step = 0; step < 100; ++step) {
            session.advance(17);
            const SessionView view = session.view();
            const auto change =
                columns.update(view, stripGeometry({view.endNs - 900 * kTestMs, view.endNs}, 157));
            StripStyle style = styleOf(columns, chartStyle, 200);
            style.layers[0].isVisible = step % 20 < 10;
            ASSERT_EQ(largest.update(columns, style, change), largestDrawn(columns, style))
                << "seed " << kSeed << ", step " << step;
        }
    }
}

TEST(StripShapes, StayWithinTheAreaAndBreakAtGaps) {
    const auto view = chartSession(4000);
    StripColumns columns;
    columns.setSeries(chartSeries(*findChart("occupancy"), *view));
    columns.update(*view, stripGeometry({view->startNs, view->endNs}, 400));
    const QRectF area(40, 10, 400, 80);
    // A range that the data leaves on top.
    const auto shapes = stripShapes(columns, styleOf(columns, ChartStyle::lines, 50), area);
    EXPECT_EQ(shapes.size(), 4U) << "two series in two pieces";
    for (const StripShape& shape : shapes) {
        for (const QPointF& point : shape.points) {
            EXPECT_GE(point.x(), area.left());
            EXPECT_LE(point.x(), area.right());
            EXPECT_GE(point.y(), area.top());
            EXPECT_LE(point.y(), area.bottom());
        }
    }
}

TEST(StripShapes, LineIsNotJoinedToAColumnThatEndsInAGap) {
    const SessionView view = SessionBuilder()
                                 .track("g", TrackKind::gauge, Unit::count,
                                        {{0, 10},
                                         {4 * kTestMs, 10},
                                         {8 * kTestMs, std::nan("")},
                                         {12 * kTestMs, 30},
                                         {24 * kTestMs, 30}})
                                 .build();
    const ChartSpec spec{.name = "test", .title = "", .help = "", .tracks = {"g"}};
    StripColumns columns;
    columns.setSeries(chartSeries(spec, view));
    columns.update(view, {10 * kTestMs, 0, 3});
    const auto shapes =
        stripShapes(columns, styleOf(columns, ChartStyle::lines, 50), QRectF(0, 0, 30, 50));
    ASSERT_EQ(shapes.size(), 2U);
    for (const QPointF& point : shapes[0].points) {
        EXPECT_EQ(point.y(), 40);
    }
    for (const QPointF& point : shapes[1].points) {
        EXPECT_EQ(point.y(), 20);
    }
}

} // namespace ringscope
