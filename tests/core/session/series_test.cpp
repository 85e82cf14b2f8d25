// SPDX-License-Identifier: MIT
#include "core/session/series.h"

#include <cmath>
#include <gtest/gtest.h>

#include "tests/support/session_builder.h"

namespace ringscope {
namespace {

constexpr std::int64_t kMs = 1'000'000;

SessionView gaugeEveryMs(int samples) {
    SessionBuilder::Samples rows;
    for (int i = 0; i < samples; ++i) {
        rows.emplace_back(i * kMs, i);
    }
    return SessionBuilder().track("g", TrackKind::gauge, Unit::count, rows).build();
}

SessionView counterEveryMs(int samples, double perSample) {
    SessionBuilder::Samples rows;
    for (int i = 0; i < samples; ++i) {
        rows.emplace_back(i * kMs, i * perSample);
    }
    return SessionBuilder().track("c", TrackKind::counter, Unit::count, rows).build();
}

TEST(Series, ColumnHoldsTheExtremesOfItsSamples) {
    const SessionView view = gaugeEveryMs(100);
    const auto columns = seriesColumns(view, {0, 0}, 10 * kMs, 2, 3);
    ASSERT_EQ(columns.size(), 3U);
    EXPECT_EQ(columns[0].min, 20);
    EXPECT_EQ(columns[0].max, 29);
    EXPECT_EQ(columns[0].mean, 24.5);
    EXPECT_EQ(columns[2].last, 49);
}

TEST(Series, ColumnsOutsideTheDataAreGaps) {
    const SessionView view = gaugeEveryMs(100);
    const auto columns = seriesColumns(view, {0, 0}, 10 * kMs, -2, 20);
    EXPECT_TRUE(std::isnan(columns[0].min));
    EXPECT_FALSE(std::isnan(columns[2].min));
    EXPECT_TRUE(std::isnan(columns[15].min));
}

TEST(Series, ColumnsNarrowerThanThePeriodHoldTheLastValue) {
    const SessionView view = gaugeEveryMs(10);
    const auto columns = seriesColumns(view, {0, 0}, kMs / 4, 8, 4);
    for (const SeriesColumn& column : columns) {
        EXPECT_EQ(column.mean, 2);
    }
}

TEST(Series, NothingIsHeldBeyondTheNewestSampleOfTheSession) {
    const SessionView view =
        SessionBuilder()
            .track("slow", TrackKind::gauge, Unit::bytes, {{0, 1}, {100 * kMs, 2}})
            .track("fast", TrackKind::gauge, Unit::bytes, {{0, 1}, {120 * kMs, 2}})
            .build();
    const auto columns = seriesColumns(view, {0, 0}, 10 * kMs, 10, 6);
    EXPECT_EQ(columns[2].mean, 2) << "held up to now";
    EXPECT_TRUE(std::isnan(columns[4].mean)) << "not into the future";
    EXPECT_TRUE(std::isnan(valueAt(view, {0, 0}, 130 * kMs)));
}

TEST(Series, FirstSampleIsHeldUntilTheSecond) {
    const SessionView view =
        SessionBuilder()
            .track("slow", TrackKind::gauge, Unit::bytes, {{0, 1}, {1000 * kMs, 2}})
            .build();
    const auto columns = seriesColumns(view, {0, 0}, 100 * kMs, 0, 10);
    for (const SeriesColumn& column : columns) {
        EXPECT_EQ(column.mean, 1);
    }
}

TEST(Series, CounterColumnsAreRatesWhoseSumIsTheIncrease) {
    const SessionView view = counterEveryMs(1001, 7);
    const auto columns = seriesColumns(view, {0, 0}, 10 * kMs, 1, 99);
    double total = 0;
    for (const SeriesColumn& column : columns) {
        total += column.mean * 0.01;
    }
    EXPECT_NEAR(total, 99 * 10 * 7, 1e-6);
    EXPECT_NEAR(columns[5].mean, 7000, 1e-9);
}

TEST(Series, FallingCounterIsAGapNotANegativeRate) {
    const SessionView view =
        SessionBuilder()
            .track("c", TrackKind::counter, Unit::count, {{0, 0}, {kMs, 5}, {2 * kMs, 1}})
            .build();
    EXPECT_TRUE(std::isnan(valueAt(view, {0, 0}, 2 * kMs)));
    EXPECT_EQ(valueAt(view, {0, 0}, kMs), 5000);
}

TEST(Series, ValueInAGapIsNotTheValueBeforeIt) {
    const SessionView view = SessionBuilder()
                                 .track("g", TrackKind::gauge, Unit::bytes,
                                        {{0, 1}, {kMs, 2}, {1000 * kMs, 3}, {1001 * kMs, 3}})
                                 .build();
    EXPECT_EQ(valueAt(view, {0, 0}, 2 * kMs), 2);
    EXPECT_TRUE(std::isnan(valueAt(view, {0, 0}, 500 * kMs)));
    EXPECT_EQ(valueAt(view, {0, 0}, 1000 * kMs), 3);
}

TEST(Series, StatisticsOfACounterGiveItsExactIncrease) {
    const SessionView view = counterEveryMs(1001, 3);
    const SeriesStatistics range = seriesStatistics(view, {0, 0}, 100 * kMs, 200 * kMs);
    EXPECT_EQ(range.total, 300);
    EXPECT_NEAR(range.mean, 3000, 1e-9);
}

TEST(Series, MeanAloneIsThatOfTheStatistics) {
    const SessionView view = SessionBuilder()
                                 .track("g", TrackKind::gauge, Unit::bytes,
                                        {{0, 1}, {kMs, std::nan("")}, {2 * kMs, 3}, {3 * kMs, 8}})
                                 .track("c", TrackKind::counter, Unit::count,
                                        {{0, 0}, {kMs, 5}, {2 * kMs, 1}, {3 * kMs, 9}})
                                 .build();
    for (std::int64_t from = -1; from < 5; ++from) {
        for (std::int64_t to = from; to < 5; ++to) {
            for (const TrackRef track : view.match("*")) {
                const double alone = seriesMean(view, track, from * kMs, to * kMs);
                const double among = seriesStatistics(view, track, from * kMs, to * kMs).mean;
                EXPECT_TRUE(alone == among || (std::isnan(alone) && std::isnan(among)))
                    << from << ".." << to << ": " << alone << ", " << among;
            }
        }
    }
    const auto [gauge, counter] = std::pair(*view.find("g"), *view.find("c"));
    EXPECT_EQ(seriesMean(view, gauge, 0, 3 * kMs), 4);
    EXPECT_EQ(seriesMean(view, counter, 0, 3 * kMs), 3000);
    EXPECT_TRUE(std::isnan(seriesMean(view, counter, kMs, 2 * kMs))) << "it fell";
    EXPECT_TRUE(std::isnan(seriesMean(view, counter, kMs, kMs))) << "one sample is no rate";
    EXPECT_TRUE(std::isnan(seriesMean(view, gauge, kMs, kMs)));
}

TEST(Series, CounterOverALostSampleHasItsIncreaseAndNoExtremes) {
    const SessionView view = SessionBuilder()
                                 .track("c", TrackKind::counter, Unit::count,
                                        {{0, 1}, {kMs, std::nan("")}, {2 * kMs, 5}})
                                 .build();
    const SeriesStatistics range = seriesStatistics(view, {0, 0}, 0, 2 * kMs);
    EXPECT_EQ(range.total, 4);
    EXPECT_EQ(range.mean, 2000);
    EXPECT_TRUE(std::isnan(range.max));
}

TEST(Series, ColumnThatEndsInAGapHasNoLastValue) {
    const SessionView view = SessionBuilder()
                                 .track("g", TrackKind::gauge, Unit::bytes,
                                        {{0, 1}, {kMs, 2}, {2 * kMs, std::nan("")}, {10 * kMs, 4}})
                                 .build();
    const auto columns = seriesColumns(view, {0, 0}, 10 * kMs, 0, 1);
    EXPECT_EQ(columns[0].max, 2);
    EXPECT_TRUE(std::isnan(columns[0].last));
}

TEST(Series, StatisticsWithoutDataAreNotZero) {
    const SessionView view = gaugeEveryMs(10);
    const SeriesStatistics range = seriesStatistics(view, {0, 0}, 500 * kMs, 600 * kMs);
    EXPECT_EQ(range.samples, 0U);
    EXPECT_TRUE(std::isnan(range.mean));
}

TEST(Series, CountersAreShownPerSecond) {
    EXPECT_EQ(shownUnit({"a", "a", Unit::count, TrackKind::counter, ""}), Unit::countPerSec);
    EXPECT_EQ(shownUnit({"a", "a", Unit::bytes, TrackKind::counter, ""}), Unit::bytesPerSec);
    EXPECT_EQ(shownUnit({"a", "a", Unit::bytes, TrackKind::gauge, ""}), Unit::bytes);
}

} // namespace
} // namespace ringscope
