// SPDX-License-Identifier: MIT
#include "core/workload/builtin_scenarios.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "core/base/file_descriptor.h"
#include "core/workload/scenario_check.h"
#include "core/workload/scenario_file.h"
#include "core/workload/scenario_keys.h"

namespace ringscope {
namespace {

using testing::HasSubstr;

TEST(BuiltinScenarios, AreAtLeastTenAndCanRun) {
    EXPECT_GE(builtinScenarios().size(), 10U);
    for (const BuiltinScenario& builtin : builtinScenarios()) {
        const auto scenario = findScenario(std::string(builtin.name));
        ASSERT_TRUE(scenario) << scenario.error().message;
        EXPECT_EQ(scenario->name, builtin.name);
        EXPECT_FALSE(scenario->summary.empty());
        EXPECT_EQ(scenario->run.durationNs, 10'000'000'000) << builtin.name;
    }
}

TEST(BuiltinScenarios, StayPossibleWithFourAndFour) {
    for (const BuiltinScenario& builtin : builtinScenarios()) {
        auto scenario = findScenario(std::string(builtin.name));
        ASSERT_TRUE(applySettings(*scenario, "producers=4,consumers=4"));
        const auto problems = checkScenario(*scenario);
        EXPECT_TRUE(problems.empty()) << builtin.name << ": " << problems.at(0).sentence;
    }
}

TEST(BuiltinScenarios, AreTheFilesOfTheResources) {
    for (const BuiltinScenario& builtin : builtinScenarios()) {
        const auto text = readFile(std::string(RINGSCOPE_SOURCE_DIR) + "/resources/scenarios/" +
                                   std::string(builtin.name) + ".toml");
        ASSERT_TRUE(text) << text.error().message;
        EXPECT_EQ(*text, builtin.toml) << builtin.name;
    }
}

TEST(BuiltinScenarios, AreFoundByNearNamesOnlyInTheSentence) {
    const auto scenario = findScenario("stedy");
    ASSERT_FALSE(scenario);
    EXPECT_EQ(scenario.error().kind, ErrorKind::usage);
    EXPECT_EQ(scenario.error().message, "there is no scenario 'stedy'; did you mean 'steady'?");
    EXPECT_THAT(findScenario("qwertzuiop").error().message, HasSubstr("ringscope-cli scenarios"));
    EXPECT_EQ(findScenario("./none.toml").error().kind, ErrorKind::target);
}

} // namespace
} // namespace ringscope
