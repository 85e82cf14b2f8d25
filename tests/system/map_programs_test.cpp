// SPDX-License-Identifier: MIT
// Maps of programs that others wrote, under load: what the map says of each must be what the kernel
// says, to the byte. They are stopped while they are looked at, with all their processes.
#include <algorithm>
#include <array>
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <sys/shm.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include "core/base/file_descriptor.h"
#include "core/memory/map_json.h"
#include "core/memory/map_objects.h"
#include "tests/support/patience.h"
#include "tests/support/process_tree.h"
#include "tests/support/run_program.h"

namespace ringscope {
namespace {

using Json = nlohmann::json;
using Arguments = std::vector<std::string>;

std::uint64_t numberOf(const Json& json, const char* field) {
    const auto at = json.find(field);
    return at == json.end() || at->is_null() ? 0 : at->get<std::uint64_t>();
}

std::uint64_t sumOf(const Json& rows, const char* field) {
    std::uint64_t sum = 0;
    for (const Json& row : rows) {
        sum += numberOf(row, field);
    }
    return sum;
}

// "start-end" of each line, as in the kernel's own maps.
std::vector<std::string> rangesInMaps(pid_t pid) {
    std::istringstream maps(readFile("/proc/" + std::to_string(pid) + "/maps").value_or(""));
    std::vector<std::string> ranges;
    for (std::string line; std::getline(maps, line);) {
        ranges.push_back(line.substr(0, line.find(' ')));
    }
    return ranges;
}

std::vector<std::string> rangesIn(const Json& map) {
    std::vector<std::string> ranges;
    for (const Json& region : map.at("regions")) {
        std::array<char, 48> text{};
        std::snprintf(text.data(), text.size(), "%08llx-%08llx",
                      static_cast<unsigned long long>(numberOf(region, "start")),
                      static_cast<unsigned long long>(numberOf(region, "end")));
        ranges.emplace_back(text.data());
    }
    return ranges;
}

void expectEachRegionInOneObject(const std::string& json, const Json& map) {
    const auto snapshot = mapFromJson(json, "the map");
    ASSERT_TRUE(snapshot) << snapshot.error().message;
    const MapObjects grouped = groupByObject(*snapshot);
    std::vector<int> uses(snapshot->space.map.regions.size());
    for (const MapObject& object : grouped.objects) {
        for (const std::uint32_t region : object.regions) {
            ++uses.at(region);
        }
    }
    EXPECT_EQ(uses, std::vector<int>(uses.size(), 1));
    // The same in what is written; names of objects are not unique.
    using Sums = std::map<std::string, std::array<std::uint64_t, 3>>;
    const auto sumsByName = [](const Json& rows, const char* name) {
        Sums sums;
        for (const Json& row : rows) {
            auto& [blocks, size, rss] =
                sums[row.at("type").get<std::string>() + " " + row.at(name).get<std::string>()];
            blocks += numberOf(row, "blocks");
            size += numberOf(row, "size");
            rss += numberOf(row, "rss");
        }
        return sums;
    };
    EXPECT_EQ(sumsByName(map.at("objects"), "name"), sumsByName(map.at("regions"), "object"));
}

// Sums that nobody but the process itself changes, and it is stopped.
void expectKernelsSums(const Json& map, const char* rows) {
    const Json& rollup = map.at("rollup");
    EXPECT_EQ(sumOf(map.at(rows), "rss"), numberOf(rollup, "rss")) << rows;
    EXPECT_EQ(sumOf(map.at(rows), "swap"), numberOf(rollup, "swap")) << rows;
    EXPECT_EQ(sumOf(map.at(rows), "hugetlb"),
              numberOf(rollup, "shared_hugetlb") + numberOf(rollup, "private_hugetlb"))
        << rows;
    EXPECT_EQ(sumOf(map.at(rows), "private_rss") + sumOf(map.at(rows), "shared_rss"),
              numberOf(rollup, "private") + numberOf(rollup, "shared"))
        << rows;
}

// Private, shared and PSS of a page of a library change when another process, say the next test,
// maps or unmaps it between the kernel's two walks. True when they are equal, for which a few
// readings are taken; none has a tolerance.
bool areSharesEqual(const Json& map) {
    const Json& rollup = map.at("rollup");
    for (const char* rows : {"types", "regions"}) {
        if (sumOf(map.at(rows), "private_rss") != numberOf(rollup, "private") ||
            sumOf(map.at(rows), "shared_rss") != numberOf(rollup, "shared")) {
            return false;
        }
    }
    const auto rounding = map.at("pss_rounding").get<std::int64_t>();
    const auto pss = static_cast<std::int64_t>(sumOf(map.at("regions"), "pss"));
    const auto blocks = static_cast<std::int64_t>(map.at("regions").size());
    return static_cast<std::int64_t>(sumOf(map.at("types"), "pss")) == pss &&
           pss + rounding == static_cast<std::int64_t>(numberOf(rollup, "pss")) && rounding >= 0 &&
           rounding < blocks * 1024;
}

void report(const Json& map) {
    std::cout << map.at("name").get<std::string>() << ": " << map.at("regions").size()
              << " mappings, rss " << numberOf(map.at("total"), "rss") / 1024
              << " KiB, PSS rounding " << map.at("pss_rounding") << " bytes;";
    for (const Json& row : map.at("types")) {
        if (numberOf(row, "rss") > 0) {
            std::cout << " " << row.at("type").get<std::string>() << " "
                      << numberOf(row, "rss") / 1024;
        }
    }
    std::cout << std::endl;
}

// The map of a stopped process, after all that it promises was checked.
Json checkedMap(pid_t pid) {
    constexpr int kReadings = 8;
    const std::vector<std::string> ranges = rangesInMaps(pid);
    for (int reading = 1;; ++reading) {
        const ProgramResult mapped =
            runProgram({RINGSCOPE_CLI, "map", std::to_string(pid), "--json"});
        const Json map = Json::parse(mapped.out, nullptr, false);
        if (mapped.status != 0 || !map.is_object() || !map.at("rollup").is_object()) {
            ADD_FAILURE() << "no map of " << pid << ": " << mapped.err;
            return {};
        }
        expectKernelsSums(map, "types");
        expectKernelsSums(map, "regions");
        if (!areSharesEqual(map) && reading < kReadings) {
            continue;
        }
        EXPECT_TRUE(areSharesEqual(map))
            << "in none of " << kReadings << " readings; of the last: total " << map.at("total")
            << " rollup " << map.at("rollup") << " rounding " << map.at("pss_rounding");
        EXPECT_EQ(rangesIn(map), ranges);
        expectEachRegionInOneObject(mapped.out, map);
        for (const Json& region : map.at("regions")) {
            EXPECT_NE(region.at("type"), "Unknown") << region;
        }
        report(map);
        return map;
    }
}

std::uint64_t rssOfType(const Json& map, const std::string& type) {
    std::uint64_t rss = 0;
    for (const Json& row : map.value("types", Json::array())) {
        rss += row.at("type") == type ? numberOf(row, "rss") : 0;
    }
    return rss;
}

// Ends with this process, whatever ends it.
Arguments boundToThis(const Arguments& arguments) {
    Arguments all{"setpriv", "--pdeathsig", "KILL"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    return all;
}

bool isThere(const std::string& program) {
    return runProgram({"sh", "-c", "command -v \"$0\"", program}).status == 0;
}

// What a test that is killed leaves: a stopped process in a session of its own that is nobody's
// child any more, one that was not stopped, a System V segment, a ring and a folder.
TEST(MapPrograms, LeavesNothingBehindWhenKilled) {
    std::array<int, 2> pipe{};
    ASSERT_EQ(::pipe2(pipe.data(), O_CLOEXEC), 0);
    struct Left {
        std::array<pid_t, 2> processes{};
        int segment = -1;
        std::array<char, 64> folder{};
    };
    const pid_t test = ::fork();
    if (test == 0) {
        const ProcessTree tree;
        const ScratchDirectory scratch;
        Left left;
        left.segment = ::shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600);
        scratch.path().copy(left.folder.data(), left.folder.size() - 1);
        std::ofstream("/dev/shm/ringscope-guard-" + std::to_string(::getpid()) + "-1") << "ring";
        const RunningProgram one({"sh", "-c", "setsid sleep 600 & exec sleep 601"});
        (void)eventually([] { return ProcessTree::named("sleep", "60").size() >= 2; });
        const std::vector<pid_t> both = ProcessTree::processes();
        std::copy_n(both.begin(), std::min<std::size_t>(both.size(), 2), left.processes.begin());
        std::this_thread::sleep_for(std::chrono::milliseconds(300)); // the guard looks at times
        (void)ProcessTree::stop();
        (void)!::write(pipe[1], &left, sizeof(left));
        ::pause();
        ::_exit(0);
    }
    Left left;
    ASSERT_EQ(::read(pipe[0], &left, sizeof(left)), static_cast<ssize_t>(sizeof(left)));
    ::close(pipe[0]);
    ::close(pipe[1]);
    struct shmid_ds status {};
    const auto isAlive = [](pid_t pid) {
        std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
        const std::string text{std::istreambuf_iterator<char>(stat), {}};
        return !text.empty() && text.find(") Z") == std::string::npos;
    };
    for (const pid_t pid : left.processes) {
        ASSERT_GT(pid, 0);
        ASSERT_TRUE(isAlive(pid));
    }
    ASSERT_EQ(::shmctl(left.segment, IPC_STAT, &status), 0);
    ASSERT_TRUE(std::filesystem::exists(left.folder.data()));
    ASSERT_EQ(ringsOf(test).size(), 1U);
    ::kill(test, SIGKILL);
    ::waitpid(test, nullptr, 0);
    EXPECT_TRUE(eventually([&] { return !std::filesystem::exists(left.folder.data()); }));
    for (const pid_t pid : left.processes) {
        EXPECT_FALSE(isAlive(pid)) << pid;
    }
    EXPECT_NE(::shmctl(left.segment, IPC_STAT, &status), 0);
    EXPECT_TRUE(ringsOf(test).empty());
}

TEST(MapPrograms, PostgresUnderPgbench) {
    std::string bin;
    std::error_code error;
    for (const auto& version : std::filesystem::directory_iterator("/usr/lib/postgresql", error)) {
        bin = std::max(bin, version.path().string() + "/bin/");
    }
    if (!std::filesystem::exists(bin + "initdb")) {
        GTEST_SKIP() << "PostgreSQL is not installed; ./dev test --system installs it";
    }
    const ScratchDirectory scratch;
    Arguments user{"--"};
    if (::geteuid() == 0) { // PostgreSQL refuses root
        user = {"--reuid=nobody", "--regid=nogroup", "--clear-groups", "--"};
        ASSERT_EQ(runProgram({"chown", "nobody:nogroup", scratch.path()}).status, 0);
    }
    const auto asUser = [&](const Arguments& arguments) {
        Arguments all = user;
        all.insert(all.end(), arguments.begin(), arguments.end());
        return boundToThis(all);
    };
    const ProgramResult made = runProgram(asUser(
        {bin + "initdb", "-D", scratch.path("db"), "-U", "bench", "-A", "trust", "--no-sync"}));
    ASSERT_EQ(made.status, 0) << made.err;
    const ProcessTree tree;
    RunningProgram server(
        asUser({bin + "postgres", "-D", scratch.path("db"), "-k", scratch.path(), "-c",
                "listen_addresses=", "-c", "shared_buffers=64MB", "-c", "fsync=off", "-c",
                // In its own folder, not in /dev/shm where a crash would leave it.
                "dynamic_shared_memory_type=mmap"}));
    const Arguments bench{bin + "pgbench", "-h", scratch.path(), "-U", "bench"};
    const auto pgbench = [&](const Arguments& more) {
        Arguments all = bench;
        all.insert(all.end(), more.begin(), more.end());
        return asUser([&] {
            all.emplace_back("postgres");
            return all;
        }());
    };
    ProgramResult filled;
    EXPECT_TRUE(eventually([&] {
        filled = runProgram(pgbench({"-i", "-s", "3", "-q"}));
        return filled.status == 0;
    })) << filled.err;
    const RunningProgram load(pgbench({"-c", "4", "-T", "600"}));
    EXPECT_TRUE(
        eventually([] { return ProcessTree::named("postgres", "postgres: bench").size() >= 4; }));
    std::this_thread::sleep_for(std::chrono::seconds(1)); // of load
    EXPECT_TRUE(ProcessTree::stop());
    for (const pid_t backend : ProcessTree::named("postgres")) {
        const Json map = checkedMap(backend);
        std::uint64_t buffers = 0;
        for (const Json& object : map.value("objects", Json::array())) {
            const std::string name = object.at("name");
            if (object.at("type") == "Shareable" &&
                (name.starts_with("/SYSV") || name.starts_with("/dev/zero"))) {
                buffers = std::max(buffers, numberOf(object, "size"));
            }
        }
        EXPECT_GT(buffers, std::uint64_t{64} << 20U) << "shared_buffers";
    }
    EXPECT_GE(ProcessTree::named("postgres").size(), 5U);
    ProcessTree::goOn();
    load.sendSignal(SIGTERM);
    server.sendSignal(SIGINT); // a fast end, which removes its System V segment
    EXPECT_EQ(server.result().status, 0);
}

TEST(MapPrograms, ChromiumWithSeveralTabs) {
    if (!isThere("chromium")) {
        GTEST_SKIP() << "Chromium is not installed; ./dev test --system installs it";
    }
    const ScratchDirectory scratch;
    const ProcessTree tree;
    const std::string page = "data:text/html,<canvas></canvas><script>a=[];setInterval(()=>{a.push("
                             "new Array(1e4).fill(Math.random()));a=a.slice(-50)},20)</script>";
    const RunningProgram browser(
        boundToThis({"chromium", "--headless=new", "--no-sandbox", "--disable-gpu",
                     "--no-first-run", "--remote-debugging-port=0",
                     "--user-data-dir=" + scratch.path("profile"), page}),
        {"HOME=" + scratch.path(), "TMPDIR=" + scratch.path(),
         "XDG_RUNTIME_DIR=" + scratch.path()});
    const std::string port = scratch.path("profile/DevToolsActivePort");
    if (!eventually([&] { return std::filesystem::exists(port); })) {
        GTEST_SKIP() << "Chromium cannot start here";
    }
    // Without a window it takes one page only; the others are asked for.
    const ProgramResult tabs = runProgram({"/usr/bin/python3", "-c", R"(
import sys, urllib.parse, urllib.request
port = open(sys.argv[1]).readline().strip()
for tab in '23':
    address = f'http://127.0.0.1:{port}/json/new?' + urllib.parse.quote(sys.argv[2] + tab)
    request = urllib.request.Request(address, method='PUT')
    urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=20).read()
)",
                                           port, page});
    EXPECT_EQ(tabs.status, 0) << tabs.err;
    const auto renderers = [] { return ProcessTree::named("chromium", "--type=renderer"); };
    EXPECT_TRUE(eventually([&] { return renderers().size() >= 3; }));
    std::this_thread::sleep_for(std::chrono::seconds(2)); // of load
    EXPECT_TRUE(ProcessTree::stop());
    EXPECT_GT(rssOfType(checkedMap(browser.pid()), "Image"), 0U);
    for (const pid_t renderer : renderers()) {
        EXPECT_GT(rssOfType(checkedMap(renderer), "Image"), 0U);
    }
    ProcessTree::goOn();
    browser.sendSignal(SIGTERM);
    EXPECT_TRUE(eventually([] { return ProcessTree::named("chromium").empty(); }));
}

TEST(MapPrograms, JavaVirtualMachine) {
    if (!isThere("java") || !isThere("javac")) {
        GTEST_SKIP() << "no JDK is installed; ./dev test --system installs one";
    }
    const ScratchDirectory scratch;
    const ProcessTree tree;
    std::ofstream(scratch.path("Loop.java")) << R"(
public class Loop {
    static volatile Object last;
    public static void main(String[] arguments) throws Exception {
        for (int i = 0; i < 4; i++) {
            new Thread(() -> { while (true) { last = new byte[20000]; } }).start();
        }
        System.out.println("ready");
        new java.io.File(arguments[0]).createNewFile();
    }
})";
    RunningProgram java(boundToThis({"java", "-Xmx256m", "-XX:-UsePerfData",
                                     scratch.path("Loop.java"), scratch.path("ready")}));
    EXPECT_TRUE(eventually([&] { return std::filesystem::exists(scratch.path("ready")); }));
    std::this_thread::sleep_for(std::chrono::seconds(1)); // of load
    EXPECT_TRUE(ProcessTree::stop());
    const Json map = checkedMap(java.pid());
    EXPECT_GT(rssOfType(map, "Private Data"), std::uint64_t{16} << 20U) << "its heap has no mark";
    EXPECT_GT(rssOfType(map, "Stack"), 0U);
    ProcessTree::goOn();
    java.sendSignal(SIGTERM);
    EXPECT_EQ(java.result().status, 128 + SIGTERM);
}

TEST(MapPrograms, PythonWithThreads) {
    const ScratchDirectory scratch;
    const ProcessTree tree;
    RunningProgram python(boundToThis({"/usr/bin/python3", "-c", R"(
import sys, threading
def work():
    kept = []
    while True:
        kept.append([bytes(100 * i) for i in range(200)])
        kept = kept[-20:]
for _ in range(4):
    threading.Thread(target=work, daemon=True).start()
open(sys.argv[1], 'w').close()
threading.Event().wait()
)",
                                       scratch.path("ready")}));
    EXPECT_TRUE(eventually([&] { return std::filesystem::exists(scratch.path("ready")); }));
    std::this_thread::sleep_for(std::chrono::seconds(1)); // of load
    EXPECT_TRUE(ProcessTree::stop());
    const Json map = checkedMap(python.pid());
    EXPECT_GT(rssOfType(map, "Heap"), 0U);
    EXPECT_GT(rssOfType(map, "Stack"), 0U);
    ProcessTree::goOn();
    python.sendSignal(SIGTERM);
    EXPECT_EQ(python.result().status, 128 + SIGTERM);
}

TEST(MapPrograms, RedisAndTheChildThatSaves) {
    if (!isThere("redis-server")) {
        GTEST_SKIP() << "Redis is not installed; ./dev test --system installs it";
    }
    const ScratchDirectory scratch;
    const ProcessTree tree;
    const std::string socket = scratch.path("socket");
    RunningProgram server(boundToThis(
        {"redis-server", "--port", "0", "--unixsocket", socket, "--dir", scratch.path(), "--save",
         "", "--enable-debug-command", "yes", "--rdb-key-save-delay", "1000"}));
    const auto redis = [&](Arguments arguments) {
        arguments.insert(arguments.begin(), {"redis-cli", "-s", socket});
        return runProgram(arguments).out;
    };
    EXPECT_TRUE(eventually([&] { return redis({"ping"}) == "PONG\n"; }));
    EXPECT_EQ(redis({"debug", "populate", "100000", "key", "1024"}), "OK\n");
    const RunningProgram load(boundToThis({"redis-benchmark", "-s", socket, "-t", "set", "-r",
                                           "100000", "-n", "100000000", "-d", "1024", "-q"}));
    EXPECT_EQ(redis({"bgsave"}), "Background saving started\n");
    std::error_code error; // a link to the file of several tools
    const std::string redisFile =
        std::filesystem::read_symlink("/proc/" + std::to_string(server.pid()) + "/exe", error)
            .filename();
    std::this_thread::sleep_for(std::chrono::seconds(1)); // of writes, which copy pages
    EXPECT_TRUE(ProcessTree::stop());
    const std::vector<pid_t> both = ProcessTree::named(redisFile);
    EXPECT_EQ(both.size(), 2U) << "the server and the child that saves";
    for (const pid_t pid : both) {
        const Json map = checkedMap(pid);
        const Json total = map.value("total", Json::object());
        EXPECT_GT(numberOf(total, "rss"), std::uint64_t{100} << 20U);
        EXPECT_GT(numberOf(total, "shared_rss"), std::uint64_t{8} << 20U) << "not yet copied";
        EXPECT_GT(numberOf(total, "private_rss"), std::uint64_t{1} << 20U) << "copied";
    }
    ProcessTree::goOn();
    load.sendSignal(SIGTERM);
    (void)redis({"shutdown", "nosave", "now", "force"});
    EXPECT_EQ(server.result().status, 0);
}

TEST(MapPrograms, WorkersOfARun) {
    const ProcessTree tree;
    RunningProgram run(
        boundToThis({RINGSCOPE_CLI, "run", "steady", "--duration", "600s", "--quiet"}));
    const auto workers = [] { return ProcessTree::named("ringscope-worker"); };
    EXPECT_TRUE(eventually([&] { return workers().size() >= 2; }));
    std::this_thread::sleep_for(std::chrono::seconds(1)); // of messages
    EXPECT_TRUE(ProcessTree::stop());
    EXPECT_FALSE(workers().empty());
    for (const pid_t worker : workers()) {
        EXPECT_GT(rssOfType(checkedMap(worker), "Shareable"), 0U) << "the ring";
    }
    ProcessTree::goOn();
    run.sendSignal(SIGINT);
    EXPECT_EQ(run.result().status, 130);
    EXPECT_TRUE(ProcessTree::processes().empty());
}

} // namespace
} // namespace ringscope
