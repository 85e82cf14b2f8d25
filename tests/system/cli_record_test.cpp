// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/support/run_program.h"

namespace ringscope {
namespace {

using Json = nlohmann::json;

ProgramResult cli(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), RINGSCOPE_CLI);
    return runProgram(arguments);
}

TEST(CliRecord, CountsAProgramThatNobodyHereWrote) {
    const ProgramResult result =
        cli({"record", "--json", "--", "sh", "-c", "sort /proc/self/maps > /dev/null; sleep 0.3"});
    ASSERT_EQ(result.status, 0) << result.err;
    const Json json = Json::parse(result.out);
    EXPECT_EQ(json.at("outcome"), "completed");
    EXPECT_GT(json.at("heap").at("allocations"), 10);
    EXPECT_GT(json.at("memory").at("rss_peak"), 100'000);
    EXPECT_TRUE(json.at("messages").is_null());
}

TEST(CliRecord, AttachesToAProcessUntilTheDurationIsOver) {
    const RunningProgram target({"sleep", "30"});
    const ProgramResult result =
        cli({"record", "--pid", std::to_string(target.pid()), "--duration", "1s", "--json"});
    ASSERT_EQ(result.status, 0) << result.err;
    const Json json = Json::parse(result.out);
    EXPECT_GT(json.at("memory").at("rss_peak"), 100'000);
    EXPECT_TRUE(json.at("heap").is_null()) << "a process that runs already cannot be counted";
}

TEST(CliRecord, SessionCanBeReadAndExported) {
    const ScratchDirectory scratch;
    const std::string file = scratch.path("s.ringscope");
    ASSERT_EQ(cli({"run", "steady", "--duration", "1s", "-o", file}).status, 0);

    const ProgramResult info = cli({"info", file, "--json"});
    ASSERT_EQ(info.status, 0) << info.err;
    EXPECT_EQ(Json::parse(info.out).at("scenario"), "steady");

    const ProgramResult csv =
        cli({"export", file, "--format", "csv", "--track", "messages.*", "-o", "-"});
    ASSERT_EQ(csv.status, 0) << csv.err;
    EXPECT_NE(csv.out.find("messages.sent"), std::string::npos);
    EXPECT_EQ(csv.out.find("memory.rss"), std::string::npos);

    const std::string jsonFile = scratch.path("s.json");
    ASSERT_EQ(cli({"export", file, "--format", "json", "-o", jsonFile}).status, 0);
    const ProgramResult cat = runProgram({"cat", jsonFile});
    EXPECT_GT(Json::parse(cat.out).at("tracks").size(), 10U);
}

TEST(CliRecord, ExportRefusesWhatIsNotThere) {
    const ScratchDirectory scratch;
    const std::string file = scratch.path("s.ringscope");
    ASSERT_EQ(cli({"run", "steady", "--duration", "500ms", "-o", file}).status, 0);
    EXPECT_EQ(cli({"export", file, "--format", "csv", "--track", "no.such", "-o", "-"}).status, 2);
    EXPECT_EQ(cli({"export", file, "--format", "xml", "-o", "-"}).status, 2);
    EXPECT_EQ(cli({"export", file, "--format", "csv", "-o", "/no/such/dir/x.csv"}).status, 1);
}

} // namespace
} // namespace ringscope
