// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>

#include "tests/support/run_program.h"

// Wrong input gets one clear sentence and the exit status of docs/command-line.md.

namespace ringscope {
namespace {

ProgramResult cli(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), RINGSCOPE_CLI);
    return runProgram(arguments);
}

// One line, and it names everything in `words`.
void expectSentence(const ProgramResult& result, int status,
                    const std::vector<std::string>& words) {
    EXPECT_EQ(result.status, status) << result.err;
    EXPECT_EQ(result.out, "");
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
    for (const std::string& word : words) {
        EXPECT_NE(result.err.find(word), std::string::npos) << word << " is not in: " << result.err;
    }
}

TEST(CliUsage, HelpHasExamplesAndSucceeds) {
    for (const char* command :
         {"", "run", "record", "scenarios", "rings", "ring", "info", "export", "sweep"}) {
        std::vector<std::string> arguments{"--help"};
        if (*command != '\0') {
            arguments.insert(arguments.begin(), command);
        }
        const ProgramResult result = cli(arguments);
        EXPECT_EQ(result.status, 0) << command;
        EXPECT_NE(result.out.find("Example"), std::string::npos) << command;
    }
}

TEST(CliUsage, VersionIsOneLine) {
    const ProgramResult result = cli({"--version"});
    EXPECT_EQ(result.status, 0);
    EXPECT_EQ(result.out.rfind("ringscope-cli ", 0), 0U);
}

TEST(CliUsage, NoCommandIsWrongUsage) {
    expectSentence(cli({}), 2, {"--help"});
}

TEST(CliUsage, UnknownCommandIsNamed) {
    expectSentence(cli({"rnu", "steady"}), 2, {"no command 'rnu'", "--help"});
}

TEST(CliUsage, UnknownOptionIsNamedWithTheHelpToRead) {
    expectSentence(cli({"rings", "--jsno"}), 2, {"--jsno", "ringscope-cli rings --help"});
}

TEST(CliUsage, NumbersAreRefusedInWords) {
    expectSentence(cli({"record", "--pid", "abc"}), 2, {"--pid", "'abc'", "from 1 to 2147483647"});
    expectSentence(cli({"record", "--pid", "0"}), 2, {"--pid", "'0'"});
    expectSentence(cli({"run", "steady", "--seed", "-4"}), 2, {"--seed", "'-4'"});
}

TEST(CliUsage, UnknownScenarioNamesTheOneThatWasMeant) {
    expectSentence(cli({"run", "stedy"}), 2, {"stedy", "steady"});
}

TEST(CliUsage, ImpossibleSettingsAreNamed) {
    expectSentence(cli({"run", "steady", "--set", "capacity=1000"}), 2,
                   {"capacity", "power of two"});
    expectSentence(cli({"run", "steady", "--set", "producers=many"}), 2, {"producers"});
    expectSentence(cli({"run", "steady", "--set", "prodcuers=4"}), 2, {"prodcuers", "producers"});
    expectSentence(cli({"run", "steady", "--duration", "10 fortnights"}), 2, {"10 fortnights"});
    expectSentence(cli({"run", "steady", "--set", "payload.bytes=4096"}), 2, {"payload"});
}

TEST(CliUsage, HeapModesThatAreNotThereAreRefusedInWords) {
    expectSentence(cli({"run", "steady", "--heap", "everything"}), 2,
                   {"everything", "counts", "sampled", "exact"});
}

TEST(CliUsage, MissingTargetsAreStatusThree) {
    expectSentence(cli({"record", "--pid", "4194303"}), 3, {"4194303"});
    expectSentence(cli({"record", "--ring", "no-such-ring"}), 3, {"no-such-ring"});
    expectSentence(cli({"record", "--", "/no/such/program"}), 3, {"/no/such/program"});
    expectSentence(cli({"ring", "no-such-ring"}), 3, {"no-such-ring"});
    expectSentence(cli({"ring", "remove", "no-such-ring"}), 3, {"no-such-ring"});
    expectSentence(cli({"info", "/no/such/file.ringscope"}), 3, {"/no/such/file.ringscope"});
}

TEST(CliUsage, TheRiskOfAttachingIsSaid) {
    const ProgramResult refused = cli({"record", "--pid", "4194303", "--heap", "counts"});
    EXPECT_EQ(refused.status, 3);
    const ProgramResult attached = cli({"heap", "attach", "4194303"});
    EXPECT_EQ(attached.status, 3);
    EXPECT_NE(attached.err.find("harm it"), std::string::npos) << attached.err;
    EXPECT_NE(attached.err.find("there is no such process"), std::string::npos) << attached.err;
    expectSentence(cli({"heap", "detach", "4194303"}), 3, {"4194303", "no such process"});
    expectSentence(cli({"heap", "attach", "4194303", "--heap", "off", "--quiet"}), 2,
                   {"counts", "exact"});
    const std::string own = std::to_string(::getpid());
    EXPECT_EQ(cli({"record", "--pid", own, "--duration", "100ms"}).err, "");
}

TEST(CliUsage, RecordTakesExactlyOneTarget) {
    expectSentence(cli({"record"}), 2, {"--pid", "--ring"});
    expectSentence(cli({"record", "--pid", "1", "--ring", "x"}), 2, {"--pid", "--ring"});
}

TEST(CliUsage, OutputThatCannotBeWrittenIsRefusedBeforeAnythingStarts) {
    RunningProgram run(
        {RINGSCOPE_CLI, "run", "steady", "--duration", "1s", "-o", "/no/such/dir/x.ringscope"});
    const pid_t pid = run.pid();
    expectSentence(run.result(), 1, {"/no/such/dir/x.ringscope"});
    EXPECT_TRUE(ringsOf(pid).empty());
}

TEST(CliUsage, FilesThatAreNoSessionsAreStatusFour) {
    expectSentence(cli({"info", "/bin/ls"}), 4, {"/bin/ls"});
    // No files at all: neither read as an empty session nor waited for.
    const ScratchDirectory scratch;
    ASSERT_EQ(::mkfifo(scratch.path("pipe").c_str(), 0600), 0);
    expectSentence(cli({"info", scratch.path("pipe")}), 3, {"pipe"});
    expectSentence(cli({"info", scratch.path()}), 3, {"folder"});
}

TEST(CliUsage, ScenarioListIsJson) {
    const ProgramResult result = cli({"scenarios", "--json"});
    ASSERT_EQ(result.status, 0) << result.err;
    const auto list = nlohmann::json::parse(result.out);
    EXPECT_GE(list.size(), 10U);
    for (const auto& scenario : list) {
        EXPECT_FALSE(scenario.at("summary").get<std::string>().empty());
        EXPECT_GE(scenario.at("producers").get<int>(), 1);
        EXPECT_GE(scenario.at("consumers").get<int>(), 1);
    }
}

TEST(CliUsage, ScenarioErrorsNameLineAndColumn) {
    const ScratchDirectory scratch;
    const std::string path = scratch.path("bad.toml");
    FILE* file = std::fopen(path.c_str(), "w");
    std::fputs("name = \"bad\"\n[ring]\ncapacity = \"many\"\n", file);
    std::fclose(file);
    const ProgramResult result = cli({"run", path});
    expectSentence(result, 2, {path, "capacity", "3"});
}

} // namespace
} // namespace ringscope
