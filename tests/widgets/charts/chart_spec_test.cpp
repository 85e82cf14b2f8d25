// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/charts/chart_spec.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "tests/widgets/charts/chart_session.h"

namespace ringscope {

TEST(ChartSpec, NamesAreUnique) {
    std::set<std::string> names;
    for (const ChartSpec& spec : knownCharts()) {
        EXPECT_TRUE(names.insert(spec.name).second) << spec.name;
        EXPECT_EQ(findChart(spec.name)->title, spec.title);
    }
    EXPECT_EQ(findChart("no such chart"), nullptr);
}

TEST(ChartSpec, ChartsAreThoseThatTheSessionHasTracksFor) {
    const auto view = chartSession(100);
    std::vector<std::string> names;
    for (const ChartSpec& spec : defaultCharts(*view)) {
        names.push_back(spec.name);
    }
    EXPECT_EQ(names, (std::vector<std::string>{"occupancy", "messages", "memory-types"}));
}

TEST(ChartSpec, CountersAreShownAsRates) {
    const auto view = chartSession(100);
    EXPECT_EQ(chartSeries(*findChart("messages"), *view)[0].unit, Unit::countPerSec);
}

TEST(ChartSpec, MemoryTypesHaveTheirOwnColours) {
    const auto view = chartSession(100);
    for (const ChartSeries& series : chartSeries(*findChart("memory-types"), *view)) {
        ASSERT_TRUE(series.memoryType);
        EXPECT_EQ(series.color(darkTokens()), darkTokens().memoryTypeColor(*series.memoryType));
    }
}

TEST(ChartSpec, ManyChannelsHaveMaximumAndMeanInFront) {
    const auto view = chartSession(100, 64);
    const auto series = chartSeries(*findChart("occupancy"), *view);
    ASSERT_EQ(series.size(), 66U);
    EXPECT_EQ(series[0].aggregate, Aggregate::max);
    EXPECT_EQ(series[1].aggregate, Aggregate::mean);
    EXPECT_LE(std::count_if(series.begin(), series.end(),
                            [](const ChartSeries& s) { return s.isShownAtFirst; }),
              static_cast<std::ptrdiff_t>(kSeriesColors));
    double largest = 0;
    double sum = 0;
    const std::int64_t at = kTestStart + 50 * kTestMs;
    for (std::size_t i = 2; i < series.size(); ++i) {
        const double value = chartValueAt(*view, series[i], at);
        largest = std::max(largest, value);
        sum += value;
    }
    EXPECT_DOUBLE_EQ(chartValueAt(*view, series[0], at), largest);
    EXPECT_NEAR(chartValueAt(*view, series[1], at), sum / 64, 1e-9);
    EXPECT_EQ(series[4].label, "ring.ch2.fill") << "numbers in their own order";
}

TEST(ChartSpec, ValueNowIsTheRateOfTheLastHalfSecond) {
    const auto view = chartSession(3000);
    const auto series = chartSeries(*findChart("messages"), *view);
    EXPECT_NEAR(chartValueNow(*view, series[0], view->endNs), 3e6, 1);
}

} // namespace ringscope
