// SPDX-License-Identifier: MIT
// The tracker's own walk of the stack against libgcc's unwinder, in programs that nobody here wrote
// and in one that makes it hard (walk_check.cpp, walk_target.cpp).
#include <cstdlib>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <sstream>
#include <string>
#include <unistd.h>
#include <vector>

#include "tests/support/run_program.h"

namespace ringscope {
namespace {

struct Checked {
    std::uint64_t walks = 0;
    std::uint64_t frames = 0;
    std::uint64_t different = 0;
    std::uint64_t deeper = 0;
    std::uint64_t lost = 0;
    std::uint64_t cached = 0; // told by the cache of stacks
    std::uint64_t wrong = 0;  // and not as they were
    std::string text;         // of all that was written, for who looks why
};

// Of the program and those that it started.
Checked check(std::vector<std::string> command, const std::string& every = "1") {
    const ScratchDirectory scratch;
    const std::string file = scratch.path("checked");
    std::vector<std::string> wrapped = {"/usr/bin/env", "LD_PRELOAD=" WALK_CHECK,
                                        "WALK_CHECK_FILE=" + file, "WALK_CHECK_EVERY=" + every};
    wrapped.insert(wrapped.end(), command.begin(), command.end());
    const ProgramResult result = runProgram(wrapped);
    EXPECT_EQ(result.status, 0) << result.err;
    std::ifstream in(file);
    Checked all;
    all.text.assign(std::istreambuf_iterator<char>(in), {});
    std::istringstream lines(all.text);
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        std::string name;
        std::string word;
        std::uint64_t walks = 0;
        if (line.starts_with("  ") || !(words >> name >> word >> walks) || word != "walks") {
            continue;
        }
        all.walks += walks;
        const auto add = [&](std::uint64_t& sum) {
            std::uint64_t value = 0;
            words >> word >> value;
            sum += value;
        };
        add(all.frames);
        add(all.different);
        add(all.deeper);
        add(all.lost);
        add(all.cached);
        add(all.wrong);
    }
    return all;
}

bool isThere(const std::string& program) {
    return ::access(program.c_str(), X_OK) == 0;
}

TEST(StackWalk, EqualsLibgccsWhereItIsHard) {
    const Checked checked = check({WALK_TARGET, WALK_PLUGIN_SMALL, WALK_PLUGIN_LARGE});
    EXPECT_GT(checked.walks, 100U);
    EXPECT_GT(checked.frames, 2000U);
    EXPECT_GT(checked.cached, 30U);
    EXPECT_EQ(checked.different, 0U) << checked.text;
    EXPECT_EQ(checked.wrong, 0U) << checked.text;
}

TEST(StackWalk, EqualsLibgccsInACompiler) {
    const ScratchDirectory scratch;
    const std::string source = scratch.path("regex.cpp");
    std::ofstream(source) << "#include <regex>\nint main() {}\n";
    const Checked checked = check({WALK_COMPILER, "-fsyntax-only", "-std=c++20", source}, "13");
    EXPECT_GT(checked.walks, 1000U);
    EXPECT_EQ(checked.different, 0U) << checked.text;
    EXPECT_EQ(checked.wrong, 0U) << checked.text;
    EXPECT_EQ(checked.lost, 0U) << checked.text;
    EXPECT_GT(checked.cached, 1000U);
}

// What was installed to build this, and what else there is.
TEST(StackWalk, EqualsLibgccsInOtherPrograms) {
    const std::vector<std::vector<std::string>> commands = {
        {"/bin/bash", "-c", "for i in 1 2 3; do x=$(echo $i | tr 1 2); done"},
        {"/usr/bin/cmake", "--help-full"},
        {"/usr/bin/perl", "-e", "my %h; $h{$_} = [1 .. 5] for 1 .. 300;"},
        {"/usr/bin/python3", "-c",
         "import json, re; json.dumps([re.escape(str(i)) for i in range(99)])"},
        {"/usr/bin/sqlite3", ":memory:", "create table t(a); insert into t values(1),(2);"},
        {"/usr/bin/openssl", "rand", "-hex", "9"},
        {"/usr/bin/gdb", "-batch", "-ex", "info functions main", "/bin/ls"},
        {"/usr/bin/git", "--version"},
        {"/usr/bin/node", "-e", "let a = []; for (let i = 0; i < 1e4; i++) a.push({i});"},
    };
    int programs = 0;
    for (const auto& command : commands) {
        if (isThere(command.front())) {
            SCOPED_TRACE(command.front());
            const Checked checked = check(command, "7");
            EXPECT_GT(checked.walks, 0U) << checked.text;
            EXPECT_EQ(checked.different, 0U) << checked.text;
            EXPECT_EQ(checked.wrong, 0U) << checked.text;
            EXPECT_EQ(checked.wrong, 0U) << checked.text;
            ++programs;
        }
    }
    EXPECT_GE(programs, 2);
}

} // namespace
} // namespace ringscope
