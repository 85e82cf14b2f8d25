// SPDX-License-Identifier: MIT
#include "core/workload/workload_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <ctime>
#include <functional>
#include <sys/stat.h>

#include "core/base/clock.h"
#include "core/workload/builtin_scenarios.h"
#include "core/workload/scenario_file.h"
#include "tests/core/workload/run_until.h"

namespace ringscope {
namespace {

using testing::HasSubstr;

// Half a second of each built-in scenario with four and four processes.
class EveryBuiltinScenario : public testing::TestWithParam<std::string> {};

TEST_P(EveryBuiltinScenario, DeliversEachMessageOnceAndInOrder) {
    auto scenario = findScenario(GetParam());
    ASSERT_TRUE(scenario) << scenario.error().message;
    ASSERT_TRUE(applySettings(*scenario, "producers=4,consumers=4,warm_up=50ms,duration=500ms"));
    if (scenario->kill) {
        scenario->kill->afterNs = 100 * kNsPerMs;
    }
    auto run = WorkloadRun::start(*scenario);
    ASSERT_TRUE(run) << run.error().message;
    const std::string ring = (*run)->ringName();
    EXPECT_TRUE(ringExists(ring));
    const RunResult result = runToEnd(**run);

    const DeliveryCounts& counts = result.messages;
    EXPECT_GT(counts.received, 0U);
    EXPECT_EQ(counts.lost, 0U);
    EXPECT_EQ(counts.duplicated, 0U);
    EXPECT_EQ(counts.reordered, 0U);
    EXPECT_EQ(counts.corrupted, 0U);
    EXPECT_EQ(counts.sent, counts.received + counts.inRing);
    EXPECT_TRUE(counts.isExact);
    EXPECT_TRUE(result.isAccountedFor()) << runOutcomeName(result.outcome);
    EXPECT_EQ(result.outcome, scenario->kill ? RunOutcome::workerDied : RunOutcome::completed);
    EXPECT_GT(result.throughputPerSecond, 0);
    EXPECT_GT(result.latency.count(), 0U);
    EXPECT_EQ(result.workers.size(), 8U);
    EXPECT_FALSE(ringExists(ring));
}

std::vector<std::string> builtinNames() {
    std::vector<std::string> names;
    for (const BuiltinScenario& builtin : builtinScenarios()) {
        names.emplace_back(builtin.name);
    }
    return names;
}

INSTANTIATE_TEST_SUITE_P(Builtin, EveryBuiltinScenario, testing::ValuesIn(builtinNames()),
                         [](const auto& builtin) {
                             std::string name = builtin.param;
                             std::replace(name.begin(), name.end(), '-', '_');
                             return name;
                         });

} // namespace
} // namespace ringscope
