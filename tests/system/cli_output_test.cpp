// SPDX-License-Identifier: MIT
#include <algorithm>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

#include "tests/support/run_program.h"

namespace ringscope {
namespace {

namespace fs = std::filesystem;

std::string textOf(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

void write(const std::string& path, const std::string& text) {
    std::ofstream(path, std::ios::binary) << text;
}

// A saved map of so many regions that writing them as a table takes a while.
std::string savedMap(const ScratchDirectory& scratch, std::uint64_t regions) {
    std::string text = R"({"format":"ringscope-map","version":1,"pid":7,"regions":[)";
    for (std::uint64_t i = 1; i <= regions; ++i) {
        text += (i == 1 ? "" : ",") + std::string(R"({"start":)") + std::to_string(i * 8192) +
                R"(,"end":)" + std::to_string(i * 8192 + 4096) + R"(,"type":"Private Data"})";
    }
    write(scratch.path("map.json"), text + "]}");
    return scratch.path("map.json");
}

std::vector<std::string> toTable(const std::string& map, const std::string& output) {
    return {RINGSCOPE_CLI, "map", map, "--by", "region", "--csv", "-o", output};
}

// With files limited to 8 KiB, which is less than the table needs.
ProgramResult withoutRoom(const std::vector<std::string>& command) {
    std::string line = "ulimit -f 8; exec";
    for (const std::string& word : command) {
        line += " '" + word + "'";
    }
    return runProgram({"/bin/bash", "-c", line});
}

std::vector<std::string> filesOf(const ScratchDirectory& scratch) {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(scratch.path())) {
        names.push_back(entry.path().filename());
    }
    std::sort(names.begin(), names.end());
    return names;
}

TEST(CliOutput, KeepsTheOldFileWhenTheNewOneCannotBeWritten) {
    const ScratchDirectory scratch;
    const std::string map = savedMap(scratch, 1000);
    write(scratch.path("old.csv"), "old");
    const ProgramResult result = withoutRoom(toTable(map, scratch.path("old.csv")));
    EXPECT_EQ(result.status, 1);
    EXPECT_NE(result.err.find("cannot write " + scratch.path("old.csv")), std::string::npos)
        << result.err;
    EXPECT_EQ(textOf(scratch.path("old.csv")), "old");
    EXPECT_EQ(withoutRoom(toTable(map, scratch.path("new.csv"))).status, 1);
    EXPECT_EQ(filesOf(scratch), (std::vector<std::string>{"map.json", "old.csv"}));
}

TEST(CliOutput, KeepsLinksAndTheModeOfWhatTheyLeadTo) {
    const ScratchDirectory scratch;
    const std::string map = savedMap(scratch, 1000);
    fs::create_directory(scratch.path("there"));
    write(scratch.path("there/real.csv"), "old");
    ASSERT_EQ(::chmod(scratch.path("there/real.csv").c_str(), 0640), 0);
    fs::create_symlink("there/real.csv", scratch.path("link.csv"));
    fs::create_symlink("there/none.csv", scratch.path("dangling.csv"));
    EXPECT_EQ(withoutRoom(toTable(map, scratch.path("link.csv"))).status, 1);
    EXPECT_EQ(textOf(scratch.path("there/real.csv")), "old");
    for (const char* const name : {"link.csv", "dangling.csv"}) {
        const ProgramResult result = runProgram(toTable(map, scratch.path(name)));
        EXPECT_EQ(result.status, 0) << result.err;
        EXPECT_TRUE(fs::is_symlink(scratch.path(name))) << name;
        EXPECT_GT(textOf(scratch.path(name)).size(), 8192U) << name;
    }
    struct stat there {};
    ASSERT_EQ(::stat(scratch.path("there/real.csv").c_str(), &there), 0);
    EXPECT_EQ(there.st_mode & 07777U, 0640U);
    EXPECT_EQ(filesOf(scratch),
              (std::vector<std::string>{"dangling.csv", "link.csv", "map.json", "there"}));
}

TEST(CliOutput, WritesIntoDevicesAndWhatTheShellOpened) {
    const ScratchDirectory scratch;
    const std::string map = savedMap(scratch, 1000);
    fs::create_symlink("/dev/full", scratch.path("full"));
    EXPECT_EQ(runProgram(toTable(map, scratch.path("full"))).status, 1);
    EXPECT_TRUE(fs::is_symlink(scratch.path("full")));
    EXPECT_TRUE(fs::is_character_file("/dev/full"));
    const ProgramResult result = runProgram(toTable(map, "/dev/stdout"));
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_GT(result.out.size(), 8192U) << "the file that was opened, not another of its name";
}

TEST(CliOutput, AnInterruptEndsACommandThatReadsAndLeavesNothing) {
    const ScratchDirectory scratch;
    const std::string map = savedMap(scratch, 30'000);
    for (const int signal : {SIGINT, SIGTERM}) {
        RunningProgram program(toTable(map, scratch.path("out.csv")));
        const bool isWriting = within(30'000'000'000, [&] { return filesOf(scratch).size() > 1; });
        program.sendSignal(signal);
        EXPECT_TRUE(isWriting);
        EXPECT_EQ(program.result().status, 128 + signal);
        EXPECT_EQ(filesOf(scratch), std::vector<std::string>{"map.json"});
    }
}

TEST(CliOutput, AnInterruptEndsACommandThatWaits) {
    const ScratchDirectory scratch;
    const std::string map = savedMap(scratch, 10);
    ASSERT_EQ(::mkfifo(scratch.path("pipe").c_str(), 0600), 0);
    RunningProgram program(toTable(map, scratch.path("pipe"))); // nobody reads it
    [[maybe_unused]] const bool isWaiting = within(10'000'000'000, [&] {
        return textOf("/proc/" + std::to_string(program.pid()) + "/wchan")
                   .find("wait_for_partner") != std::string::npos;
    });
    program.sendSignal(SIGINT);
    EXPECT_EQ(program.result().status, 128 + SIGINT);
    EXPECT_TRUE(fs::is_fifo(scratch.path("pipe")));
}

} // namespace
} // namespace ringscope
