// SPDX-License-Identifier: MIT
// The heap of a program that runs already, from the command line.
#include <csignal>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/support/run_program.h"

namespace ringscope {
namespace {

using ::testing::HasSubstr;
using Json = nlohmann::json;

ProgramResult cli(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), RINGSCOPE_CLI);
    return runProgram(arguments);
}

// Allocates steadily, without the tracker.
class CliAttach : public testing::Test {
protected:
    CliAttach() {
        (void)within(10'000'000'000, [this] { // past its loader
            return cli({"map", pid(), "--json"}).out.find("libstdc++") != std::string::npos;
        });
    }
    [[nodiscard]] std::string pid() const { return std::to_string(m_program.pid()); }
    [[nodiscard]] bool isRunning() const { return ::kill(m_program.pid(), 0) == 0; }

private:
    RunningProgram m_program{{PROFILE_TARGET, "steady"}};
};

TEST_F(CliAttach, RecordsTheHeapOfAProgramThatRunsAndLetsItGo) {
    const ScratchDirectory scratch;
    const std::string file = scratch.path("a.ringscope");
    const ProgramResult recorded =
        cli({"record", "--pid", pid(), "--heap", "exact", "--duration", "1s", "-o", file});
    ASSERT_EQ(recorded.status, 0) << recorded.err;
    EXPECT_THAT(recorded.err, HasSubstr("try it on one that may be restarted"));
    const ProgramResult shown = cli({"heap", file});
    EXPECT_THAT(shown.out, HasSubstr("allocatesSteadily"));
    EXPECT_TRUE(isRunning());
    EXPECT_THAT(cli({"heap", "detach", pid()}).err, HasSubstr("not attached to"));
}

TEST_F(CliAttach, AttachesShowsAndDetachesAgainAndAgain) {
    for (const std::string mode : {"exact", "sampled", "exact"}) {
        const ProgramResult attached = cli({"heap", "attach", pid(), "--heap", mode});
        ASSERT_EQ(attached.status, 0) << attached.err;
        const bool isSeen = within(10'000'000'000, [this] {
            const ProgramResult shown = cli({"heap", pid(), "--json"});
            const Json json = Json::parse(shown.out, nullptr, false);
            return shown.status == 0 && json.at("profiles").at(0).at("total").at("blocks") > 100;
        });
        EXPECT_TRUE(isSeen) << mode << ": " << cli({"heap", pid()}).err;
        EXPECT_THAT(cli({"heap", pid()}).out, HasSubstr("allocatesSteadily"));
        EXPECT_EQ(cli({"heap", "detach", pid()}).status, 0);
        EXPECT_TRUE(isRunning());
    }
}

TEST_F(CliAttach, SaysWhatCannotBeAttachedTo) {
    EXPECT_EQ(cli({"heap", "attach", "0"}).status, 2);
    EXPECT_EQ(cli({"heap", "attach", pid(), "--heap", "off"}).status, 2);
    EXPECT_EQ(cli({"heap", "attach", "2147483600"}).status, 3);
    EXPECT_TRUE(isRunning());
}

} // namespace
} // namespace ringscope
