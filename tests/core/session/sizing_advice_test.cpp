// SPDX-License-Identifier: MIT
// The advice tried out on real workloads: rings of the capacity it names hold what half of it does
// not.
#include <gtest/gtest.h>
#include <string>

#include "core/base/clock.h"
#include "core/session/live_session.h"
#include "core/workload/scenario.h"
#include "tests/support/patience.h"

namespace ringscope {
namespace {

// 1200 messages in 100 ms, then silence for 300 ms; two consumers take some 4500 a second, so that
// some 800 of a burst pile up. The sleeps leave room for whatever else the machine does.
Scenario burstsOf(std::uint64_t capacity) {
    Scenario scenario;
    scenario.name = "bursts";
    scenario.ring.capacity = capacity;
    scenario.workers.producers = 2;
    scenario.workers.consumers = 2;
    scenario.workers.waiting = WaitingPolicy::futex;
    scenario.rate.mode = RateMode::bursts;
    scenario.rate.perSecond = 12'000;
    scenario.rate.onNs = 100 * kNsPerMs;
    scenario.rate.offNs = 300 * kNsPerMs;
    scenario.work.time = WorkTime::fixed;
    scenario.work.style = WorkStyle::sleep;
    scenario.work.ns = 400'000;
    scenario.run.warmUpNs = 100 * kNsPerMs;
    scenario.run.durationNs = 1'500 * kNsPerMs;
    return scenario;
}

struct Outcome {
    ChannelSizing sizing;
    std::uint64_t fullWaits = 0;
};

Outcome outcomeOf(const Scenario& scenario) {
    Outcome outcome;
    LiveOptions options;
    options.heapMode = HeapMode::off;
    auto session = LiveSession::runScenario(scenario, options);
    if (!session || !(*session)->waitFor(kPatienceNs)) {
        ADD_FAILURE() << "did not run";
        return outcome;
    }
    const auto summary = (*session)->summary();
    if (!summary || summary->sizing.size() != 1 || !summary->ring) {
        ADD_FAILURE() << "no sizing";
        return outcome;
    }
    outcome = {summary->sizing.front(), summary->ring->fullWaits};
    testing::Test::RecordProperty("capacity_" + std::to_string(scenario.ring.capacity),
                                  std::to_string(outcome.fullWaits) + " full waits, needed " +
                                      std::to_string(outcome.sizing.needed));
    return outcome;
}

// From a ring that throttled its producers as from one that never did.
TEST(SizingAdvice, HoldsABurstThatHalfOfItDoesNot) {
    for (const std::uint64_t observed : {std::uint64_t{128}, std::uint64_t{16'384}}) {
        const Outcome before = outcomeOf(burstsOf(observed));
        const std::uint64_t advised = before.sizing.recommendedCapacity;
        ASSERT_NE(advised, 0U) << sizingSentence(before.sizing);
        EXPECT_EQ(before.fullWaits > 0, observed == 128);
        EXPECT_EQ(before.sizing.advice,
                  observed == 128 ? SizingAdvice::grow : SizingAdvice::suffices);
        const Outcome with = outcomeOf(burstsOf(advised));
        EXPECT_EQ(with.fullWaits, 0U) << advised << " advised by " << observed;
        EXPECT_EQ(with.sizing.advice, SizingAdvice::suffices);
        const Outcome half = outcomeOf(burstsOf(advised / 2));
        EXPECT_GT(half.fullWaits, 0U) << advised << " advised by " << observed;
    }
}

TEST(SizingAdvice, HoldsWhatComesWhileAConsumerStopsWithASlot) {
    Scenario scenario = burstsOf(256);
    scenario.rate.mode = RateMode::fixed;
    scenario.rate.perSecond = 5'000;
    scenario.work = {};
    scenario.stall.everyNs = 500 * kNsPerMs;
    scenario.stall.forNs = 120 * kNsPerMs; // 600 messages
    const Outcome before = outcomeOf(scenario);
    EXPECT_GT(before.fullWaits, 0U);
    EXPECT_EQ(before.sizing.recommendedCapacity, 1024U) << sizingSentence(before.sizing);
    scenario.ring.capacity = 1024;
    EXPECT_EQ(outcomeOf(scenario).fullWaits, 0U);
    scenario.ring.capacity = 512;
    EXPECT_GT(outcomeOf(scenario).fullWaits, 0U);
}

TEST(SizingAdvice, SaysWhenConsumersAreTooSlowForAnyRing) {
    for (const std::uint64_t capacity : {std::uint64_t{64}, std::uint64_t{1024}}) {
        Scenario scenario = burstsOf(capacity);
        scenario.rate.mode = RateMode::fixed; // 12,000 a second for ever
        const Outcome outcome = outcomeOf(scenario);
        EXPECT_GT(outcome.fullWaits, 0U);
        EXPECT_EQ(outcome.sizing.advice, SizingAdvice::noCapacityHelps)
            << sizingSentence(outcome.sizing);
    }
}

} // namespace
} // namespace ringscope
