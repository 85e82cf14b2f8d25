// SPDX-License-Identifier: MIT
// Heap profiles from the program to the other programs' formats, of a target whose places to
// allocate are known and of one that nobody here wrote.
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <unistd.h>
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

class CliHeap : public testing::Test {
protected:
    void record(std::vector<std::string> command, const std::string& mode = "exact") {
        std::vector<std::string> arguments{"record", "--heap", mode, "-o", file, "--"};
        arguments.insert(arguments.end(), command.begin(), command.end());
        const ProgramResult result = cli(arguments);
        ASSERT_EQ(result.status, 0) << result.err;
    }
    Json heapJson(std::vector<std::string> options = {}) {
        options.insert(options.begin(), {"heap", file, "--json"});
        const ProgramResult result = cli(options);
        EXPECT_EQ(result.status, 0) << result.err;
        return Json::parse(result.out, nullptr, false);
    }

    const ScratchDirectory scratch;
    const std::string file = scratch.path("s.ringscope");
};

TEST_F(CliHeap, ShowsWhereAProgramAllocated) {
    record({PROFILE_TARGET, "inline"});
    const ProgramResult shown = cli({"heap", file, "--sort", "total", "--top", "50"});
    ASSERT_EQ(shown.status, 0) << shown.err;
    EXPECT_THAT(shown.out, HasSubstr("P0 heap_profile_target (pid "));
    EXPECT_THAT(shown.out, HasSubstr("(anonymous namespace)::allocatesInline"));
    EXPECT_THAT(shown.out, HasSubstr("(anonymous namespace)::callsInline(int)"));
    EXPECT_THAT(shown.out, HasSubstr("profile_target.cpp:"));
    EXPECT_THAT(shown.out, ::testing::Not(HasSubstr("cannot be read")));
}

TEST_F(CliHeap, JsonHasAllOfIt) {
    record({PROFILE_TARGET, "sites"});
    const Json json = heapJson({"--top", "1000", "--sort", "count"});
    ASSERT_TRUE(json.is_object());
    const Json& profile = json.at("profiles").at(0);
    EXPECT_EQ(profile.at("name"), "heap_profile_target");
    std::uint64_t bytes = 0;
    std::uint64_t before = ~std::uint64_t{0};
    for (const Json& site : profile.at("sites")) {
        bytes += site.at("bytes").get<std::uint64_t>();
        EXPECT_LE(site.at("blocks").get<std::uint64_t>(), before);
        before = site.at("blocks");
        EXPECT_FALSE(site.at("frames").empty());
    }
    EXPECT_EQ(bytes, profile.at("total").at("bytes"));
    EXPECT_EQ(profile.at("lost"), 0);
    EXPECT_EQ(heapJson({"--top", "2"}).at("profiles").at(0).at("sites").size(), 2U);

    const Json& total = profile.at("total");
    std::uint64_t blocks = 0;
    std::uint64_t live = 0;
    for (const Json& size : profile.at("sizes")) {
        blocks += size.at("blocks").get<std::uint64_t>();
        live += size.at("live_blocks").get<std::uint64_t>();
    }
    EXPECT_EQ(blocks, total.at("blocks"));
    EXPECT_EQ(live, total.at("live_blocks"));
    std::uint64_t freed = 0;
    for (const Json& lifetime : profile.at("lifetimes")) {
        freed += lifetime.at("blocks").get<std::uint64_t>();
    }
    EXPECT_EQ(freed + 10, blocks - live) << "realloc() ends no life";
    EXPECT_THAT(cli({"heap", file}).out, HasSubstr("of the freed blocks lived less than "));
}

// 1,000 blocks after 1.5 s, and 2,000 more after 3 s; every other one is freed.
TEST_F(CliHeap, APartOfTheTimeHasWhatWasAllocatedInIt) {
    record({"/bin/sh", "-c",
            "(sleep 1.5; echo burst 1000; sleep 1.5; echo burst 2000; sleep 1; echo end) | "
            "\"$0\" 0 read",
            BURST_TARGET});
    const auto burst = [this](std::vector<std::string> range) -> Json {
        range.insert(range.end(), {"--sort", "count", "--top", "100"});
        const Json json = heapJson(range);
        for (const Json& profile : json.at("profiles")) {
            if (profile.at("name") != "heap_attach_target") {
                continue;
            }
            EXPECT_EQ(profile.contains("range"), range.size() > 4);
            for (const Json& site : profile.at("sites")) {
                if (site.dump().find("burst") != std::string::npos) {
                    return site;
                }
            }
        }
        return Json{{"blocks", 0}, {"live_blocks", 0}, {"bytes", 0}};
    };
    EXPECT_EQ(burst({}).at("blocks"), 3000);
    EXPECT_EQ(burst({"--to", "900ms"}).at("blocks"), 0);
    const Json first = burst({"--from", "900ms", "--to", "2200ms"});
    EXPECT_EQ(first.at("blocks"), 1000);
    EXPECT_EQ(first.at("bytes"), 100'000);
    EXPECT_EQ(first.at("live_blocks"), 500);
    EXPECT_EQ(first.at("peak_blocks"), 500) << "the reading in it with most";
    const Json second = burst({"--from", "2200ms"});
    EXPECT_EQ(second.at("blocks"), 2000);
    EXPECT_EQ(second.at("live_blocks"), 1500) << "with the older ones";

    const ProgramResult shown = cli({"heap", file, "--from", "900ms", "--to", "2200ms"});
    EXPECT_THAT(shown.out, HasSubstr(" after the recording began, two readings of it: "));
    EXPECT_EQ(cli({"heap", file, "--from", "2s", "--to", "1s"}).err,
              "ringscope-cli: --from 2s is after --to 1s\n");
    EXPECT_THAT(cli({"heap", file, "--from", "soon"}).err, HasSubstr("'soon'"));
    EXPECT_EQ(cli({"heap", file, "--from", "soon"}).status, 2);
    EXPECT_THAT(cli({"heap", file, "--by", "region", "--from", "1s"}).err,
                HasSubstr("a region is known of the whole run"));
    EXPECT_THAT(cli({"heap", file, "--from", "1h"}).err, HasSubstr("ran in that time"));
}

TEST_F(CliHeap, FunctionsHaveWhatTheyCall) {
    record({PROFILE_TARGET, "inline"});
    const ProgramResult shown =
        cli({"heap", file, "--by", "function", "--sort", "total", "--top", "50"});
    ASSERT_EQ(shown.status, 0) << shown.err;
    EXPECT_THAT(shown.out, ::testing::ContainsRegex("FUNCTION +WHERE +TOTAL +SHARE +SELF"));
    const Json json = heapJson({"--by", "function", "--sort", "total", "--top", "50"});
    const Json& functions = json.at("profiles").at(0).at("functions");
    const auto named = [&](const std::string& name) {
        for (const Json& function : functions) {
            if (function.at("function") == name) {
                return function;
            }
        }
        ADD_FAILURE() << "no " << name << " in\n" << functions.dump(1);
        return Json(functions.at(0));
    };
    const Json inner = named("(anonymous namespace)::allocatesInline");
    EXPECT_EQ(inner.at("total").at("bytes"), 4321);
    EXPECT_EQ(inner.at("self").at("bytes"), 4321);
    const Json main = named("main");
    EXPECT_GE(main.at("total").at("bytes"), 4321) << "with what it calls";
    EXPECT_EQ(main.at("self").at("bytes"), 0);
    EXPECT_FALSE(json.at("profiles").at(0).contains("sites"));
}

TEST_F(CliHeap, ThreadsHaveWhatEachDid) {
    record({PROFILE_TARGET, "threads"});
    const Json json = heapJson({"--by", "thread"});
    const Json& profile = json.at("profiles").at(0);
    std::uint64_t blocks = 0;
    std::uint64_t freed = 0;
    for (const Json& thread : profile.at("threads")) {
        blocks += thread.at("blocks").get<std::uint64_t>();
        freed += thread.at("freed_blocks").get<std::uint64_t>();
    }
    EXPECT_GE(profile.at("threads").size(), 2U);
    EXPECT_EQ(blocks, profile.at("total").at("blocks"));
    EXPECT_EQ(blocks - freed, profile.at("total").at("live_blocks"));
    EXPECT_FALSE(profile.contains("sites"));
    const ProgramResult shown = cli({"heap", file, "--by", "thread"});
    ASSERT_EQ(shown.status, 0) << shown.err;
    EXPECT_THAT(shown.out, ::testing::ContainsRegex("THREAD +TID +ALLOCATED +FREED"));
    EXPECT_THAT(shown.out, HasSubstr("heap_profile_ta")); // the kernel keeps 15 bytes
    EXPECT_EQ(cli({"heap", file, "--by", "size"}).status, 2);
}

TEST_F(CliHeap, SamplesSayThatTheyAreEstimates) {
    const ProgramResult recorded = cli({"record", "--heap", "sampled", "--duration", "1s", "-o",
                                        file, "--", PROFILE_TARGET, "steady"});
    ASSERT_EQ(recorded.status, 0) << recorded.err;
    const Json profile = heapJson().at("profiles").at(0);
    EXPECT_EQ(profile.at("sample_period_bytes"), 524288);
    EXPECT_GT(profile.at("total").at("bytes"), 10'000'000);
    EXPECT_EQ(profile.at("recorded_after_ns"), 0);
    EXPECT_THAT(cli({"heap", file}).out, HasSubstr("Estimated from samples, one block in 512 KiB"));
}

TEST_F(CliHeap, CallStacksMayBeginLater) {
    const ProgramResult recorded =
        cli({"record", "--heap", "exact", "--heap-from", "500ms", "--duration", "1500ms", "-o",
             file, "--", PROFILE_TARGET, "steady"});
    ASSERT_EQ(recorded.status, 0) << recorded.err;
    const Json profile = heapJson().at("profiles").at(0);
    EXPECT_GE(profile.at("recorded_after_ns"), 400'000'000);
    EXPECT_GT(profile.at("total").at("blocks"), 100);
    EXPECT_THAT(cli({"heap", file}).out, HasSubstr("after the start on: what is older"));
    EXPECT_THAT(cli({"info", file}).out, HasSubstr("every block is recorded"));
    const ProgramResult wrong = cli({"record", "--heap-from", "1s", "--", "true"});
    EXPECT_EQ(wrong.status, 2);
    EXPECT_THAT(wrong.err, HasSubstr("--heap exact or --heap sampled"));
}

TEST_F(CliHeap, ProcessesAreToldApart) {
    record({"sh", "-c", std::string(PROFILE_TARGET) + " sites; /bin/ls / > /dev/null; true"});
    const Json json = heapJson();
    std::set<std::string> names;
    std::string pid;
    for (const Json& profile : json.at("profiles")) {
        names.insert(profile.at("name"));
        if (profile.at("name") == "ls") {
            pid = std::to_string(profile.at("pid").get<int>());
        }
    }
    EXPECT_EQ(names.count("heap_profile_target"), 1U);
    ASSERT_EQ(names.count("ls"), 1U) << json;
    const Json one = heapJson({"--process", pid});
    EXPECT_EQ(one.at("profiles").back().at("name"), "ls");

    const ProgramResult which = cli({"export", file, "--format", "dhat", "-o", "-"});
    EXPECT_EQ(which.status, 2);
    EXPECT_THAT(which.err, HasSubstr("--process"));
    EXPECT_THAT(which.err, HasSubstr("(ls)"));
    EXPECT_EQ(cli({"export", file, "--format", "dhat", "--process", pid, "-o", "-"}).status, 0);
}

TEST_F(CliHeap, OfManyProcessesTheLargestAreShownInDetail) {
    record({"sh", "-c",
            std::string(PROFILE_TARGET) + " sites; /bin/ls / > /dev/null; "
                                          "/bin/ls -l / > /dev/null; /bin/cat /dev/null; true"});
    const ProgramResult shown = cli({"heap", file, "--sort", "total"});
    ASSERT_EQ(shown.status, 0) << shown.err;
    EXPECT_THAT(shown.out,
                ::testing::ContainsRegex("PROCESS +PID +PROGRAM +LIVE +PEAK +TOTAL +BLOCKS"));
    EXPECT_THAT(shown.out, ::testing::ContainsRegex("P[0-9]+ +[0-9]+ +cat +"));
    EXPECT_THAT(shown.out, HasSubstr("The 3 largest of 5; --process LABEL"));
    std::size_t inDetail = 0;
    for (std::size_t at = 0; (at = shown.out.find(" call stacks\n", at)) != std::string::npos;
         ++at) {
        ++inDetail;
    }
    EXPECT_EQ(inDetail, 3U);
}

TEST_F(CliHeap, IsExportedForOtherPrograms) {
    record({PROFILE_TARGET, "sites"});
    const std::string dhatFile = scratch.path("dhat.json");
    ASSERT_EQ(cli({"export", file, "--format", "dhat", "-o", dhatFile}).status, 0);
    std::ifstream in(dhatFile);
    const Json dhat = Json::parse(in, nullptr, false);
    ASSERT_TRUE(dhat.is_object());
    std::uint64_t bytes = 0;
    std::set<Json> places;
    for (const Json& place : dhat.at("pps")) {
        bytes += place.at("tb").get<std::uint64_t>();
        EXPECT_TRUE(places.insert(place.at("fs")).second) << "the viewer wants each once";
    }
    const Json total = heapJson().at("profiles").at(0).at("total");
    EXPECT_EQ(bytes, total.at("bytes"));

    const ProgramResult folded =
        cli({"export", file, "--format", "folded", "--measure", "count", "-o", "-"});
    ASSERT_EQ(folded.status, 0) << folded.err;
    std::istringstream lines(folded.out);
    std::uint64_t blocks = 0;
    for (std::string line; std::getline(lines, line);) {
        blocks += std::stoull(line.substr(line.rfind(' ') + 1));
    }
    EXPECT_EQ(blocks, total.at("blocks"));
    EXPECT_THAT(folded.out, HasSubstr(";main;"));
}

TEST_F(CliHeap, IsShownByDhatsOwnViewer) {
    constexpr char kViewer[] = "/usr/libexec/valgrind/dh_view.js";
    if (::access(kViewer, R_OK) != 0 || runProgram({"node", "--version"}).status != 0) {
        GTEST_SKIP() << "valgrind or node is not installed";
    }
    record({PROFILE_TARGET, "threads"});
    const std::string dhat = scratch.path("dhat.json");
    ASSERT_EQ(cli({"export", file, "--format", "dhat", "-o", dhat}).status, 0);
    const ProgramResult shown = runProgram({"node", LOAD_IN_DH_VIEW, kViewer, dhat});
    ASSERT_EQ(shown.status, 0) << shown.err;
    EXPECT_THAT(shown.out, HasSubstr("Command: heap_profile_target [recorded by Ringscope"));
    EXPECT_THAT(shown.out, HasSubstr("3,850 bytes")); // 50 of 77
    EXPECT_THAT(shown.out, HasSubstr("acrossThreads"));
}

TEST_F(CliHeap, WrongWordsAreAnsweredInWords) {
    record({PROFILE_TARGET, "sites"});
    const auto expect = [](const ProgramResult& result, const std::vector<std::string>& words) {
        EXPECT_EQ(result.status, 2);
        for (const std::string& word : words) {
            EXPECT_THAT(result.err, HasSubstr(word));
        }
    };
    expect(cli({"heap", file, "--sort", "most"}), {"most", "temporary"});
    expect(cli({"heap", file, "--process", "P9"}), {"P9", "P0 (heap_profile_target)"});
    expect(cli({"export", file, "--format", "folded", "--measure", "x", "-o", "-"}), {"'x'"});
    expect(cli({"export", file, "--format", "dhat", "--measure", "peak", "-o", "-"}), {"folded"});
    expect(cli({"export", file, "--format", "dhat", "--from", "1s", "-o", "-"}), {"--from"});
    expect(cli({"export", file, "--format", "csv", "--process", "P0", "-o", "-"}), {"--process"});
    expect(cli({"export", file, "--format", "xls", "-o", "-"}), {"xls", "dhat", "csv"});
}

TEST_F(CliHeap, ListsByWhatItKnowsAlone) {
    const ProgramResult wrong = cli({"heap", file, "--by", "line"});
    EXPECT_EQ(wrong.status, 2);
    EXPECT_THAT(wrong.err, HasSubstr("cannot list by 'line': use stack, function, thread, region"));
}

TEST_F(CliHeap, AFileWithoutAProfileSaysHowToGetOne) {
    record({PROFILE_TARGET, "sites"}, "counts");
    const ProgramResult result = cli({"heap", file});
    EXPECT_EQ(result.status, 2);
    EXPECT_THAT(result.err, HasSubstr("--heap exact"));
}

TEST_F(CliHeap, IsListedByInfo) {
    record({PROFILE_TARGET, "sites"});
    const ProgramResult info = cli({"info", file});
    ASSERT_EQ(info.status, 0) << info.err;
    EXPECT_THAT(info.out, HasSubstr("HEAP PROFILES OF"));
    EXPECT_THAT(info.out, HasSubstr("heap_profile_target"));
    const Json json = Json::parse(cli({"info", file, "--json"}).out);
    EXPECT_EQ(json.at("heap_profiles").at(0).at("name"), "heap_profile_target");
}

// A killed target has a profile too: what it had reached.
TEST_F(CliHeap, SurvivesTheTargetsDeath) {
    record({"sh", "-c", std::string(PROFILE_TARGET) + " killed; true"});
    bool isThere = false;
    const Json json = heapJson();
    for (const Json& profile : json.at("profiles")) {
        isThere = isThere || (profile.at("name") == "heap_profile_target" &&
                              profile.at("total").at("live_bytes") > 1'000'000);
    }
    EXPECT_TRUE(isThere);
}

// annotated_target, without what it waits for and writes.
std::vector<std::string> annotating(const std::string& words) {
    return {"sh", "-c", "exec " ANNOTATED_TARGET " " + words + " </dev/null >/dev/null"};
}

TEST_F(CliHeap, ShowsWhatTheProgramNames) {
    record(annotating("regions expectations pools"), "counts");
    EXPECT_THAT(
        cli({"info", file}).out,
        HasSubstr("region     hot path (P0): 1 k entries, 2 allocations and 2.48 KiB an entry"));
    const std::string regions = cli({"heap", file, "--by", "region"}).out;
    EXPECT_THAT(regions, HasSubstr("hot path"));
    EXPECT_THAT(cli({"heap", file, "--by", "pool"}).out, HasSubstr("nodes"));
    const std::string expectations = cli({"heap", file, "--by", "expectation"}).out;
    EXPECT_THAT(expectations, HasSubstr("annotated_target.cpp:"));
    EXPECT_THAT(expectations, HasSubstr("no allocation"));
    const ProgramResult result = cli({"heap", file, "--by", "region", "--json"});
    ASSERT_EQ(result.status, 0) << result.err;
    const Json all = Json::parse(result.out).at("annotations");
    ASSERT_EQ(all.size(), 1U);
    EXPECT_EQ(all.at(0).at("process"), "P0");
    EXPECT_EQ(all.at(0).at("regions").at(0).at("allocations_per_entry"), 2.0);
    EXPECT_EQ(all.at(0).at("regions").at(0).at("allocated_bytes"), 500 * (3 * 24 + 5000));
    EXPECT_EQ(all.at(0).at("pools").at(0).at("peak_bytes"), 6 * 64 + 1000);
}

TEST_F(CliHeap, MarkersOfTheProgramAreOnTheTimeAxis) {
    record(annotating("markers"), "counts");
    const Json info = Json::parse(cli({"info", file, "--json"}).out, nullptr, false);
    std::vector<std::string> texts;
    for (const Json& marker : info.at("markers")) {
        texts.push_back(marker.at("text"));
        EXPECT_GE(marker.at("time_s"), 0.0);
    }
    EXPECT_THAT(texts, ::testing::IsSupersetOf({"P0: phase 0", "P0: phase 1", "P0: phase 2"}));
}

TEST_F(CliHeap, ViolatedExpectationsFailARecordingThatIsToldTo) {
    std::vector<std::string> arguments{"record", "--fail-on-expectations", "--json", "--"};
    const auto run = [&arguments](const std::string& word) {
        std::vector<std::string> all = arguments;
        const std::vector<std::string> command = annotating(word);
        all.insert(all.end(), command.begin(), command.end());
        return cli(all);
    };
    EXPECT_EQ(run("regions").status, 0);
    const ProgramResult violated = run("expectations");
    EXPECT_EQ(violated.status, 1) << violated.err;
    EXPECT_EQ(Json::parse(violated.out).at("heap").at("violations"), 4);
    arguments.erase(arguments.begin() + 1);
    EXPECT_EQ(run("expectations").status, 0);
}

TEST_F(CliHeap, AFatalViolationSaysWhichInOneSentence) {
    std::vector<std::string> arguments{RINGSCOPE_CLI, "record", "--"};
    const std::vector<std::string> command = annotating("expectations");
    arguments.insert(arguments.end(), command.begin(), command.end());
    const ProgramResult result = runProgram(arguments, {"RINGSCOPE_HEAP_EXPECT=abort"});
    EXPECT_THAT(result.err, HasSubstr("ringscope: the expectation \"noisy\" at "));
    EXPECT_THAT(result.err, HasSubstr(" is violated by 1 allocation of 24 bytes\n"));
    EXPECT_THAT(result.out, HasSubstr("worker_died"));
}

TEST_F(CliHeap, SaysWhenAProgramNamesNothing) {
    record({PROFILE_TARGET, "sites"});
    const ProgramResult result = cli({"heap", file, "--by", "region"});
    EXPECT_EQ(result.status, 2);
    EXPECT_THAT(result.err, HasSubstr("no regions, pools or expectations"));
}

TEST_F(CliHeap, WorkersOfAScenarioHaveTheirs) {
    const ProgramResult run =
        cli({"run", "steady", "--duration", "500ms", "--heap", "exact", "-o", file});
    ASSERT_EQ(run.status, 0) << run.err;
    const Json json = heapJson();
    ASSERT_GE(json.at("profiles").size(), 2U);
    for (const Json& profile : json.at("profiles")) {
        EXPECT_EQ(profile.at("name"), "ringscope-worker");
        EXPECT_EQ(profile.at("lost"), 0);
    }
}

} // namespace
} // namespace ringscope
