// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/support/run_program.h"

namespace ringscope {
namespace {

using Json = nlohmann::json;

TEST(CliScenario, EveryBuiltInDeliversExactlyWithFourAndFour) {
    const Json scenarios = Json::parse(runProgram({RINGSCOPE_CLI, "scenarios", "--json"}).out);
    for (const Json& scenario : scenarios) {
        const std::string name = scenario.at("name");
        const ProgramResult result = runProgram({RINGSCOPE_CLI, "run", name, "--duration", "10s",
                                                 "--set", "producers=4,consumers=4", "--json"});
        EXPECT_EQ(result.status, 0) << name << ": " << result.err;
        const Json json = Json::parse(result.out, nullptr, false);
        ASSERT_TRUE(json.is_object()) << name;
        const Json& m = json.at("messages");
        for (const char* fault : {"duplicated", "reordered", "corrupted"}) {
            EXPECT_EQ(m.at(fault), 0) << name << ": " << fault;
        }
        EXPECT_EQ(m.at("lost"), m.at("lost_with_holder")) << name;
        EXPECT_TRUE(name == "chaos" || m.at("lost") == 0) << name;
        EXPECT_EQ(m.at("sent").get<long>(), m.at("received").get<long>() +
                                                m.at("in_ring").get<long>() +
                                                m.at("lost").get<long>())
            << name;
        EXPECT_GT(m.at("sent"), 0) << name;
    }
}

} // namespace
} // namespace ringscope
