// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include "tests/support/run_program.h"

namespace ringscope {
namespace {

using Json = nlohmann::json;

ProgramResult cli(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), RINGSCOPE_CLI);
    return runProgram(arguments);
}

// A program that nobody here wrote, stopped, so that it stays as it is.
class StoppedProgram {
public:
    StoppedProgram()
        : m_program({"/bin/sleep", "600"}) {
        // Past its loader, when it sleeps and its libraries are there.
        [[maybe_unused]] const bool isThere = within(10'000'000'000, [this] {
            std::ifstream maps("/proc/" + pid() + "/wchan");
            std::string where;
            return std::getline(maps, where) && where.find("nanosleep") != std::string::npos;
        });
        m_program.sendSignal(SIGSTOP);
    }
    [[nodiscard]] std::string pid() const { return std::to_string(m_program.pid()); }
    void end() { m_program.sendSignal(SIGKILL); }

private:
    RunningProgram m_program;
};

// Of each row what is of this process alone: how much of it is private or shared, and so its PSS,
// changes when another process maps the same library.
std::vector<std::string> steadyColumns(const std::string& csv) {
    std::istringstream lines(csv.substr(csv.find("\nstart,") + 1));
    std::vector<std::string> rows;
    for (std::string line; std::getline(lines, line);) {
        std::istringstream cells(line);
        std::string kept;
        std::string cell;
        for (int column = 0; std::getline(cells, cell, ','); ++column) {
            const bool isSteady = column < 7 || column == 8; // to committed, and rss
            kept += isSteady ? cell + ',' : "";
        }
        rows.push_back(kept);
    }
    return rows;
}

TEST(CliMap, JsonHoldsTheContractAndTheKernelsSums) {
    const StoppedProgram program;
    const ProgramResult mapped = cli({"map", program.pid(), "--json"});
    ASSERT_EQ(mapped.status, 0) << mapped.err;
    const Json map = Json::parse(mapped.out, nullptr, false);
    ASSERT_TRUE(map.is_object());
    EXPECT_EQ(map.at("name"), "sleep");
    EXPECT_EQ(map.at("page_size"), 4096);
    EXPECT_GT(map.at("time").get<double>(), 1.7e9);
    const std::array fields{"size",          "committed",  "private", "rss",    "private_rss",
                            "shareable_rss", "shared_rss", "locked",  "pss",    "swap",
                            "huge",          "hugetlb",    "blocks",  "largest"};
    Json sums = Json::object();
    for (const Json& row : map.at("types")) {
        for (const char* field : fields) {
            sums[field] = sums.value(field, std::uint64_t{0}) + row.at(field).get<std::uint64_t>();
        }
    }
    const Json& rollup = map.at("rollup");
    EXPECT_EQ(sums.at("rss"), rollup.at("rss"));
    // A page of a library goes from one to the other when another process maps it meanwhile.
    EXPECT_EQ(sums.at("private_rss").get<std::uint64_t>() +
                  sums.at("shared_rss").get<std::uint64_t>(),
              rollup.at("private").get<std::uint64_t>() + rollup.at("shared").get<std::uint64_t>());
    EXPECT_EQ(sums.at("swap"), rollup.at("swap"));
    EXPECT_EQ(map.at("total").at("pss").get<std::int64_t>() +
                  map.at("pss_rounding").get<std::int64_t>(),
              rollup.at("pss").get<std::int64_t>());
    std::uint64_t rss = 0;
    for (const Json& region : map.at("regions")) {
        EXPECT_LT(region.at("start"), region.at("end"));
        EXPECT_EQ(region.at("protection").get<std::string>().size(), 4U);
        EXPECT_FALSE(region.at("object").get<std::string>().empty());
        rss += region.at("rss").get<std::uint64_t>();
    }
    EXPECT_EQ(rss, rollup.at("rss"));
}

TEST(CliMap, SavedMapIsReadAgainAndCompared) {
    const ScratchDirectory scratch;
    StoppedProgram program;
    ASSERT_EQ(cli({"map", program.pid(), "--json", "-o", scratch.path("a.json")}).status, 0);
    const ProgramResult same =
        cli({"map", "diff", scratch.path("a.json"), program.pid(), "--json"});
    EXPECT_EQ(same.status, 0) << same.err;
    const Json objects = Json::parse(same.out, nullptr, false).at("objects");
    for (const Json& object : objects) {
        // Its libraries become shared with, or private from, other processes.
        EXPECT_EQ(object.at("change"), "changed") << object.dump();
    }
    const ProgramResult itself =
        cli({"map", "diff", scratch.path("a.json"), scratch.path("a.json")});
    EXPECT_EQ(itself.out.rfind("before: sleep, pid " + program.pid(), 0), 0U) << itself.out;
    EXPECT_NE(itself.out.find("Nothing changed.\n"), std::string::npos) << itself.out;
    const ProgramResult live = cli({"map", program.pid(), "--csv", "--by", "region"});
    const ProgramResult saved = cli({"map", scratch.path("a.json"), "--csv", "--by", "region"});
    const std::vector<std::string> rows = steadyColumns(live.out);
    EXPECT_GT(rows.size(), 20U);
    EXPECT_EQ(rows, steadyColumns(saved.out));
    const ProgramResult other =
        cli({"map", "diff", scratch.path("a.json"), std::to_string(::getpid()), "--json"});
    const Json difference = Json::parse(other.out, nullptr, false);
    EXPECT_EQ(difference.at("same_process"), false);
    EXPECT_FALSE(difference.at("objects").empty());
}

TEST(CliMap, NeverWritesOverWhatItReads) {
    const ScratchDirectory scratch;
    const StoppedProgram program;
    const std::string map = scratch.path("a.json");
    ASSERT_EQ(cli({"map", program.pid(), "--json", "-o", map}).status, 0);
    ASSERT_EQ(::symlink(map.c_str(), scratch.path("link").c_str()), 0);
    const auto size = std::filesystem::file_size(map);
    const std::string pid = program.pid();
    for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
             {"map", map, "--csv", "-o", map},
             {"map", map + "@1s", "--csv", "-o", map},
             {"map", "diff", map, pid, "-o", map},
             {"map", "diff", pid, map, "-o", scratch.path("link")},
             {"map", "diff", map + "@1s:P0", pid, "-o", map}}) {
        const ProgramResult result = cli(arguments);
        EXPECT_EQ(result.status, 2) << result.err;
        EXPECT_NE(result.err.find("choose another path"), std::string::npos) << result.err;
        EXPECT_EQ(std::filesystem::file_size(map), size) << arguments[1];
    }
}

TEST(CliMap, SaysWhoMapsALibrary) {
    const StoppedProgram program;
    const StoppedProgram other;
    const ProgramResult found = cli({"map", program.pid(), "--mappers", "libc.so.6", "--json"});
    ASSERT_EQ(found.status, 0) << found.err;
    const Json answer = Json::parse(found.out, nullptr, false);
    std::vector<std::string> pids;
    for (const Json& mapper : answer.at("mappers")) {
        pids.push_back(std::to_string(mapper.at("pid").get<int>()));
        EXPECT_GT(mapper.at("rss").get<std::uint64_t>(), 0U);
    }
    EXPECT_NE(std::find(pids.begin(), pids.end(), program.pid()), pids.end()) << found.out;
    EXPECT_NE(std::find(pids.begin(), pids.end(), other.pid()), pids.end()) << found.out;
    EXPECT_EQ(cli({"map", program.pid(), "--mappers", "no such thing"}).status, 2);
    EXPECT_EQ(cli({"map", program.pid(), "--mappers", "[stack]"}).status, 3);
}

TEST(CliMap, SortsAndCutsTheTableAndTellsUnnamedObjectsApart) {
    const StoppedProgram program;
    const ProgramResult all = cli({"map", program.pid(), "--by", "object"});
    EXPECT_NE(all.out.find("anonymous at 7"), std::string::npos) << all.out;
    const ProgramResult top =
        cli({"map", program.pid(), "--by", "object", "--sort", "size", "--top", "2"});
    ASSERT_EQ(top.status, 0) << top.err;
    std::istringstream lines(top.out.substr(top.out.find("TYPE")));
    std::string row;
    std::getline(lines, row);
    int rows = 0;
    while (std::getline(lines, row) && !row.empty()) {
        ++rows;
    }
    EXPECT_EQ(rows, 2) << top.out;
    EXPECT_NE(top.out.find("These are the first 2 of "), std::string::npos) << top.out;
    EXPECT_EQ(cli({"map", program.pid(), "--by", "object", "--sort", "colour"}).status, 2);
    EXPECT_EQ(cli({"map", program.pid(), "--top", "2"}).status, 2);
}

TEST(CliMap, SaysWhatIsMissingOrIsNoProcess) {
    const ProgramResult one = cli({"map", "diff", "1"});
    EXPECT_EQ(one.status, 2);
    EXPECT_NE(one.err.find("ringscope-cli map diff --help"), std::string::npos) << one.err;
    const ProgramResult negative = cli({"map", "-1"});
    EXPECT_EQ(negative.status, 2);
    EXPECT_NE(negative.err.find("-1 is no process number"), std::string::npos) << negative.err;
    const ScratchDirectory scratch;
    const StoppedProgram program;
    ASSERT_EQ(cli({"map", program.pid(), "--csv", "-o", scratch.path("a.csv")}).status, 0);
    const ProgramResult table = cli({"map", scratch.path("a.csv")});
    EXPECT_EQ(table.status, 4);
    EXPECT_NE(table.err.find("save the map as JSON"), std::string::npos) << table.err;
}

TEST(CliMap, SaysOnWhichNodesThePagesAreWhenAsked) {
    if (::access("/proc/self/numa_maps", R_OK) != 0) {
        GTEST_SKIP() << "this kernel has no numa_maps";
    }
    const StoppedProgram program;
    const ProgramResult mapped = cli({"map", program.pid(), "--numa", "--json"});
    ASSERT_EQ(mapped.status, 0) << mapped.err;
    const Json map = Json::parse(mapped.out, nullptr, false);
    EXPECT_EQ(map.at("nodes").at("malformed_lines"), 0);
    for (const Json& region : map.at("regions")) {
        std::uint64_t onNodes = 0;
        for (const Json& part : region.value("nodes", Json::array())) {
            onNodes += part.at(1).get<std::uint64_t>();
        }
        // The pages of special mappings of the kernel are on no node.
        if (!region.at("object").get<std::string>().starts_with('[')) {
            EXPECT_EQ(onNodes, region.value("rss", std::uint64_t{0})) << region.dump();
        }
    }
    EXPECT_TRUE(Json::parse(cli({"map", program.pid(), "--json"}).out).at("nodes").is_null());
    EXPECT_NE(cli({"map", program.pid(), "--numa"}).out.find("NUMA"), std::string::npos);
}

TEST(CliMap, ShowsEachTypeInATable) {
    const StoppedProgram program;
    const ProgramResult shown = cli({"map", program.pid(), "--names", "VMMap"});
    EXPECT_EQ(shown.status, 0) << shown.err;
    const ProgramResult heap = cli({"map", program.pid(), "--type", "heap", "--by", "region"});
    EXPECT_EQ(heap.status, 0) << heap.err;
    EXPECT_NE(heap.out.find("[heap]"), std::string::npos) << heap.out;
    for (const char* text : {"sleep, pid", "TOTAL WS", "\nImage ", "\nHeap ", "\nTotal ", "\nFree ",
                             "equals the kernel's own sum"}) {
        EXPECT_NE(shown.out.find(text), std::string::npos) << text << " in\n" << shown.out;
    }
}

TEST(CliMap, ASessionKeepsMapsThatAreComparedLater) {
    const ScratchDirectory scratch;
    const std::string file = scratch.path("grows.ringscope");
    // 8 MiB more of a shell's heap after half a second.
    const ProgramResult recorded =
        cli({"record", "--heap", "off", "--map-every", "100ms", "-o", file, "--", "sh", "-c",
             "sleep 0.6; x=$(head -c 8000000 /dev/zero | tr '\\0' x); sleep 0.6; echo ${#x}"});
    ASSERT_EQ(recorded.status, 0) << recorded.err;
    const Json info = Json::parse(cli({"info", file, "--json"}).out, nullptr, false);
    EXPECT_GE(info.at("memory_maps").size(), 4U);
    const ProgramResult diff = cli({"map", "diff", file + "@300ms", file, "--json"});
    ASSERT_EQ(diff.status, 0) << diff.err;
    const Json difference = Json::parse(diff.out, nullptr, false);
    EXPECT_EQ(difference.at("same_process"), true);
    EXPECT_GT(difference.at("total").at("difference").at("rss"), 7'000'000);
    const ProgramResult none = cli({"map", file + "@1s:P77"});
    EXPECT_EQ(none.status, 3);
    EXPECT_NE(none.err.find("P0"), std::string::npos) << none.err;
    const ProgramResult early = cli({"map", file + "@0s"});
    EXPECT_EQ(early.status, 3) << early.out;
}

TEST(CliMap, AMapOfATrackedProcessSaysWhatItHasAllocated) {
    const ScratchDirectory scratch;
    const std::string file = scratch.path("heap.ringscope");
    const ProgramResult recorded =
        cli({"record", "--map-every", "100ms", "-o", file, "--", "sh", "-c",
             "x=$(head -c 4000000 /dev/zero | tr '\\0' x); "
             // It answers when it allocates next, and is asked once a second.
             "i=0; while [ $i -lt 40 ]; do sleep 0.05; i=$((i+1)); y=$(true); done; echo ${#x}"});
    ASSERT_EQ(recorded.status, 0) << recorded.err;
    const ProgramResult json = cli({"map", file + "@:P0", "--json"});
    ASSERT_EQ(json.status, 0) << json.err;
    const Json map = Json::parse(json.out, nullptr, false);
    EXPECT_GT(map.at("heap_live_bytes"), 4'000'000);
    EXPECT_GT(map.at("allocator").at("arena_bytes"), 0);
    EXPECT_NE(cli({"map", file + "@:P0"}).out.find("allocated, as the heap tracker counts"),
              std::string::npos);
}

TEST(CliMap, ASessionKeepsMapsWhenATrackGrows) {
    const ScratchDirectory scratch;
    const std::string file = scratch.path("grown.ringscope");
    const ProgramResult recorded =
        cli({"record", "--heap", "off", "--map-on", "memory.rss+4MiB", "-o", file, "--", "sh", "-c",
             "sleep 0.6; dd if=/dev/zero bs=8000000 count=1 2> /dev/null | sleep 0.6"});
    ASSERT_EQ(recorded.status, 0) << recorded.err;
    const Json info = Json::parse(cli({"info", file, "--json"}).out, nullptr, false);
    ASSERT_GE(info.at("memory_maps").size(), 1U);
    const std::string reason = info.at("memory_maps").front().at("reason");
    EXPECT_EQ(reason.find("memory.rss grew by "), 0U) << reason;
    std::uint64_t rss = 0; // of all processes: dd waits with what it has read
    for (const Json& map : info.at("memory_maps")) {
        rss += map.at("reason") == reason ? map.at("rss").get<std::uint64_t>() : 0;
    }
    EXPECT_GT(rss, 4'000'000U);
    EXPECT_NE(cli({"info", file}).out.find(reason), std::string::npos);
}

TEST(CliMap, SaysThatATrackDoesNotExist) {
    const ProgramResult unknown =
        cli({"record", "--heap", "off", "--map-on", "memory.rs>1", "--", "sleep", "0.1"});
    EXPECT_EQ(unknown.status, 2);
    EXPECT_NE(unknown.err.find("memory.rs"), std::string::npos) << unknown.err;
    EXPECT_EQ(cli({"record", "--map-on", "memory.rss=1", "--", "true"}).status, 2);
}

TEST(CliMap, OpensACoreDumpOfARealProgram) {
    const ScratchDirectory scratch;
    StoppedProgram program;
    const ProgramResult dumped = runProgram({"gcore", "-o", scratch.path("core"), program.pid()});
    if (dumped.status != 0) {
        GTEST_SKIP() << "no gcore (gdb) here, or it may not trace: " << dumped.err;
    }
    const std::string core = scratch.path("core." + program.pid());
    const ProgramResult shown = cli({"map", core, "--json"});
    ASSERT_EQ(shown.status, 0) << shown.err;
    const Json map = Json::parse(shown.out, nullptr, false);
    EXPECT_EQ(map.at("origin"), "core dump");
    EXPECT_EQ(map.at("pid"), std::stoi(program.pid()));
    EXPECT_GT(map.at("total").at("size"), 1'000'000);
    EXPECT_EQ(map.at("total").at("rss"), 0);
    EXPECT_FALSE(map.at("remarks").empty());
    EXPECT_EQ(cli({"map", "diff", core, program.pid()}).status, 0);
}

TEST(CliMap, OpensVmmapsCsvAndSaysThatAProgramIsNoCore) {
    const ScratchDirectory scratch;
    const std::string csv = scratch.path("x.csv");
    std::ofstream(csv) << "\"Address\",\"Type\",\"Size\",\"Committed\",\"Total WS\"\r\n"
                          "\"00010000\",\"Heap\",\"1,024\",\"1,024\",\"8\"\r\n";
    const ProgramResult shown = cli({"map", csv, "--json"});
    ASSERT_EQ(shown.status, 0) << shown.err;
    const Json map = Json::parse(shown.out, nullptr, false);
    EXPECT_EQ(map.at("origin"), "VMMap CSV");
    EXPECT_EQ(map.at("total").at("size"), 1024 * 1024);
    EXPECT_EQ(cli({"map", "diff", csv, csv}).status, 0);
    const ProgramResult program = cli({"map", "/bin/sleep"});
    EXPECT_EQ(program.status, 4);
    EXPECT_NE(program.err.find("program or library"), std::string::npos) << program.err;
}

// mmap rounds up to whole pages, so what leaks is known to the byte.
TEST(CliMap, DiffShowsALeakAsTheRegionThatGrew) {
    constexpr std::uint64_t kLeak = std::uint64_t{24} << 20U;
    const ScratchDirectory scratch;
    const RunningProgram python({"setpriv", "--pdeathsig", "KILL", "/usr/bin/python3", "-c", R"(
import mmap, os, sys, time
folder, size = sys.argv[1], int(sys.argv[2])
def say(name):
    open(folder + '/' + name, 'w').close()
say('ready')
while not os.path.exists(folder + '/go'):
    time.sleep(0.01)
leak = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
for at in range(0, size, mmap.PAGESIZE):
    leak[at] = 1
say('leaked')
time.sleep(600)
)",
                                 scratch.path(), std::to_string(kLeak)});
    const auto isSaid = [&](const char* word) {
        return within(30'000'000'000,
                      [&] { return ::access(scratch.path(word).c_str(), F_OK) == 0; });
    };
    ASSERT_TRUE(isSaid("ready"));
    const std::string pid = std::to_string(python.pid());
    ASSERT_EQ(cli({"map", pid, "--json", "-o", scratch.path("before.json")}).status, 0);
    std::ofstream(scratch.path("go")).close();
    ASSERT_TRUE(isSaid("leaked"));
    const ProgramResult diff =
        cli({"map", "diff", scratch.path("before.json"), pid, "--by", "region", "--json"});
    ASSERT_EQ(diff.status, 0) << diff.err;
    const Json regions = Json::parse(diff.out).at("regions");
    // Its heap may grow by some pages as well, for the loop; nothing else has this size.
    int leaks = 0;
    for (const Json& region : regions) {
        const Json& difference = region.at("difference");
        if (difference.at("size").get<std::int64_t>() < std::int64_t{1} << 20U) {
            continue;
        }
        ++leaks;
        EXPECT_TRUE(region.at("change") == "appeared" || region.at("change") == "grown") << region;
        EXPECT_EQ(region.at("type"), "Private Data");
        for (const char* field : {"size", "committed", "rss", "private_rss", "private"}) {
            EXPECT_EQ(difference.at(field), kLeak) << field;
        }
    }
    EXPECT_EQ(leaks, 1) << diff.out;
}

TEST(CliMap, ASavedMapCannotCommandTheTerminal) {
    const ScratchDirectory scratch;
    std::ofstream(scratch.path("evil.json"))
        << R"({"format":"ringscope-map","version":1,"name":"\u001b]0;x\u0007",)"
           R"("remarks":["Mind \u001b[2J this \u009b2J \u202e."],"regions":[)"
           R"({"start":4096,"end":8192,"name":"/a\u001b[31m","flags":"\u001b[2J \u009b3J"}]})";
    for (const char* const by : {"type", "object", "region"}) {
        const ProgramResult shown = cli({"map", scratch.path("evil.json"), "--by", by});
        ASSERT_EQ(shown.status, 0) << shown.err;
        for (const char* const control : {"\x1b", "\a", "\xc2\x9b", "\xe2\x80\xae"}) {
            EXPECT_EQ(shown.out.find(control), std::string::npos) << by;
        }
        EXPECT_NE(shown.out.find("Mind \\033[2J this"), std::string::npos) << shown.out;
    }
}

TEST(CliMap, DiffWithACoreDumpInventsNoLosses) {
    const ScratchDirectory scratch;
    const StoppedProgram program;
    ASSERT_EQ(cli({"map", program.pid(), "--json", "-o", scratch.path("live.json")}).status, 0);
    // As a map of a core dump is saved: the same regions, nothing in memory.
    std::ifstream in(scratch.path("live.json"));
    Json core = Json::parse(in);
    core["origin"] = "core dump";
    core.erase("rollup");
    core.erase("counters");
    for (Json& region : core.at("regions")) {
        for (const char* const size :
             {"rss", "pss", "referenced", "swap", "locked", "shared_clean", "shared_dirty",
              "private_clean", "private_dirty", "anonymous", "pss_dirty", "flags"}) {
            region.erase(size);
        }
    }
    std::ofstream(scratch.path("core.json")) << core;
    const std::vector<std::string> diff{"map", "diff", scratch.path("live.json"),
                                        scratch.path("core.json")};
    const ProgramResult shown = cli(diff);
    EXPECT_EQ(shown.status, 0) << shown.err;
    EXPECT_NE(shown.out.find("Nothing changed."), std::string::npos) << shown.out;
    EXPECT_NE(shown.out.find("Left out"), std::string::npos) << shown.out;
    std::vector<std::string> asJson = diff;
    asJson.emplace_back("--json");
    const Json difference = Json::parse(cli(asJson).out, nullptr, false);
    EXPECT_TRUE(difference.at("objects").empty()) << difference.at("objects");
    EXPECT_FALSE(difference.at("total").at("difference").contains("rss"));
    EXPECT_EQ(difference.at("total").at("difference").at("size"), 0);
    EXPECT_NE(difference.at("left_out").get<std::string>().find("RSS"), std::string::npos);
}

// Sparse, so that it takes no room here.
TEST(CliMap, RefusesABigFileByItsHead) {
    const ScratchDirectory scratch;
    std::ofstream(scratch.path("other.json")) << R"({"some": "thing", "x": [)";
    std::ofstream(scratch.path("large.json")) << R"({"format":"ringscope-map","version":1,)";
    for (const char* const name : {"other.json", "large.json"}) {
        std::filesystem::resize_file(scratch.path(name), std::uintmax_t{3} << 30U);
        const std::int64_t start = monotonicNs();
        const ProgramResult result = cli({"map", scratch.path(name)});
        EXPECT_EQ(result.status, 4);
        EXPECT_NE(result.err.find("is no memory map"), std::string::npos) << result.err;
        EXPECT_LT(monotonicNs() - start, 10'000'000'000) << "was not read whole";
    }
}

TEST(CliMap, SaysInOneSentenceThatMemoryIsNotEnough) {
    const ScratchDirectory scratch;
    std::ofstream file(scratch.path("wide.json"));
    file << R"({"format":"ringscope-map","version":1,"x":[0)";
    for (int i = 0; i < 30'000'000; ++i) {
        file << ",0";
    }
    file << "]}";
    file.close();
    const ProgramResult result = runProgram({"/bin/bash", "-c", "ulimit -v 400000; exec \"$@\"",
                                             "x", RINGSCOPE_CLI, "map", scratch.path("wide.json")});
    EXPECT_EQ(result.status, 1) << result.err;
    EXPECT_NE(result.err.find("not enough memory"), std::string::npos) << result.err;
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
}

TEST(CliMap, SaysInOneSentenceWhyThereIsNoMap) {
    StoppedProgram program;
    const std::string pid = program.pid();
    const ScratchDirectory scratch;
    std::ofstream(scratch.path("cut.json")) << "{\"format\": \"ringscope-map\", ";
    struct Wrong {
        std::vector<std::string> arguments;
        int status;
        const char* text;
    };
    ASSERT_EQ(::mkfifo(scratch.path("pipe").c_str(), 0600), 0);
    const std::vector<Wrong> wrongs{
        {{"map", scratch.path("pipe")}, 3, "pipe"},
        {{"map", scratch.path()}, 3, "folder"},
        {{"map"}, 2, "needs a pid"},
        {{"map", "999999999"}, 3, "does not exist"},
        {{"map", "99999999999"}, 2, "is no process number"},
        {{"map", "2"}, 3, "2"}, // a kernel thread, or not there in a container
        {{"map", scratch.path("none.json")}, 3, "none.json"},
        {{"map", scratch.path("cut.json")}, 4, "is no memory map"},
        {{"map", pid, "--by", "colour"}, 2, "type, object, region"},
        {{"map", pid, "--unit", "GB"}, 2, "pages"},
        {{"map", pid, "--type", "Heaps"}, 2, "Mapped File"},
        {{"map", pid, "--json", "--csv"}, 2, "choose one"},
        {{"map", pid, "-o", "/nowhere/x"}, 1, "cannot write /nowhere/x"},
        {{"map", "diff", pid, std::to_string(::getpid()), "--by", "region"}, 2, "two processes"},
    };
    for (const Wrong& wrong : wrongs) {
        const ProgramResult result = cli(wrong.arguments);
        EXPECT_EQ(result.status, wrong.status) << result.err;
        EXPECT_NE(result.err.find(wrong.text), std::string::npos) << result.err;
        EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
        EXPECT_EQ(result.out, "");
    }
}

} // namespace
} // namespace ringscope
