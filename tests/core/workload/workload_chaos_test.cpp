// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <random>
#include <vector>

#include "core/workload/builtin_scenarios.h"
#include "core/workload/scenario_file.h"
#include "core/workload/workload_run.h"
#include "tests/core/workload/run_until.h"

namespace ringscope {
namespace {

Scenario anyScenario(std::mt19937_64& random) {
    Scenario scenario = *findScenario("full-speed");
    EXPECT_TRUE(applySettings(scenario, "producers=8,consumers=8,warm_up=0s,duration=0s,"
                                        "capacity=256"));
    scenario.run.seed = random() >> 1U;
    scenario.workers.batch = random() % 2 == 0 ? 1 : 16;
    scenario.workers.waiting = random() % 2 == 0 ? WaitingPolicy::futex : WaitingPolicy::spinYield;
    scenario.ring.channels = random() % 3 == 0 ? 4 : 1;
    if (random() % 2 == 0) {
        scenario.work.time = WorkTime::exponential; // so that kills find slots in their hands
        scenario.work.ns = 20 * kNsPerUs;
    }
    return scenario;
}

void meddle(WorkloadRun& run, std::mt19937_64& random) {
    const auto& workers = run.status().workers;
    const WorkerStatus& victim = workers[random() % workers.size()];
    if (victim.state == WorkerLife::died || victim.state == WorkerLife::done) {
        return;
    }
    const std::uint64_t dice = random() % 10;
    ::kill(victim.process.pid, dice == 0 ? SIGKILL : dice < 5 ? SIGSTOP : SIGCONT);
}

// Eight and eight, killed and stopped at random, again and again: each run ends within a second of
// being told to, accounts for every message, and leaves nothing behind.
// A suite of its own for each program: CTest knows a test by its name, labels included.
TEST(RINGSCOPE_CHAOS_SUITE, AccountsForEveryMessageWhoeverIsKilled) {
    const std::uint64_t seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    const std::int64_t endNs = monotonicNs() + RINGSCOPE_CHAOS_SECONDS * kNsPerSecond;
    int runs = 0;
    std::uint64_t unreleased = 0;
    std::uint64_t deaths = 0;
    std::vector<std::int64_t> stops; // ns from being told to stop
    while (monotonicNs() < endNs) {
        auto run = WorkloadRun::start(anyScenario(random));
        ASSERT_TRUE(run) << run.error().message;
        const std::string ring = (*run)->ringName();
        const std::int64_t stopNs = monotonicNs() + (300 + std::int64_t(random() % 700)) * kNsPerMs;
        while (monotonicNs() < stopNs && !(*run)->isFinished()) {
            meddle(**run, random);
            waitNs(5 * kNsPerMs);
            (*run)->poll();
        }
        (*run)->requestStop();
        const std::int64_t askedNs = monotonicNs();
        ASSERT_TRUE(pollUntil(**run, [&] { return (*run)->isFinished(); }));
        stops.push_back(monotonicNs() - askedNs);
        const RunResult result = (*run)->result();
        const DeliveryCounts& counts = result.messages;
        EXPECT_TRUE(counts.isClean() && counts.isExact)
            << "run " << runs << ": lost " << counts.lost << " duplicated " << counts.duplicated
            << " reordered " << counts.reordered << " corrupted " << counts.corrupted;
        EXPECT_EQ(counts.sent, counts.received + counts.inRing) << "run " << runs;
        EXPECT_FALSE(ringExists(ring));
        for (const WorkerStatus& worker : result.workers) {
            deaths += worker.state == WorkerLife::died ? 1U : 0U;
        }
        unreleased += counts.unreleased;
        ++runs;
    }
    RecordProperty("runs", runs);
    RecordProperty("deaths", static_cast<int>(deaths));
    RecordProperty("unreleased", static_cast<int>(unreleased));
    EXPECT_GT(deaths, 0U);
    // Any single one others on the machine may have held up.
    const auto median = stops.begin() + static_cast<std::ptrdiff_t>(stops.size() / 2);
    std::nth_element(stops.begin(), median, stops.end());
    EXPECT_LT(*median, RINGSCOPE_STOP_SECONDS * kNsPerSecond);
    RecordProperty("median_stop_ms", static_cast<int>(*median / kNsPerMs));
}

} // namespace
} // namespace ringscope
