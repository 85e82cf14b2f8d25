// SPDX-License-Identifier: MIT
#include "core/workload/latency_histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <random>
#include <vector>

namespace ringscope {
namespace {

TEST(LatencyBuckets, CoverEveryValueOnceAndInOrder) {
    std::uint64_t expected = 0;
    for (std::size_t bucket = 0; bucket < kLatencyBuckets; ++bucket) {
        ASSERT_EQ(latencyBucketFloor(bucket), expected) << bucket;
        ASSERT_EQ(latencyBucketOf(expected), bucket);
        expected += latencyBucketWidth(bucket);
        ASSERT_EQ(latencyBucketOf(expected - 1), bucket);
    }
    EXPECT_EQ(expected, std::uint64_t{1} << kLatencyTopBits);
}

TEST(LatencyBuckets, AreAtMostASixtyFourthOfTheirValueWide) {
    for (std::size_t bucket = 64; bucket < kLatencyBuckets; ++bucket) {
        ASSERT_LE(latencyBucketWidth(bucket) * 64, latencyBucketFloor(bucket)) << bucket;
    }
}

TEST(LatencyHistogram, PercentilesAreWithinTheStatedErrorOfASortedList) {
    std::mt19937_64 random(7);
    std::lognormal_distribution<double> latency(9, 2);
    auto buckets = std::make_unique<LatencyBuckets>();
    *buckets = {};
    std::vector<std::uint64_t> all;
    for (int count = 0; count < 20'000; ++count) {
        all.push_back(static_cast<std::uint64_t>(latency(random)));
        buckets->record(all.back());
    }
    std::sort(all.begin(), all.end());
    const LatencyHistogram histogram(*buckets);
    EXPECT_EQ(histogram.count(), all.size());
    EXPECT_EQ(histogram.maxNs(), all.back());
    for (const double share : {0.01, 0.5, 0.9, 0.99, 0.999}) {
        const auto rank =
            static_cast<std::size_t>(std::ceil(share * static_cast<double>(all.size()))) - 1;
        const auto truth = static_cast<double>(all[rank]);
        EXPECT_NEAR(static_cast<double>(histogram.percentileNs(share)), truth, truth * 0.008 + 1)
            << share;
    }
}

TEST(LatencyHistogram, KeepsWhatIsTooLargeAsItsMaximum) {
    auto buckets = std::make_unique<LatencyBuckets>();
    *buckets = {};
    buckets->record(~std::uint64_t{0} >> 1U);
    const LatencyHistogram histogram(*buckets);
    EXPECT_EQ(histogram.count(), 1U);
    EXPECT_EQ(histogram.maxNs(), ~std::uint64_t{0} >> 1U);
}

TEST(LatencyHistogram, AddsUpAndTakesApart) {
    auto first = std::make_unique<LatencyBuckets>();
    *first = {};
    first->record(100);
    const LatencyHistogram before(*first);
    first->record(5'000);
    LatencyHistogram after(*first);
    const LatencyHistogram between = after.since(before);
    EXPECT_EQ(between.count(), 1U);
    EXPECT_NEAR(static_cast<double>(between.percentileNs(0.5)), 5'000, 40);
    after.add(before);
    EXPECT_EQ(after.count(), 3U);
    EXPECT_EQ(LatencyHistogram{}.percentileNs(0.99), 0U);
}

} // namespace
} // namespace ringscope
