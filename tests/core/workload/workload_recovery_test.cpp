// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <sys/wait.h>

#include "core/workload/builtin_scenarios.h"
#include "core/workload/scenario_file.h"
#include "core/workload/workload_run.h"
#include "tests/core/workload/run_until.h"

namespace ringscope {
namespace {

// RINGSCOPE_RECOVERY_SECONDS in the environment makes it as long as somebody has time for.
std::int64_t secondsToRun() {
    const char* wanted = std::getenv("RINGSCOPE_RECOVERY_SECONDS");
    return wanted != nullptr ? std::atoll(wanted) : RINGSCOPE_CHAOS_SECONDS;
}

void print(const RunResult& result, std::int64_t seconds) {
    const DeliveryCounts& counts = result.messages;
    std::printf(
        "%lld s, seed %llu: sent %llu received %llu in the ring %llu lost with holder %llu; "
        "deaths %llu restarts %llu stops %llu; given back %llu tombstones %llu messages "
        "%llu places; slowest repair %lld ms, longest standstill %lld ms, roster full "
        "%llu\n",
        static_cast<long long>(seconds), static_cast<unsigned long long>(result.seed),
        static_cast<unsigned long long>(counts.sent),
        static_cast<unsigned long long>(counts.received),
        static_cast<unsigned long long>(counts.inRing),
        static_cast<unsigned long long>(counts.lostWithHolder),
        static_cast<unsigned long long>(result.deaths),
        static_cast<unsigned long long>(result.restarts),
        static_cast<unsigned long long>(result.stops),
        static_cast<unsigned long long>(result.repairs.tombstones),
        static_cast<unsigned long long>(result.repairs.messages),
        static_cast<unsigned long long>(result.repairs.places),
        static_cast<long long>(result.repairs.slowestNs / kNsPerMs),
        static_cast<long long>(result.standstillNs / kNsPerMs),
        static_cast<unsigned long long>(result.rosterWaits));
}

// The longest time from poll to poll. Nobody is repaired or continued in it, so a standstill of
// that length says nothing of the ring: the kernel may take seconds to reap a killed process (wait4
// with WNOHANG) whose /proc files others are reading.
std::int64_t pollToEnd(WorkloadRun& run, std::int64_t seconds) {
    const std::int64_t deadlineNs = monotonicNs() + (seconds + 30) * kNsPerSecond;
    std::int64_t longestNs = 0;
    std::int64_t insideNs = 0;
    for (std::int64_t beforeNs = monotonicNs(); !run.isFinished() && beforeNs < deadlineNs;) {
        waitNs(5 * kNsPerMs);
        const std::int64_t enterNs = monotonicNs();
        run.poll();
        const std::int64_t nowNs = monotonicNs();
        insideNs = std::max(insideNs, nowNs - enterNs);
        longestNs = std::max(longestNs, nowNs - beforeNs);
        beforeNs = nowNs;
    }
    std::printf("longest poll %lld ms\n", static_cast<long long>(insideNs / kNsPerMs));
    return longestNs;
}

// The built-in scenario, eight and eight at full speed, faults more often: everybody's message is
// received, in the ring, or lost with the consumer that held it, and the ring never stands still.
TEST(WorkloadRecovery, AccountsForEveryMessageOfTheChaosScenario) {
    const std::int64_t seconds = secondsToRun();
    auto scenario = findScenario("chaos");
    ASSERT_TRUE(scenario);
    ASSERT_TRUE(applySettings(*scenario, "mode=max,warm_up=0s,churn.every=500ms,seed=" +
                                             std::to_string(monotonicNs() & 0xFFFFFF)));
    ASSERT_EQ(scenario->workers.producers, 8U);
    ASSERT_EQ(scenario->workers.consumers, 8U);
    scenario->run.durationNs = seconds * kNsPerSecond;
    auto run = WorkloadRun::start(*scenario);
    ASSERT_TRUE(run) << run.error().message;
    const std::string ring = (*run)->ringName();
    const std::int64_t lateNs = pollToEnd(**run, seconds);
    ASSERT_TRUE((*run)->isFinished());
    const RunResult& result = (*run)->result();
    std::printf("longest time from poll to poll %lld ms\n",
                static_cast<long long>(lateNs / kNsPerMs));
    print(result, seconds);

    const DeliveryCounts& counts = result.messages;
    EXPECT_TRUE(result.isAccountedFor()) << runOutcomeName(result.outcome);
    EXPECT_TRUE(counts.isClean() && counts.isExact)
        << "lost " << counts.lost << " duplicated " << counts.duplicated << " reordered "
        << counts.reordered << " corrupted " << counts.corrupted;
    EXPECT_EQ(counts.sent, counts.received + counts.inRing + counts.lostWithHolder);
    EXPECT_EQ(result.outcome, RunOutcome::completed);
    ASSERT_EQ(result.lostMessages.size(), counts.lostWithHolder);
    for (const LostMessage& lost : result.lostMessages) {
        EXPECT_TRUE(lost.sender < 8 && lost.holder >= 8 && lost.holder < 16 && lost.holderPid > 0);
    }
    for (const std::string& sentence : result.unrepaired) {
        ADD_FAILURE() << sentence;
    }
    EXPECT_GT(result.deaths, 0U);
    EXPECT_GT(result.repairs.tombstones + result.repairs.messages, 0U);
    EXPECT_GT(result.rosterWaits, 0U);
    EXPECT_LT(result.standstillNs, lateNs + 2 * kNsPerSecond * RINGSCOPE_STOP_SECONDS);
    EXPECT_FALSE(ringExists(ring));
    EXPECT_TRUE(::waitpid(-1, nullptr, WNOHANG) < 0 && errno == ECHILD) << "a worker is left";
}

// Killed from outside, wherever they are with a batch: what the dead had published is told from the
// slots before they are given back, and whoever comes after them goes on from there.
TEST(WorkloadRecovery, AccountsForEveryMessageWhoeverIsKilledFromOutside) {
    const std::uint64_t seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    Scenario scenario = *findScenario("full-speed");
    ASSERT_TRUE(applySettings(scenario, "producers=4,consumers=4,batch=16,capacity=256,warm_up=0s,"
                                        "duration=0s,recovery.repair=true,restart_after=1ms"));
    auto run = WorkloadRun::start(scenario);
    ASSERT_TRUE(run) << run.error().message;
    const std::int64_t endNs = monotonicNs() + secondsToRun() * kNsPerSecond;
    while (monotonicNs() < endNs) {
        const auto& workers = (*run)->status().workers;
        const WorkerStatus& victim = workers[random() % workers.size()];
        if (victim.state == WorkerLife::running && victim.sent + victim.received > 0) {
            ::kill(victim.process.pid, SIGKILL);
        }
        waitNs(kNsPerMs + static_cast<std::int64_t>(random() % (3 * kNsPerMs)));
        (*run)->poll();
    }
    (*run)->requestStop();
    const RunResult result = runToEnd(**run);
    print(result, secondsToRun());

    const DeliveryCounts& counts = result.messages;
    EXPECT_TRUE(counts.isClean() && counts.isExact)
        << "lost " << counts.lost << " duplicated " << counts.duplicated << " reordered "
        << counts.reordered << " corrupted " << counts.corrupted;
    EXPECT_EQ(counts.sent, counts.received + counts.inRing + counts.lostWithHolder);
    EXPECT_FALSE(result.isAccountedFor()) << "nobody planned these deaths";
    EXPECT_GT(result.deaths, 100U);
    EXPECT_EQ(result.outcome, RunOutcome::workerDied);
    for (const std::string& sentence : result.unrepaired) {
        EXPECT_NE(sentence.find("pid "), std::string::npos) << sentence;
    }
}

} // namespace
} // namespace ringscope
