// SPDX-License-Identifier: MIT
#include "core/session/sources/memory_type_source.h"

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "core/memory/memory_by_type.h"
#include "core/memory/region_classifier.h"
#include "core/session/sources/track_values.h"

namespace ringscope {

namespace {

std::vector<TrackDescription> typeTracks() {
    std::vector<TrackDescription> tracks;
    for (const MemoryType type : kMemoryTypes) {
        if (type == MemoryType::free || type == MemoryType::reserved) {
            continue; // address space without memory
        }
        const std::string name(memoryTypeName(type));
        tracks.push_back({"memory.type." + name, name, Unit::bytes, TrackKind::gauge,
                          type == MemoryType::pageTable
                              ? "Kernel pages that hold the processes' page tables (VmPTE)."
                          : type == MemoryType::hugePages
                              ? "hugetlb memory, which the kernel counts in neither RSS nor PSS; "
                                "a page that two processes map counts twice."
                              : "Physical memory (PSS) of regions of this type, summed over the "
                                "observed processes."});
    }
    return tracks;
}

std::uint64_t bytesOf(const MemoryByType& sums, MemoryType type) {
    const MemorySums& row = sums.of(type);
    return type == MemoryType::hugePages   ? row.hugetlb
           : type == MemoryType::pageTable ? row.size
                                           : row.pss;
}

} // namespace

MemoryTypeSource::MemoryTypeSource(const TargetProcesses& processes, Session& session)
    : m_processes(processes)
    , m_group(session.addGroup("memory by type", typeTracks())) {}

void MemoryTypeSource::sample(std::int64_t nowNs, Session& session) {
    MemoryByType sums;
    bool isKnown = false;
    for (const TargetProcess& process : m_processes.all()) {
        if (!process.isAlive) {
            continue;
        }
        const auto space = readAddressSpace(process.identity);
        if (!space) {
            continue;
        }
        sums += sumByType(*space, classifyRegions(*space), process.pageTableBytes);
        isKnown = true;
    }
    std::vector<double> row;
    for (const MemoryType type : kMemoryTypes) {
        if (type != MemoryType::free && type != MemoryType::reserved) {
            row.push_back(isKnown ? sampleOf(bytesOf(sums, type)) : kGap);
        }
    }
    session.append(m_group, nowNs, row);
}

} // namespace ringscope
