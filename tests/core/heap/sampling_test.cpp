// SPDX-License-Identifier: MIT
#include "core/heap/sampling.h"

#include <cmath>
#include <gtest/gtest.h>

namespace ringscope {
namespace {

TEST(Sampling, LogarithmAndExponentialAreThoseOfLibm) {
    std::uint64_t random = 1;
    for (int i = 0; i < 10'000; ++i) {
        const double u = unitOf(nextRandom(random));
        EXPECT_NEAR(minusLog(u), -std::log(u), 1e-6 * (1 - std::log(u)));
        EXPECT_NEAR(expMinus(u * 50), std::exp(-u * 50), 1e-12);
    }
    EXPECT_EQ(minusLog(1), 0);
    EXPECT_EQ(expMinus(0), 1);
    EXPECT_EQ(expMinus(1e9), 0);
}

TEST(Sampling, IntervalsArePeriodLongOnAverage) {
    std::uint64_t random = 2;
    double sum = 0;
    constexpr int kDraws = 100'000;
    for (int i = 0; i < kDraws; ++i) {
        const std::int64_t next = nextSampleIn(random, kSamplePeriod);
        ASSERT_GT(next, 0);
        sum += static_cast<double>(next);
    }
    // The deviation of an exponential is its mean: 5 of 0.3 %.
    EXPECT_NEAR(sum / kDraws / static_cast<double>(kSamplePeriod), 1, 0.016);
}

// Recorded with p, counted as 1/p: the sum is what there is, for blocks of any size.
TEST(Sampling, WeightsMakeUpForWhatIsNotRecorded) {
    for (const std::uint64_t bytes :
         {std::uint64_t{1}, std::uint64_t{24}, std::uint64_t{4096}, kSamplePeriod / 2,
          kSamplePeriod, 3 * kSamplePeriod, std::uint64_t{1} << 30U}) {
        const double chance =
            -std::expm1(-static_cast<double>(bytes) / static_cast<double>(kSamplePeriod));
        double sum = 0;
        constexpr int kBlocks = 20'000;
        for (std::uint64_t i = 0; i < kBlocks; ++i) {
            sum += static_cast<double>(sampleWeight(bytes, kSamplePeriod, 0x1000 + i * 64, i * 77));
        }
        EXPECT_NEAR(sum / kBlocks * chance, 1, 0.02) << bytes;
    }
}

TEST(Sampling, ABlockHasTheSameWeightWhenItIsFreed) {
    EXPECT_EQ(sampleWeight(300'000, kSamplePeriod, 0x7f00, 12), // the fraction is thrown for
              sampleWeight(300'000, kSamplePeriod, 0x7f00, 12));
    EXPECT_GE(sampleWeight(~std::uint64_t{0} >> 1U, kSamplePeriod, 1, 1), 1U);
    EXPECT_GE(sampleWeight(0, kSamplePeriod, 1, 1), kSamplePeriod - 1);
}

} // namespace
} // namespace ringscope
