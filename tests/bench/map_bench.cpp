// SPDX-License-Identifier: MIT
// What a memory map of a large process costs, as docs/command-line.md names the figures: a child
// with 20,000 mappings and 4 GiB resident (a tenth of the mappings and 64 MiB in a smoke run),
// which sleeps. Reading smaps alone and taking a snapshot (smaps read, parsed, classified, summed
// up, names and counters) take turns; the ratio is of each pair, in time of the calling thread on a
// processor, which a busy machine disturbs least.
#include <algorithm>
#include <fcntl.h>
#include <functional>
#include <iostream>
#include <memory>
#include <unistd.h>
#include <vector>

#include "core/base/clock.h"
#include "core/base/file_descriptor.h"
#include "core/memory/map_difference.h"
#include "core/memory/map_reader.h"
#include "core/session/provenance.h"
#include "core/session/recorder.h"
#include "core/session/sources/map_source.h"
#include "tests/bench/bench_report.h"
#include "tests/bench/large_process.h"

namespace ringscope::bench {
namespace {

double cpuMs(const std::function<void()>& work) {
    const ThreadCpuClock clock;
    const std::int64_t before = clock.nowNs();
    work();
    return static_cast<double>(clock.nowNs() - before) / 1e6;
}

void readSmaps(const ProcessIdentity& process, std::vector<char>& buffer) {
    const std::string path = "/proc/" + std::to_string(process.pid) + "/smaps";
    const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    while (::read(file.get(), buffer.data(), buffer.size()) > 0) {
    }
}

// Of the thread that would record, over the time given; the budget stretches the period.
double livePercent(const ProcessIdentity& process, std::int64_t durationNs) {
    Session session(makeProvenance("map-bench"));
    const MonotonicClock wall;
    const ThreadCpuClock cost;
    TargetProcesses processes;
    processes.add("", process, TargetOrigin::attached);
    Recorder recorder(session, wall, cost);
    recorder.add(std::make_unique<MapSource>(processes));
    recorder.setPeriod(kMapSource, kNsPerSecond);
    const std::int64_t startNs = monotonicNs();
    recorder.step(startNs); // the first one begins the stretching and is not of the steady state
    const std::int64_t before = cost.nowNs();
    const std::int64_t measuredNs = monotonicNs();
    std::int64_t dueNs = recorder.step(measuredNs);
    while (dueNs < measuredNs + durationNs) {
        const std::int64_t nowNs = monotonicNs();
        if (dueNs > nowNs) {
            ::usleep(static_cast<useconds_t>((dueNs - nowNs) / 1000 + 1));
        }
        dueNs = recorder.step(monotonicNs());
    }
    return 100.0 * static_cast<double>(cost.nowNs() - before) /
           static_cast<double>(std::max(dueNs, monotonicNs()) - measuredNs);
}

int run(int argc, char** argv) {
    const Options options = parseOptions(argc, argv);
    const std::size_t mappings = options.isQuick ? 2'000 : 20'000;
    const std::size_t resident = options.isQuick ? 64U << 20U : std::size_t{4} << 30U;
    Report report("map");
    addMachine(report);
    report.addCondition("mappings", std::to_string(mappings));
    report.addCondition("resident", std::to_string(resident >> 20U) + " MiB");
    LargeProcess process(mappings, resident);
    if (!process.isReady()) {
        std::cerr << "the large process could not be made: is there memory for it?\n";
        return 1;
    }
    std::vector<char> buffer(65536);
    std::vector<double> smaps;
    std::vector<double> snapshots;
    std::vector<double> withNodes;
    std::vector<double> differences;
    std::vector<double> summing;
    const MapSnapshot before = readMapSnapshot(process.identity(), KernelSums::leftOut).value();
    for (int i = 0; i < (options.isQuick ? 3 : options.repeats); ++i) {
        std::unique_ptr<MapSnapshot> after;
        smaps.push_back(cpuMs([&] { readSmaps(process.identity(), buffer); }));
        snapshots.push_back(cpuMs([&] {
            after = std::make_unique<MapSnapshot>(
                readMapSnapshot(process.identity(), KernelSums::leftOut).value());
        }));
        withNodes.push_back(cpuMs([&] {
            static_cast<void>(
                readMapSnapshot(process.identity(), KernelSums::leftOut, NodePlaces::read).value());
        }));
        summing.push_back(cpuMs([&] { static_cast<void>(after->sums().regionTotal()); }));
        differences.push_back(cpuMs([&] { static_cast<void>(compareMaps(before, *after)); }));
    }
    report.add("snapshot_vs_smaps_read", medianOf(ratios(snapshots, smaps)));
    report.add("smaps_ms", medianOf(smaps));
    report.add("snapshot_ms", medianOf(snapshots));
    report.add("snapshot_with_nodes_ms", medianOf(withNodes));
    report.add("sums_ms", medianOf(summing));
    report.add("diff_ms", medianOf(differences));
    const double percent =
        livePercent(process.identity(), (options.isQuick ? 2 : 90) * kNsPerSecond);
    report.add("live_core_percent", {percent, percent, percent});
    return report.print(options);
}

} // namespace
} // namespace ringscope::bench

int main(int argc, char** argv) {
    return ringscope::bench::run(argc, argv);
}
