// SPDX-License-Identifier: MIT
// What the preloaded tracker costs: the same program with and without it, one after the other in
// changing order, ratio by ratio. Many short pairs: a shared machine's speed drifts, and within a
// tenth of a second less than within a second.
#include "core/base/clock.h"
#include "core/heap/ledger_receiver.h"
#include "core/heap/profile_layout.h"
#include "core/heap/tracker_environment.h"
#include "tests/bench/bench_report.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <map>
#include <optional>
#include <spawn.h>
#include <string>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace {

using namespace ringscope;

constexpr int kPairsPerRepeat = 16; // not with --quick
constexpr int kStartsPerRepeat = 20;
constexpr char kPython[] = "/usr/bin/python3"; // not a version manager's script of that name

struct Workload {
    std::string name;
    std::vector<std::string> command;
    std::uint64_t leastAllocations = 0; // fewer in the ledger: the tracker was not at work
    bool isForCounters = true;          // else only for stacks
    bool isForPeers = false;            // other tools are measured with it
};

struct Cost {
    double wallNs = 0;
    double cpuNs = 0;
    double peakKib = 0;
    std::uint64_t allocations = 0; // as the ledger has it
};

using Variables = std::map<std::string, std::string>;

std::vector<char*> pointers(std::vector<std::string>& words) {
    std::vector<char*> result;
    for (std::string& word : words) {
        result.push_back(word.data());
    }
    result.push_back(nullptr);
    return result;
}

std::vector<std::string> environmentWith(const Variables& more) {
    Variables variables;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string text = *entry;
        const std::size_t at = text.find('=');
        variables[text.substr(0, at)] = text.substr(at + 1);
    }
    for (const auto& [name, value] : more) {
        variables[name] = value;
    }
    std::vector<std::string> lines;
    for (const auto& [name, value] : variables) {
        lines.push_back(name + "=" + value);
    }
    return lines;
}

// Whole life of the process, so the tracker's start is in it. Empty when it failed.
std::optional<Cost> runOnce(std::vector<std::string> command, const Variables& variables) {
    std::vector<std::string> lines = environmentWith(variables);
    posix_spawn_file_actions_t actions{};
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    pid_t pid = -1;
    const std::int64_t begin = monotonicNs();
    const int error = ::posix_spawnp(&pid, command[0].c_str(), &actions, nullptr,
                                     pointers(command).data(), pointers(lines).data());
    ::posix_spawn_file_actions_destroy(&actions);
    int status = -1;
    rusage usage{};
    if (error != 0 || ::wait4(pid, &status, 0, &usage) != pid || status != 0) {
        return std::nullopt;
    }
    Cost cost;
    cost.wallNs = static_cast<double>(monotonicNs() - begin);
    for (const timeval& part : {usage.ru_utime, usage.ru_stime}) {
        cost.cpuNs +=
            static_cast<double>(part.tv_sec) * 1e9 + static_cast<double>(part.tv_usec) * 1e3;
    }
    cost.peakKib = static_cast<double>(usage.ru_maxrss);
    return cost;
}

// What the tracker is to record.
enum class Tracked { counters, sampled, exact };

std::string nameOf(Tracked what) {
    return what == Tracked::exact ? "exact_" : what == Tracked::sampled ? "sampled_" : "counters_";
}

std::optional<Cost> runTracked(const Workload& workload, Tracked what) {
    auto receiver = LedgerReceiver::create();
    if (!receiver) {
        return std::nullopt;
    }
    const auto tracked = trackerEnvironment(receiver.value());
    if (!tracked) {
        std::fprintf(stderr, "%s\n", tracked.error().message.c_str());
        return std::nullopt;
    }
    Variables variables(tracked->begin(), tracked->end());
    if (what != Tracked::counters) {
        variables[kLedgerModeVariable] = what == Tracked::exact ? "exact" : "sampled";
    }
    auto cost = runOnce(workload.command, variables);
    for (LedgerReader& ledger : receiver->poll()) {
        const auto counters = ledger.read();
        if (cost && counters) {
            cost->allocations += counters->allocations;
        }
    }
    return cost;
}

struct Series {
    std::vector<double> wall;
    std::vector<double> cpu;
    std::vector<double> peak;

    void add(const Cost& cost) {
        wall.push_back(cost.wallNs);
        cpu.push_back(cost.cpuNs);
        peak.push_back(cost.peakKib);
    }
};

struct Pairs {
    Series native;
    Series tracked;
    std::uint64_t allocations = 0; // of one tracked run
};

// The environment of both differs in the tracker only. Empty when a run failed.
std::optional<Pairs> runPairs(const Workload& workload, int count,
                              Tracked what = Tracked::counters) {
    Pairs pairs;
    (void)runOnce(workload.command, {}); // warms the page cache
    for (int i = 0; i < count; ++i) {
        std::optional<Cost> without;
        std::optional<Cost> with;
        if (i % 2 == 0) {
            without = runOnce(workload.command, {});
            with = runTracked(workload, what);
        } else {
            with = runTracked(workload, what);
            without = runOnce(workload.command, {});
        }
        if (!without || !with || with->allocations < workload.leastAllocations) {
            std::fprintf(stderr, "%s failed or was not tracked\n", workload.name.c_str());
            return std::nullopt;
        }
        pairs.allocations = with->allocations;
        pairs.native.add(*without);
        pairs.tracked.add(*with);
    }
    return pairs;
}

std::vector<double> differences(const std::vector<double>& of, const std::vector<double>& less) {
    std::vector<double> result;
    for (std::size_t i = 0; i < of.size() && i < less.size(); ++i) {
        result.push_back(of[i] - less[i]);
    }
    return result;
}

std::string inDigits(double value, int digits) {
    char text[32];
    std::snprintf(text, sizeof(text), "%.*f", digits, value);
    return text;
}

// Ratios are of the whole life of the processes, start included.
void measure(bench::Report& report, const Workload& workload, int count, double startCpuNs,
             Tracked what) {
    const std::string figure = nameOf(what) + workload.name;
    const auto pairs = runPairs(workload, count, what);
    if (!pairs) {
        report.add(figure + "_x", {});
        return;
    }
    const auto& [native, tracked, allocations] = *pairs;
    report.add(figure + "_x", bench::medianOf(bench::ratios(tracked.wall, native.wall)));
    report.add(figure + "_cpu_x", bench::medianOf(bench::ratios(tracked.cpu, native.cpu)));
    report.add(figure + "_rss_x", bench::medianOf(bench::ratios(tracked.peak, native.peak)));
    if (what != Tracked::counters) {
        return;
    }
    report.addCondition(workload.name + "_pairs", std::to_string(count));
    report.addCondition(workload.name + "_allocations", std::to_string(allocations));
    report.addCondition(workload.name + "_native_ms",
                        inDigits(bench::medianOf(native.wall).value / 1e6, 1));
    const double moreNs = bench::medianOf(differences(tracked.cpu, native.cpu)).value - startCpuNs;
    report.addCondition(workload.name + "_cpu_ns_an_allocation",
                        inDigits(moreNs / static_cast<double>(allocations), 2));
}

bool isInstalled(const std::string& program) {
    const char* path = std::getenv("PATH"); // NOLINT(concurrency-mt-unsafe): one thread
    std::string folders = path != nullptr ? path : "";
    for (std::size_t begin = 0; begin < folders.size();) {
        const std::size_t end = std::min(folders.find(':', begin), folders.size());
        const std::string file = folders.substr(begin, end - begin) + "/" + program;
        if (::access(file.c_str(), X_OK) == 0) {
            return true;
        }
        begin = end + 1;
    }
    return false;
}

// Tools that answer the same question, where they are installed. They cost so much that three runs
// tell enough; heaptrack and DHAT write to a folder that goes with this object. heaptrack records
// only: what reads the names beside it takes a core more, and of W1 all memory.
class Peers {
public:
    Peers() {
        char name[] = "/tmp/ringscope-bench-heap-XXXXXX";
        m_folder = ::mkdtemp(name) != nullptr ? name : "";
    }
    Peers(const Peers&) = delete;
    Peers& operator=(const Peers&) = delete;
    ~Peers() {
        std::error_code ignored;
        std::filesystem::remove_all(m_folder, ignored);
    }

    void measure(bench::Report& report, const Workload& workload) const {
        if (m_folder.empty()) {
            return;
        }
        if (isInstalled("heaptrack")) {
            add(report, "heaptrack_", workload,
                {"heaptrack", "--raw", "-o", m_folder + "/heaptrack"}, {});
        }
        if (isInstalled("valgrind")) {
            add(report, "dhat_", workload,
                {"valgrind", "-q", "--tool=dhat", "--dhat-out-file=" + m_folder + "/dhat.out"}, {});
        }
        constexpr char kJemalloc[] = "/usr/lib/x86_64-linux-gnu/libjemalloc.so.2";
        if (::access(kJemalloc, R_OK) == 0) {
            add(report, "jemalloc_", workload, {},
                {{"LD_PRELOAD", kJemalloc},
                 {"MALLOC_CONF", "prof:true,lg_prof_sample:19,prof_prefix:" + m_folder + "/j"}});
        }
    }

private:
    static void add(bench::Report& report, const std::string& name, const Workload& workload,
                    std::vector<std::string> command, const Variables& variables) {
        command.insert(command.end(), workload.command.begin(), workload.command.end());
        std::vector<double> ratios;
        for (int i = 0; i < 3; ++i) {
            const auto native = runOnce(workload.command, {});
            const auto other = runOnce(command, variables);
            if (!native || !other) {
                std::fprintf(stderr, "%s%s failed\n", name.c_str(), workload.name.c_str());
                return;
            }
            ratios.push_back(other->wallNs / native->wallNs);
        }
        report.add(name + workload.name + "_x", bench::medianOf(ratios));
    }

    std::string m_folder;
};

// What the tracker costs a program once: its load, the ledger and its announcement. Returns the
// processor time, in ns.
double measureStart(bench::Report& report, int count) {
    const auto pairs = runPairs({"start", {HEAP_BENCH_TARGET, "0"}, 1}, count);
    if (!pairs) {
        report.add("start_ms", {});
        return 0;
    }
    bench::Median start = bench::medianOf(differences(pairs->tracked.wall, pairs->native.wall));
    for (double* ns : {&start.value, &start.low, &start.high}) {
        *ns /= 1e6;
    }
    report.addDifference("start_ms", start);
    return bench::medianOf(differences(pairs->tracked.cpu, pairs->native.cpu)).value;
}

std::string pythonScript(bool isQuick) {
    return "import os\n"
           "def tree(n):\n"
           "    return None if n == 0 else [tree(n - 1), {'depth': n, 'name': 'n' * n}, str(n * "
           "1000)]\n"
           "for i in range(" +
           std::string(isQuick ? "1" : "2") +
           "):\n"
           "    kept = [tree(14) for _ in range(1)]\n"
           "    words = {}\n"
           "    for j in range(60000):\n"
           "        words['key%d' % (j % 5000)] = [j, (j, j + 1)]\n";
}

std::string sqliteScript(bool isQuick) {
    return "CREATE TABLE t(a INTEGER, b TEXT, c REAL);"
           "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<" +
           std::string(isQuick ? "10000" : "40000") +
           ") INSERT INTO t SELECT i, 'row ' || i, i * 0.5 FROM n;"
           "CREATE INDEX b ON t(b);"
           "SELECT count(*), sum(length(b)) FROM t WHERE b > 'row 5';";
}

std::vector<Workload> workloads(bool isQuick) {
    std::vector<Workload> all = {
        {"w1", {HEAP_BENCH_TARGET, isQuick ? "200000" : "1000000"}, 200'000, true, true},
        {"w2", {HEAP_BENCH_TARGET, isQuick ? "200000" : "1000000", "w2"}, 200'000, true, true}};
    if (::access(kPython, X_OK) == 0) {
        // Without pymalloc each object is an allocation of its own.
        all.push_back({"python",
                       {"env", "PYTHONMALLOC=malloc", kPython, "-c", pythonScript(isQuick)},
                       100'000});
    }
    if (isInstalled("sqlite3")) {
        all.push_back({"sqlite", {"sqlite3", ":memory:", sqliteScript(isQuick)}, 10'000});
    }
    all.push_back({"w1_no_frame_pointers",
                   {HEAP_BENCH_TARGET_NO_FP, isQuick ? "200000" : "1000000"},
                   200'000,
                   false});
    if (isInstalled("clang++")) {
        all.push_back({"clang",
                       {"clang++", "-w", "-fsyntax-only", "-std=c++20", "-x", "c++", "-include",
                        isQuick ? "vector" : "regex", "/dev/null"},
                       10'000,
                       false});
    }
    return all;
}

} // namespace

int main(int argc, char** argv) {
    const bench::Options options = bench::parseOptions(argc, argv);
    bench::Report report("heap");
    bench::addMachine(report);
    const double startCpuNs = measureStart(report, options.repeats * kStartsPerRepeat);
    const int count = options.isQuick ? options.repeats : options.repeats * kPairsPerRepeat;
    const Peers peers;
    for (const Workload& workload : workloads(options.isQuick)) {
        if (workload.isForPeers && !options.isQuick) {
            peers.measure(report, workload);
        }
        if (workload.isForCounters) {
            measure(report, workload, count, startCpuNs, Tracked::counters);
        }
        measure(report, workload, std::max(count / 4, 3), startCpuNs, Tracked::sampled);
        // Large ratios need fewer pairs.
        measure(report, workload, std::max(count / 8, 3), startCpuNs, Tracked::exact);
    }
    return report.print(options);
}
