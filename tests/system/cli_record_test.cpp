// SPDX-License-Identifier: MIT
#include <csignal>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/process_identity.h"
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
    EXPECT_TRUE(json.at("heap").is_null()) << "nobody asked to attach to it";
}

TEST(CliRecord, CountsTheHeapOfAProcessThatRunsAlreadyAndLetsItGo) {
    const RunningProgram target(
        {"python3", "-c",
         "import time\nwhile True:\n    x = [bytes(2000) for i in range(100)]\n"
         "    time.sleep(0.001)"});
    const std::string pid = std::to_string(target.pid());
    // At work, and no shell any more that stands for it.
    ASSERT_TRUE(within(10'000'000'000, [&pid] {
        const ProgramResult map = cli({"map", pid});
        return map.out.rfind("python3", 0) == 0 &&
               cli({"map", pid, "--by", "object"}).out.find("libm.so") != std::string::npos;
    }));
    for (int i = 0; i < 2; ++i) {
        const ProgramResult result = cli({"--quiet", "record", "--pid", pid, "--heap", "exact",
                                          "--duration", "500ms", "--json"});
        ASSERT_EQ(result.status, 0) << result.err;
        EXPECT_GT(Json::parse(result.out).at("heap").at("allocations"), 1000);
    }
    const ProgramResult detached = cli({"heap", "detach", pid});
    EXPECT_EQ(detached.status, 3);
    EXPECT_NE(detached.err.find("not attached to"), std::string::npos) << detached.err;
}

TEST(CliRecord, SaysThatPssIsUnknownWhereItMayNotBeRead) {
    // Process 1 is another user's for everybody but root, who becomes nobody here.
    std::vector<std::string> argv{RINGSCOPE_CLI, "record",     "--pid", "1",
                                  "--json",      "--duration", "300ms"};
    if (::getuid() == 0) {
        argv.insert(argv.begin(), {"setpriv", "--reuid", "65534", "--clear-groups", "--"});
    }
    const ProgramResult result = runProgram(argv);
    if (result.status == 3 || result.status >= 126) {
        GTEST_SKIP() << "no right to become another user, or /proc hides process 1: " << result.err;
    }
    ASSERT_EQ(result.status, 0) << result.err;
    const Json memory = Json::parse(result.out).at("memory");
    EXPECT_GT(memory.at("rss_peak"), 0);
    EXPECT_TRUE(memory.at("pss_peak").is_null()) << memory;
    EXPECT_TRUE(memory.at("private_peak").is_null()) << memory;
}

TEST(CliRecord, SaysAtOnceWhyNoMapCanBeKept) {
    const ScratchDirectory scratch;
    ::chmod(scratch.path("").c_str(), 0777); // another user writes there
    const std::string file = scratch.path("s.ringscope");
    std::vector<std::string> argv{RINGSCOPE_CLI, "record",     "--pid", "1",  "--map-every",
                                  "100ms",       "--duration", "300ms", "-o", file};
    if (::getuid() == 0) {
        argv.insert(argv.begin(), {"setpriv", "--reuid", "65534", "--clear-groups", "--"});
    }
    const ProgramResult result = runProgram(argv);
    if (result.status >= 126 || result.err.find("smaps") == std::string::npos) {
        GTEST_SKIP() << "no right to become another user, or /proc hides process 1: " << result.err;
    }
    EXPECT_EQ(result.status, 3);
    EXPECT_NE(result.err.find("no memory map can be kept: process 1"), std::string::npos)
        << result.err;
    const ProgramResult map = cli({"map", file});
    EXPECT_EQ(map.status, 3);
    EXPECT_NE(map.err.find("no memory map can be kept: process 1"), std::string::npos) << map.err;
    EXPECT_EQ(map.err.find("--map-every"), std::string::npos) << map.err;
}

TEST(CliRecord, RefusesATrackThatNoSessionHasAtOnce) {
    const ProgramResult result =
        cli({"record", "--map-on", "foo>3", "--duration", "100s", "--", "sleep", "100"});
    EXPECT_EQ(result.status, 2);
    EXPECT_NE(result.err.find("no session has a track foo"), std::string::npos) << result.err;
}

// A closed terminal sends SIGHUP.
TEST(CliRecord, KeepsTheFileWhenItsTerminalGoesAway) {
    const ScratchDirectory scratch;
    const std::string file = scratch.path("s.ringscope");
    const std::string isRunning = scratch.path("running");
    RunningProgram recording({RINGSCOPE_CLI, "record", "-o", file, "--", "sh", "-c",
                              "touch " + isRunning + "; exec sleep 60"});
    ASSERT_TRUE(within(20 * kNsPerSecond, [&] { return ::access(isRunning.c_str(), F_OK) == 0; }));
    recording.sendSignal(SIGHUP);
    EXPECT_EQ(recording.result().status, 130);
    EXPECT_EQ(cli({"info", file}).status, 0);
}

std::vector<pid_t> pidsIn(const std::string& path) {
    std::ifstream file(path);
    return {std::istream_iterator<pid_t>(file), {}};
}

bool isAlive(pid_t pid) {
    const auto process = processOf(pid);
    return process && livenessOf(*process) != Liveness::dead;
}

// Children, orphans, a stopped one and one that ignores SIGTERM; who has made itself a daemon
// stays.
TEST(CliRecord, StopEndsAllThatBelongsToTheCommand) {
    const ScratchDirectory scratch;
    const std::string file = scratch.path("pids");
    const std::string daemonFile = scratch.path("daemon");
    const std::string script = "me='echo $$ >> \"$0\"; exec sleep 60'\n"
                               "sh -c \"$me\" \"$0\" &\n"
                               "(sh -c \"$me\" \"$0\" &)\n"
                               "sh -c 'kill -STOP $$' & \n"
                               "sh -c \"trap '' TERM; $me\" \"$0\" &\n"
                               "(setsid sh -c \"$me\" \"$1\" &)\n"
                               "env -i sh -c \"$me\" \"$0\" &\n"
                               "wait";
    RunningProgram recording(
        {RINGSCOPE_CLI, "record", "--heap", "off", "--", "sh", "-c", script, file, daemonFile});
    ASSERT_TRUE(within(20 * kNsPerSecond,
                       [&] { return pidsIn(file).size() == 4 && pidsIn(daemonFile).size() == 1; }));
    recording.sendSignal(SIGINT);
    EXPECT_EQ(recording.result().status, 130);
    for (const pid_t pid : pidsIn(file)) {
        EXPECT_FALSE(isAlive(pid));
    }
    const pid_t daemon = pidsIn(daemonFile).front();
    EXPECT_TRUE(isAlive(daemon));
    ::kill(daemon, SIGKILL);
}

TEST(CliRecord, SaysThatFilesMayNotBeSoLarge) {
    const ScratchDirectory scratch;
    const ProgramResult result =
        runProgram({"sh", "-c", "ulimit -f 16; exec \"$0\" run steady -o \"$1\" --duration 300ms",
                    RINGSCOPE_CLI, scratch.path("s.ringscope")});
    EXPECT_EQ(result.status, 1) << result.err;
    EXPECT_NE(result.err.find("File too large"), std::string::npos) << result.err;
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

TEST(CliRecord, ExportOfADamagedSessionSaysSo) {
    const ScratchDirectory scratch;
    const std::string file = scratch.path("s.ringscope");
    ASSERT_EQ(cli({"run", "steady", "--duration", "300ms", "-o", file}).status, 0);
    ASSERT_EQ(::truncate(file.c_str(), 4000), 0);
    const ProgramResult csv = cli({"export", file, "--format", "csv", "-o", "-"});
    EXPECT_EQ(csv.status, 1);
    EXPECT_NE(csv.err.find("was not ended"), std::string::npos) << csv.err;
}

TEST(CliRecord, ExportNeitherRemovesADeviceNorTheSessionItself) {
    const ScratchDirectory scratch;
    const std::string file = scratch.path("s.ringscope");
    ASSERT_EQ(cli({"run", "steady", "--duration", "300ms", "-o", file}).status, 0);
    EXPECT_EQ(cli({"export", file, "--format", "csv", "-o", file}).status, 2);
    EXPECT_EQ(cli({"info", file}).status, 0);

    struct stat full {};
    if (::stat("/dev/full", &full) != 0 || !S_ISCHR(full.st_mode)) {
        GTEST_SKIP() << "no /dev/full here";
    }
    const std::string link = scratch.path("full"); // in its place, should it be removed
    ASSERT_EQ(::symlink("/dev/full", link.c_str()), 0);
    EXPECT_EQ(cli({"export", file, "--format", "csv", "-o", link}).status, 1);
    EXPECT_EQ(::lstat(link.c_str(), &full), 0);
}

} // namespace
} // namespace ringscope
