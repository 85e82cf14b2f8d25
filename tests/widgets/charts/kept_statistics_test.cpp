// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/charts/kept_statistics.h"

#include <gtest/gtest.h>

#include "tests/widgets/charts/chart_session.h"

namespace ringscope {

namespace {

// The later the view, the more of the same samples it has.
const TimeRange kRange{kTestStart + 1000 * kTestMs, kTestStart + 3000 * kTestMs};

ChartSeries sentOf(const SessionView& view) {
    return chartSeries(*findChart("messages"), view).front();
}

} // namespace

TEST(KeptStatistics, ArePassedOnUntilTheRangeHoldsMore) {
    KeptStatistics kept;
    for (const std::int64_t ms : {2000, 2500, 3000}) {
        const auto view = chartSession(ms);
        EXPECT_DOUBLE_EQ(kept.of(*view, sentOf(*view), 0, kRange).total,
                         3000.0 * static_cast<double>(ms - 1000));
    }
    EXPECT_EQ(kept.counted(), 3U);
    for (const std::int64_t ms : {3500, 4000}) {
        const auto view = chartSession(ms);
        EXPECT_DOUBLE_EQ(kept.of(*view, sentOf(*view), 0, kRange).total, 6e6);
    }
    EXPECT_EQ(kept.counted(), 3U);
}

TEST(KeptStatistics, AreThoseOfTheRangeAndOfTheSeries) {
    const auto view = chartSession(4000);
    const auto series = chartSeries(*findChart("messages"), *view);
    KeptStatistics kept;
    EXPECT_DOUBLE_EQ(kept.of(*view, series[0], 0, kRange).total, 6e6);
    EXPECT_DOUBLE_EQ(kept.of(*view, series[1], 1, kRange).total, 4e6);
    EXPECT_DOUBLE_EQ(kept.of(*view, series[0], 0, kRange).total, 6e6);
    TimeRange later = kRange;
    later.fromNs += 1000 * kTestMs;
    EXPECT_DOUBLE_EQ(kept.of(*view, series[0], 0, later).total, 3e6);
    EXPECT_EQ(kept.counted(), 3U);
    kept.clear();
    EXPECT_DOUBLE_EQ(kept.of(*view, series[0], 0, later).total, 3e6);
    EXPECT_EQ(kept.counted(), 4U);
}

} // namespace ringscope
