// SPDX-License-Identifier: MIT
#include "core/workload/rate_pacer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "core/base/clock.h"

namespace ringscope {
namespace {

layout::RunPlan planOf(RateMode mode, double perSecond, std::uint32_t producers = 1) {
    Scenario scenario;
    scenario.workers.producers = producers;
    scenario.rate.mode = mode;
    scenario.rate.perSecond = perSecond;
    scenario.rate.onNs = 100 * kNsPerMs;
    scenario.rate.offNs = 300 * kNsPerMs;
    scenario.rate.rampToPerSecond = 3'000;
    scenario.rate.rampNs = 2 * kNsPerSecond;
    return makeRunPlan(scenario, "ring");
}

std::vector<std::int64_t> timesOf(const layout::RunPlan& plan, std::size_t count,
                                  std::uint32_t producer = 0) {
    RatePacer pacer(plan, producer, 0);
    std::vector<std::int64_t> times(count);
    std::generate(times.begin(), times.end(), [&pacer] { return pacer.next(); });
    return times;
}

TEST(RatePacer, SpacesAFixedRateEvenlyAcrossProducers) {
    const layout::RunPlan plan = planOf(RateMode::fixed, 1'000, 4);
    EXPECT_EQ(timesOf(plan, 3, 0), (std::vector<std::int64_t>{0, 4'000'000, 8'000'000}));
    EXPECT_EQ(timesOf(plan, 3, 3), (std::vector<std::int64_t>{3'000'000, 7'000'000, 11'000'000}));
}

TEST(RatePacer, NeverSendsEarlyBecauseARateIsTooSlowToBeCounted) {
    constexpr std::int64_t kYearNs = std::int64_t{365} * 24 * 3600 * kNsPerSecond;
    for (const double perSecond : {1e-300, 1e-12, 1e-9}) {
        for (const RateMode mode : {RateMode::fixed, RateMode::poisson, RateMode::bursts}) {
            const auto times = timesOf(planOf(mode, perSecond), 3);
            EXPECT_GE(times[0], 0);
            EXPECT_TRUE(std::is_sorted(times.begin(), times.end()));
            EXPECT_GT(times[2], kYearNs / 1000) << perSecond;
        }
    }
    Scenario scenario;
    scenario.rate = {RateMode::ramp, 10, 1e-300, kNsPerSecond};
    for (const std::int64_t time : timesOf(makeRunPlan(scenario, "ring"), 100)) {
        EXPECT_GE(time, 0);
    }
    scenario.rate.mode = RateMode::bursts;
    scenario.rate.perSecond = 1;
    scenario.rate.onNs = 100 * kNsPerUs;
    scenario.rate.offNs = kYearNs;
    const auto times = timesOf(makeRunPlan(scenario, "ring"), 1024);
    EXPECT_GE(times[1], kYearNs);
    EXPECT_TRUE(std::is_sorted(times.begin(), times.end()));
}

TEST(RatePacer, DoesNotDriftOverAnHour) {
    RatePacer pacer(planOf(RateMode::fixed, 3), 0, 0);
    std::int64_t last = 0;
    for (int count = 0; count <= 3 * 3600; ++count) {
        last = pacer.next();
    }
    EXPECT_NEAR(static_cast<double>(last), 3600e9, 1e3);
}

TEST(RatePacer, KeepsThePoissonRateAndItsSpread) {
    const auto times = timesOf(planOf(RateMode::poisson, 1'000), 20'000);
    EXPECT_TRUE(std::is_sorted(times.begin(), times.end()));
    EXPECT_NEAR(static_cast<double>(times.back()), 20e9, 0.6e9);
    // A gap is longer than the mean with probability 1/e.
    std::size_t longGaps = 0;
    for (std::size_t index = 1; index < times.size(); ++index) {
        longGaps += times[index] - times[index - 1] > kNsPerMs ? 1U : 0U;
    }
    EXPECT_NEAR(static_cast<double>(longGaps) / 20'000, 0.368, 0.02);
}

TEST(RatePacer, SendsBurstsOnlyWhileTheyAreOn) {
    const auto times = timesOf(planOf(RateMode::bursts, 1'000), 1'000);
    for (const std::int64_t time : times) {
        ASSERT_LT(time % (400 * kNsPerMs), 100 * kNsPerMs);
    }
    // 100 messages in each of ten bursts.
    EXPECT_EQ(times[99], 99 * kNsPerMs);
    EXPECT_EQ(times[100], 400 * kNsPerMs);
    EXPECT_EQ(times[999], 9 * 400 * kNsPerMs + 99 * kNsPerMs);
}

TEST(RatePacer, OpensBurstsWithoutARateByTheClock) {
    const RatePacer pacer(planOf(RateMode::bursts, 0), 0, 1'000);
    EXPECT_FALSE(pacer.hasTimes());
    EXPECT_TRUE(pacer.hasSilences());
    EXPECT_EQ(pacer.openFrom(1'000 + 50 * kNsPerMs), 1'000 + 50 * kNsPerMs);
    EXPECT_EQ(pacer.openFrom(1'000 + 150 * kNsPerMs), 1'000 + 400 * kNsPerMs);
}

TEST(RatePacer, RampsFromOneRateToTheOther) {
    // 1000/s to 3000/s in 2 s: 4000 messages by the end of the ramp, then 3000/s.
    const auto times = timesOf(planOf(RateMode::ramp, 1'000), 7'001);
    EXPECT_NEAR(static_cast<double>(times[1] - times[0]), 1e6, 2e3);
    EXPECT_NEAR(static_cast<double>(times[4'000]), 2e9, 1e6);
    EXPECT_NEAR(static_cast<double>(times[7'000] - times[4'000]), 1e9, 1e6);
}

TEST(RatePacer, GivesTheSameTimesForTheSameSeed) {
    const layout::RunPlan plan = planOf(RateMode::poisson, 1'000, 2);
    EXPECT_EQ(timesOf(plan, 100, 1), timesOf(plan, 100, 1));
    EXPECT_NE(timesOf(plan, 100, 0), timesOf(plan, 100, 1));
}

} // namespace
} // namespace ringscope
