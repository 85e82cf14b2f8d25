// SPDX-License-Identifier: MIT
// Leaks of whole programs: of one whose leaks are known, and of programs that nobody here wrote,
// in which nothing may be called lost that is not.
#include <algorithm>
#include <csignal>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <string>
#include <unistd.h>
#include <vector>

#include "core/base/process_identity.h"
#include "tests/support/run_program.h"

namespace ringscope {
namespace {

using ::testing::HasSubstr;
using Json = nlohmann::json;

ProgramResult cli(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), RINGSCOPE_CLI);
    return runProgram(arguments);
}

// The child of the recorder that has that name; 0: it did not come.
int childOf(pid_t recorder, const std::string& name) {
    for (int i = 0; i < 3'000; ++i) {
        std::ifstream file("/proc/" + std::to_string(recorder) + "/task/" +
                           std::to_string(recorder) + "/children");
        int child = 0;
        while (file >> child) {
            if (processName(child) == name.substr(0, 15)) {
                return child;
            }
        }
        ::usleep(10'000);
    }
    return 0;
}

class CliLeaks : public testing::Test {
protected:
    Json leaksOf(const std::string& target, std::vector<std::string> options = {}) {
        options.insert(options.begin(), {"leaks", target, "--json"});
        const ProgramResult result = cli(options);
        EXPECT_EQ(result.status, 0) << result.err;
        const Json json = Json::parse(result.out, nullptr, false);
        return json.is_object() ? json.at("processes") : Json::array();
    }
    const ScratchDirectory scratch;
    const std::string file = scratch.path("s.ringscope");
};

TEST_F(CliLeaks, OfAProcessThatExits) {
    const ProgramResult recorded = runProgram(
        {"sh", "-c", "exec \"$0\" record --leaks --json -o \"$1\" -- \"$2\" \"$3\" </dev/null",
         RINGSCOPE_CLI, file, LEAK_TARGET, LEAK_PLUGIN});
    ASSERT_EQ(recorded.status, 0) << recorded.err;
    // Those that the program itself still held in main, and all others: see leak_target.cpp.
    const Json processes = leaksOf(file, {"--kinds", "definite,indirect,possible,reachable"});
    ASSERT_EQ(processes.size(), 1U);
    const Json& found = processes[0];
    EXPECT_EQ(found.at("when"), "at exit");
    EXPECT_EQ(found.at("stops"), 1);
    EXPECT_GE(found.at("definite").at("blocks"), 5);
    EXPECT_GE(found.at("definite").at("bytes"), 380);
    EXPECT_EQ(found.at("indirect").at("bytes"), 128);
    EXPECT_EQ(found.at("possible").at("blocks").get<int>() >= 3, true);
    const auto isCircle = [](const Json& leak) {
        return leak.at("kind") == "definite" && leak.at("bytes") == 64 &&
               leak.at("indirect").at("bytes") == 72 &&
               leak.at("frames").at(1).at("function") == "makeBlocks";
    };
    EXPECT_TRUE(std::any_of(found.at("leaks").begin(), found.at("leaks").end(), isCircle))
        << found.dump(2);

    EXPECT_EQ(cli({"leaks", file, "--fail-on", "definite"}).status, 1);
    const std::string known = scratch.path("known.supp");
    std::ofstream(known) << "# all of ours\nleak:^makeBlocks$\nleak:hiddenBlock\n";
    const ProgramResult suppressed =
        cli({"leaks", file, "--fail-on", "definite", "--suppressions", known});
    EXPECT_EQ(suppressed.status, 0) << suppressed.out;
    EXPECT_THAT(suppressed.out, HasSubstr("suppressed by ^makeBlocks$"));
    std::ofstream(known) << "leak:a\nnonsense\n";
    const ProgramResult refused = cli({"leaks", file, "--suppressions", known});
    EXPECT_EQ(refused.status, 2);
    EXPECT_THAT(refused.err, HasSubstr(known + ":2"));

    EXPECT_THAT(cli({"info", file}).out, HasSubstr("LEAKS AT THE EXIT OF"));
    const Json info = Json::parse(cli({"info", file, "--json"}).out, nullptr, false);
    EXPECT_EQ(info.at("leaks").at(0).at("indirect").at("bytes"), 128);
}

TEST_F(CliLeaks, SaysThatAProcessWasNotSearched) {
    const ProgramResult recorded =
        cli({"record", "--leaks", "-o", file, "--", "sh", "-c", "kill -KILL $$"});
    ASSERT_EQ(recorded.status, 0) << recorded.err;
    const ProgramResult shown = cli({"leaks", file});
    EXPECT_EQ(shown.status, 0);
    EXPECT_THAT(shown.out, HasSubstr("did not end by exit()"));
}

TEST_F(CliLeaks, OfARunningProcessThatAnotherRecords) {
    RunningProgram recorder(
        {"sh", "-c", "sleep 60 | exec \"$0\" record --heap exact -o \"$1\" -- \"$2\" \"$3\"",
         RINGSCOPE_CLI, file, LEAK_TARGET, LEAK_PLUGIN});
    const int cliPid = childOf(recorder.pid(), "ringscope-cli");
    const int pid = childOf(cliPid, "heap_leak_target");
    ASSERT_NE(pid, 0);
    ::usleep(500'000); // until it waits
    const Json processes = leaksOf(std::to_string(pid), {"--growth", "300ms"});
    ASSERT_EQ(processes.size(), 1U);
    EXPECT_EQ(processes[0].at("when"), "on demand");
    EXPECT_EQ(processes[0].at("definite").at("bytes"), 380);
    EXPECT_EQ(processes[0].at("growth").size(), 0U) << "it stands still";
    const ProgramResult heap = cli({"heap", std::to_string(pid), "--sort", "live"});
    EXPECT_EQ(heap.status, 0) << heap.err;
    EXPECT_THAT(heap.out, HasSubstr("makeBlocks"));
    ::kill(pid, SIGKILL);
    ::kill(cliPid, SIGTERM);
}

TEST_F(CliLeaks, SaysWhatIsMissing) {
    EXPECT_EQ(cli({"leaks", "4000000"}).status, 3);
    EXPECT_EQ(cli({"leaks", "1"}).status, 3);
    EXPECT_EQ(cli({"leaks", scratch.path("none")}).status, 3);
    ASSERT_EQ(cli({"record", "--heap", "exact", "-o", file, "--", "true"}).status, 0);
    const ProgramResult without = cli({"leaks", file});
    EXPECT_EQ(without.status, 2);
    EXPECT_THAT(without.err, HasSubstr("record --leaks"));
}

TEST_F(CliLeaks, NothingOfProgramsOfOthersIsFalselyLost) {
    const std::string script = "d = {i: [str(i)] * 5 for i in range(50000)}\n"
                               "import json, re, decimal\n"
                               "json.dumps(d)\n";
    const std::vector<std::vector<std::string>> programs = {
        {"/usr/bin/python3", "-c", script},
        {"/usr/bin/env", "PYTHONMALLOC=malloc", "/usr/bin/python3", "-c", script},
        {"/usr/bin/sqlite3", ":memory:",
         "create table t(a, b); with recursive n(i) as (select 1 union all select i + 1 from n "
         "limit 20000) insert into t select i, hex(i) from n; select count(*) from t;"},
    };
    for (const auto& program : programs) {
        if (::access(program[0].c_str(), X_OK) != 0 ||
            (program.size() > 3 && ::access(program[2].c_str(), X_OK) != 0)) {
            continue;
        }
        std::vector<std::string> arguments{"record", "--leaks", "-o", file, "--"};
        arguments.insert(arguments.end(), program.begin(), program.end());
        const ProgramResult recorded = cli(arguments);
        ASSERT_EQ(recorded.status, 0) << recorded.err;
        const Json processes = leaksOf(file);
        ASSERT_EQ(processes.size(), 1U) << processes.dump(2);
        EXPECT_EQ(processes[0].at("definite").at("blocks"), 0)
            << program[0] << processes[0].at("leaks").dump(2);
    }
}

TEST_F(CliLeaks, TheWorkersOfAScenarioLoseNothing) {
    const ProgramResult recorded =
        cli({"run", "steady", "--duration", "1s", "--leaks", "--json", "-o", file});
    ASSERT_EQ(recorded.status, 0) << recorded.err;
    const Json summary = Json::parse(recorded.out, nullptr, false);
    ASSERT_TRUE(summary.contains("leaks")) << recorded.out;
    EXPECT_EQ(summary.at("leaks").at("definite"), 0);
    EXPECT_GE(summary.at("leaks").at("processes"), 1);
}

} // namespace
} // namespace ringscope
