// SPDX-License-Identifier: MIT
// The advice tried out on real workloads: rings of the capacity it names hold what half of it does
// not.
#include <functional>
#include <gtest/gtest.h>
#include <string>

#include "core/base/clock.h"
#include "core/session/live_session.h"
#include "core/workload/scenario.h"
#include "tests/support/patience.h"

namespace ringscope {
namespace {

// 1100 messages in 100 ms, then silence for 500 ms; two consumers take some 4500 a second, so that
// some 650 of a burst pile up. The sleeps leave room for whatever else the machine does.
Scenario burstsOf(std::uint64_t capacity) {
    Scenario scenario;
    scenario.name = "bursts";
    scenario.ring.capacity = capacity;
    scenario.workers.producers = 2;
    scenario.workers.consumers = 2;
    scenario.workers.waiting = WaitingPolicy::futex;
    scenario.rate.mode = RateMode::bursts;
    scenario.rate.perSecond = 11'000;
    scenario.rate.onNs = 100 * kNsPerMs;
    scenario.rate.offNs = 500 * kNsPerMs;
    scenario.work.time = WorkTime::fixed;
    scenario.work.style = WorkStyle::sleep;
    scenario.work.ns = 400'000;
    scenario.run.warmUpNs = 100 * kNsPerMs;
    scenario.run.durationNs = 1'900 * kNsPerMs;
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

// A machine that stands still in one of a trial's runs makes it another workload: the trial is made
// again, at most five times. trial() returns what did not hold, nothing where all did.
void expectOnceInFive(const std::function<std::string()>& trial) {
    std::string wrong;
    for (int times = 0; times < 5; ++times) {
        const std::string now = trial();
        if (now.empty()) {
            return;
        }
        wrong += now + "\n";
    }
    ADD_FAILURE() << wrong;
}

// What an advice got from `before` is worth: 1024 slots hold the workload, 512 do not.
std::string tryAdvice(const Outcome& before, SizingAdvice expected, Scenario scenario) {
    const std::string observed = sizingSentence(before.sizing) + ": ";
    if (before.sizing.recommendedCapacity != 1024 || before.sizing.advice != expected) {
        return observed + "another advice than expected";
    }
    if ((before.fullWaits > 0) != (expected == SizingAdvice::grow)) {
        return observed + std::to_string(before.fullWaits) + " full waits";
    }
    scenario.ring.capacity = 1024;
    const Outcome with = outcomeOf(scenario);
    if (with.fullWaits > 0 || with.sizing.advice != SizingAdvice::suffices) {
        return observed + "1024 slots were full " + std::to_string(with.fullWaits) + " times";
    }
    scenario.ring.capacity = 512;
    if (outcomeOf(scenario).fullWaits == 0) {
        return observed + "512 slots were never full";
    }
    return {};
}

TEST(SizingAdvice, OfARingThatThrottledHoldsABurstThatHalfOfItDoesNot) {
    const Scenario scenario = burstsOf(128);
    expectOnceInFive([&] { return tryAdvice(outcomeOf(scenario), SizingAdvice::grow, scenario); });
}

TEST(SizingAdvice, OfARingNeverFullHoldsABurstThatHalfOfItDoesNot) {
    const Scenario scenario = burstsOf(16'384);
    expectOnceInFive(
        [&] { return tryAdvice(outcomeOf(scenario), SizingAdvice::suffices, scenario); });
}

TEST(SizingAdvice, HoldsWhatComesWhileAConsumerStopsWithASlot) {
    Scenario scenario = burstsOf(256);
    scenario.rate.mode = RateMode::fixed;
    scenario.rate.perSecond = 5'000;
    scenario.work = {};
    scenario.stall.everyNs = 500 * kNsPerMs;
    scenario.stall.forNs = 115 * kNsPerMs; // 575 messages
    expectOnceInFive([&] { return tryAdvice(outcomeOf(scenario), SizingAdvice::grow, scenario); });
}

TEST(SizingAdvice, SaysWhenConsumersAreTooSlowForAnyRing) {
    for (const std::uint64_t capacity : {std::uint64_t{64}, std::uint64_t{1024}}) {
        Scenario scenario = burstsOf(capacity);
        scenario.rate.mode = RateMode::fixed; // 11,000 a second for ever
        const Outcome outcome = outcomeOf(scenario);
        EXPECT_GT(outcome.fullWaits, 0U);
        EXPECT_EQ(outcome.sizing.advice, SizingAdvice::noCapacityHelps)
            << sizingSentence(outcome.sizing);
    }
}

} // namespace
} // namespace ringscope
