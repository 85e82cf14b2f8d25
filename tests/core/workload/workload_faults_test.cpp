// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <csignal>

#include "core/workload/builtin_scenarios.h"
#include "core/workload/scenario_file.h"
#include "core/workload/workload_run.h"
#include "tests/core/workload/run_until.h"

namespace ringscope {
namespace {

Scenario recovering(const std::string& settings = "") {
    Scenario scenario = *findScenario("steady");
    const auto applied = applySettings(
        scenario, "producers=2,consumers=2,warm_up=0s,duration=0s,mode=max,capacity=64,"
                  "recovery.repair=true,restart_after=5ms" +
                      (settings.empty() ? std::string() : "," + settings));
    EXPECT_TRUE(applied) << (applied ? "" : applied.error().message);
    return scenario;
}

FaultSettings fault(FaultRole role, FaultPoint point, FaultAction action, double probability) {
    FaultSettings settings;
    settings.role = role;
    settings.point = point;
    settings.action = action;
    settings.probability = probability;
    settings.forNs = action == FaultAction::die ? 0 : 20 * kNsPerMs;
    return settings;
}

RunResult resultOf(const Scenario& scenario) {
    auto run = WorkloadRun::start(scenario);
    EXPECT_TRUE(run) << (run ? "" : run.error().message);
    return run ? runToEnd(**run) : RunResult{};
}

void expectAccountedFor(const RunResult& result) {
    const DeliveryCounts& counts = result.messages;
    EXPECT_TRUE(result.isAccountedFor())
        << runOutcomeName(result.outcome) << ": sent " << counts.sent << " received "
        << counts.received << " in the ring " << counts.inRing << " lost " << counts.lost
        << " of which named " << counts.lostWithHolder << " duplicated " << counts.duplicated
        << " reordered " << counts.reordered << " corrupted " << counts.corrupted;
    EXPECT_EQ(result.lostMessages.size(), counts.lostWithHolder);
    EXPECT_TRUE(result.unrepaired.empty());
}

struct Death {
    FaultRole role;
    FaultPoint point;
    bool leavesTombstones;
    bool takesSlots;
    bool losesMessages;
};

class DeathAt : public testing::TestWithParam<Death> {};

// Each of four workers may die three times; who comes after them sends and receives the rest.
TEST_P(DeathAt, IsRepairedAndAccountedFor) {
    Scenario scenario = recovering("messages=20000");
    scenario.faults = {fault(GetParam().role, GetParam().point, FaultAction::die, 0.002)};
    scenario.faults[0].count = 3;
    const RunResult result = resultOf(scenario);
    expectAccountedFor(result);
    EXPECT_EQ(result.outcome, RunOutcome::completed);
    EXPECT_EQ(result.messages.sent, 20'000U);
    EXPECT_GT(result.deaths, 0U);
    EXPECT_EQ(result.restarts, result.deaths);
    EXPECT_EQ(result.repairs.tombstones, GetParam().leavesTombstones ? result.deaths : 0);
    EXPECT_EQ(result.repairs.messages, GetParam().takesSlots ? result.deaths : 0);
    EXPECT_EQ(result.messages.lostWithHolder, GetParam().losesMessages ? result.deaths : 0);
    for (const LostMessage& lost : result.lostMessages) {
        EXPECT_LT(lost.sender, 2U) << "a producer";
        EXPECT_TRUE(lost.holder == 2 || lost.holder == 3) << "a consumer";
        EXPECT_GT(lost.holderPid, 0);
    }
}

INSTANTIATE_TEST_SUITE_P(
    Points, DeathAt,
    testing::Values(Death{FaultRole::producer, FaultPoint::beforeClaim, false, false, false},
                    Death{FaultRole::producer, FaultPoint::afterClaim, true, false, false},
                    Death{FaultRole::producer, FaultPoint::afterWrite, true, false, false},
                    Death{FaultRole::producer, FaultPoint::afterPublish, false, false, false},
                    Death{FaultRole::consumer, FaultPoint::beforeClaim, false, false, false},
                    Death{FaultRole::consumer, FaultPoint::afterClaim, false, true, true},
                    Death{FaultRole::consumer, FaultPoint::beforeRelease, false, true, false}));

TEST(WorkloadFaults, WithoutRepairTheRingStandsStill) {
    Scenario scenario = recovering("messages=1000000,recovery.repair=false");
    scenario.faults = {fault(FaultRole::consumer, FaultPoint::afterClaim, FaultAction::die, 0.001)};
    const RunResult result = resultOf(scenario);
    EXPECT_EQ(result.outcome, RunOutcome::stalled);
    EXPECT_GE(result.messages.unreleased, 1U);
    EXPECT_EQ(result.messages.lost, 0U) << "it is still in its slot";
    EXPECT_GE(result.standstillNs, kNsPerSecond);
}

TEST(WorkloadFaults, WhoIsKilledFromOutsideWasNotPlanned) {
    Scenario scenario = recovering();
    scenario.faults = {fault(FaultRole::any, FaultPoint::afterClaim, FaultAction::die, 1e-12)};
    auto run = WorkloadRun::start(scenario);
    ASSERT_TRUE(run);
    ASSERT_TRUE(pollUntil(**run, [&] { return (*run)->status().received > 1'000; }));
    ::kill((*run)->status().workers[1].process.pid, SIGKILL);
    ASSERT_TRUE(pollUntil(**run, [&] { return (*run)->status().restarts == 1; }));
    (*run)->requestStop();
    const RunResult result = runToEnd(**run);
    EXPECT_EQ(result.outcome, RunOutcome::workerDied);
    EXPECT_FALSE(result.isAccountedFor());
    EXPECT_EQ(result.messages.sent,
              result.messages.received + result.messages.inRing + result.messages.lostWithHolder);
}

TEST(WorkloadFaults, WhoStopsIsContinued) {
    Scenario scenario = recovering("messages=20000");
    scenario.faults = {fault(FaultRole::any, FaultPoint::afterClaim, FaultAction::stop, 0.001)};
    const RunResult result = resultOf(scenario);
    expectAccountedFor(result);
    EXPECT_EQ(result.outcome, RunOutcome::completed);
    EXPECT_EQ(result.messages.received, 20'000U);
    EXPECT_EQ(result.deaths, 0U);
    EXPECT_GT(result.stops, 0U);
}

TEST(WorkloadFaults, ThreadsSleep) {
    Scenario scenario = recovering("messages=20000,kind=threads,restart_after=0s");
    scenario.faults = {fault(FaultRole::any, FaultPoint::afterClaim, FaultAction::sleep, 0.001)};
    const RunResult result = resultOf(scenario);
    expectAccountedFor(result);
    EXPECT_EQ(result.messages.received, 20'000U);
    EXPECT_GT(result.stops, 0U);
}

// How many messages one producer publishes before it dies, when nobody takes its place.
std::uint64_t sentUntilDeath(std::uint64_t seed) {
    Scenario scenario = recovering("producers=1,consumers=1,restart_after=0s");
    scenario.run.seed = seed;
    scenario.faults = {
        fault(FaultRole::producer, FaultPoint::afterClaim, FaultAction::die, 0.0005)};
    const RunResult result = resultOf(scenario);
    expectAccountedFor(result);
    EXPECT_TRUE(result.isDeathPlanned);
    return result.messages.sent;
}

TEST(WorkloadFaults, FollowFromTheSeed) {
    const std::uint64_t sent = sentUntilDeath(7);
    EXPECT_EQ(sentUntilDeath(7), sent);
    EXPECT_NE(sentUntilDeath(8), sent);
}

TEST(WorkloadFaults, WhoFindsTheRosterFullGetsAPlaceWhenSomebodyLeaves) {
    auto run = WorkloadRun::start(recovering("ring.roster_entries=3,churn.every=50ms"));
    ASSERT_TRUE(run) << run.error().message;
    const auto hasEverybodyWorked = [&] {
        for (const WorkerStatus& worker : (*run)->status().workers) {
            if (worker.sent + worker.received == 0) {
                return false;
            }
        }
        return true;
    };
    EXPECT_TRUE(pollUntil(**run, hasEverybodyWorked));
    (*run)->requestStop();
    const RunResult result = runToEnd(**run);
    expectAccountedFor(result);
    EXPECT_GT(result.rosterWaits, 0U);
}

TEST(WorkloadFaults, SlowStartersJoinLater) {
    auto run = WorkloadRun::start(recovering("start_within=10s,producers=8"));
    ASSERT_TRUE(run) << run.error().message;
    ASSERT_TRUE(pollUntil(**run, [&] { return (*run)->status().sent > 0; }));
    std::size_t waiting = 0;
    for (const WorkerStatus& worker : (*run)->status().workers) {
        waiting += worker.sent + worker.received == 0 ? 1U : 0U;
    }
    EXPECT_GT(waiting, 3U);
    (*run)->requestStop();
    expectAccountedFor(runToEnd(**run));
}

} // namespace
} // namespace ringscope
