// SPDX-License-Identifier: MIT
#include "core/memory/map_reader.h"

#include <cerrno>
#include <optional>
#include <string>
#include <unistd.h>
#include <utility>

#include "core/base/clock.h"
#include "core/base/file_descriptor.h"
#include "core/memory/held_address_space.h"
#include "core/memory/proc_process.h"
#include "core/memory/region_classifier.h"

namespace ringscope {

namespace {

void readThreadNames(AddressSpace& space) {
    for (ThreadPlace& thread : space.threads) {
        const auto name = readFile("/proc/" + std::to_string(space.process.pid) + "/task/" +
                                       std::to_string(thread.tid) + "/comm",
                                   4096);
        if (name) {
            thread.name = name->substr(0, name->find('\n'));
        }
    }
}

// Right after the map, with which it is compared.
void readNodes(MapSnapshot& snapshot) {
    constexpr std::size_t kMaxNumaMaps = std::size_t{256} << 20U; // some million mappings
    const auto text = readFile("/proc/" + std::to_string(snapshot.space.process.pid) + "/numa_maps",
                               kMaxNumaMaps);
    if (!text) {
        snapshot.remarks.emplace_back(
            "On which memory nodes the pages are is not known: the kernel "
            "gives no numa_maps of this process.");
        return;
    }
    snapshot.nodes = parseNumaMaps(*text, snapshot.space.map);
    const auto online = readFile("/sys/devices/system/node/online", 4096);
    if (online && countNodeList(*online) == 1U) {
        snapshot.remarks.emplace_back("This machine has one memory node, so all pages are on it.");
    }
    if (snapshot.nodes->malformedLines > 0) {
        snapshot.remarks.push_back(std::to_string(snapshot.nodes->malformedLines) +
                                   " lines of the kernel's numa_maps made no sense and were left "
                                   "out.");
    }
    if (snapshot.nodes->unmatchedLines > 0) {
        snapshot.remarks.push_back(std::to_string(snapshot.nodes->unmatchedLines) +
                                   " mappings of numa_maps are not in the map: the process changed "
                                   "between the two readings.");
    }
}

// Empty: the process started another program meanwhile, so that what was read is of two.
Expected<std::optional<MapSnapshot>> readOnce(const ProcessIdentity& process, KernelSums kernelSums,
                                              NodePlaces nodePlaces) {
    auto held = holdAddressSpace(process);
    if (!held) {
        return held.error();
    }
    auto reader = ProcessCountersReader::open(held->space().process);
    if (!reader) {
        return reader.error();
    }
    MapSnapshot snapshot;
    snapshot.space = std::move(held->space());
    if (kernelSums == KernelSums::read) { // first, as it is compared with the map
        if (const auto slow = reader->readSlow()) {
            snapshot.rollup = *slow;
        } else {
            snapshot.remarks.emplace_back("The kernel's own sums (smaps_rollup) could not be read, "
                                          "so the sums here are not checked against them.");
        }
    }
    if (kernelSums == KernelSums::read) {
        snapshot.cgroup = readCgroupMemory(process.pid);
    }
    if (nodePlaces == NodePlaces::read) {
        readNodes(snapshot);
    }
    snapshot.wallNs = wallClockNs();
    snapshot.name = processName(process.pid);
    snapshot.command = processCommandLine(process.pid);
    readThreadNames(snapshot.space);
    const auto fast = reader->readFast(); // checks that it is still this process
    if (!fast) {
        return fast.error();
    }
    snapshot.counters = *fast;
    if (!held->isStillThere()) {
        return std::optional<MapSnapshot>();
    }
    snapshot.pageSize = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    snapshot.types = classifyRegions(snapshot.space);
    if (snapshot.space.map.malformedLines > 0) {
        snapshot.remarks.push_back(std::to_string(snapshot.space.map.malformedLines) +
                                   " lines of the kernel's map made no sense and were left out.");
    }
    return std::optional(std::move(snapshot));
}

} // namespace

Expected<MapSnapshot> readMapSnapshot(const ProcessIdentity& process, KernelSums kernelSums,
                                      NodePlaces nodePlaces) {
    constexpr int kMostTries = 3; // a shell starts one program, and then it is that
    for (int i = 0; i < kMostTries; ++i) {
        auto snapshot = readOnce(process, kernelSums, nodePlaces);
        if (!snapshot) {
            return snapshot.error();
        }
        if (*snapshot) {
            return std::move(**snapshot);
        }
    }
    return proc::addressSpaceGone(process.pid, "while its memory map was read");
}

std::optional<Error> mapRefusal(const ProcessIdentity& process) {
    const auto directory = proc::openProcess(process);
    if (!directory) {
        return std::nullopt;
    }
    const FileDescriptor smaps = proc::openFile(directory->directory, "smaps");
    if (smaps.isOpen() || (errno != EACCES && errno != EPERM)) {
        return std::nullopt;
    }
    return proc::readError(process.pid, "smaps", errno);
}

} // namespace ringscope
