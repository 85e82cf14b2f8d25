// SPDX-License-Identifier: MIT
#include "core/session/sample_table.h"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>
#include <random>

namespace ringscope {
namespace {

constexpr double kGap = std::numeric_limits<double>::quiet_NaN();

TEST(SampleTable, GivesBackWhatWasAppendedAcrossChunks) {
    SampleTable table(2);
    for (int i = 0; i < 10'000; ++i) {
        const double values[] = {i * 1.0, -i * 2.0};
        table.append(i * 1000, values);
    }
    const SampleTableView view = table.view();
    ASSERT_EQ(view.rows(), 10'000U);
    for (const std::size_t row : {0U, 4095U, 4096U, 8191U, 9999U}) {
        EXPECT_EQ(view.timeAt(row), static_cast<std::int64_t>(row) * 1000);
        EXPECT_EQ(view.valueAt(0, row), static_cast<double>(row));
        EXPECT_EQ(view.valueAt(1, row), -2.0 * static_cast<double>(row));
    }
}

TEST(SampleTable, ViewDoesNotChangeWhileTheWriterGoesOn) {
    SampleTable table(1);
    const double one[] = {1.0};
    const double big[] = {100.0};
    table.append(0, one);
    const SampleTableView early = table.view();
    for (int i = 1; i < 9000; ++i) {
        table.append(i, big);
    }
    EXPECT_EQ(early.rows(), 1U);
    EXPECT_EQ(early.summarize(0, 0, 100).max, 1.0);
    EXPECT_EQ(early.lowerBound(5), 1U);
}

TEST(SampleTable, SummariesEqualASimpleLoopOnAnyRange) {
    constexpr unsigned kSeed = 20261122;
    SCOPED_TRACE(kSeed);
    std::mt19937 random(kSeed);
    std::uniform_real_distribution<double> values(-1000, 1000);
    SampleTable table(1);
    std::vector<double> model;
    for (int i = 0; i < 20'000; ++i) {
        const double value[] = {random() % 50 == 0 ? kGap : std::floor(values(random))};
        table.append(i, value);
        model.push_back(value[0]);
    }
    const SampleTableView view = table.view();
    for (int i = 0; i < 500; ++i) {
        std::size_t first = random() % model.size();
        std::size_t last = random() % (model.size() + 1);
        if (first > last) {
            std::swap(first, last);
        }
        RangeSummary expected;
        for (std::size_t row = first; row < last; ++row) {
            expected.add(model[row]);
        }
        const RangeSummary actual = view.summarize(0, first, last);
        ASSERT_EQ(actual.valid, expected.valid) << first << ".." << last;
        ASSERT_EQ(actual.gaps, expected.gaps);
        ASSERT_EQ(actual.min, expected.min);
        ASSERT_EQ(actual.max, expected.max);
        ASSERT_EQ(actual.sum, expected.sum) << "whole numbers add exactly in any order";
    }
}

TEST(SampleTable, LowerBoundFindsTheFirstRowAtOrAfter) {
    SampleTable table(1);
    const double value[] = {0};
    for (const int time : {10, 20, 20, 30}) {
        table.append(time, value);
    }
    const SampleTableView view = table.view();
    EXPECT_EQ(view.lowerBound(0), 0U);
    EXPECT_EQ(view.lowerBound(20), 1U);
    EXPECT_EQ(view.lowerBound(21), 3U);
    EXPECT_EQ(view.lowerBound(31), 4U);
}

TEST(SampleTable, TimeNeverFalls) {
    SampleTable table(1);
    const double value[] = {0};
    table.append(100, value);
    table.append(50, value);
    EXPECT_EQ(table.view().timeAt(1), 100);
}

} // namespace
} // namespace ringscope
