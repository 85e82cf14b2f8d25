// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/base/heap_figures.h"
#include "core/memory/address_space.h"
#include "core/memory/memory_by_type.h"
#include "core/memory/memory_nodes.h"
#include "core/memory/memory_type.h"
#include "core/memory/process_counters.h"
#include "core/memory/system_memory.h"

namespace ringscope {

// Where a map came from, which says what its numbers can tell.
enum class MapOrigin : std::uint8_t {
    process,  // /proc/PID of a process that ran
    coreDump, // an ELF core: ranges, protection and files; nothing about physical memory
    vmmapCsv, // an export of Sysinternals VMMap: sizes by region, no files' identity
};

// The memory map of one process at (nearly) one instant, with everything that is needed to show it
// later and elsewhere. A value: any thread, once built; shared as shared_ptr<const MapSnapshot>.
struct MapSnapshot {
    MapOrigin origin = MapOrigin::process;
    AddressSpace space;            // process, time and regions
    std::vector<MemoryType> types; // of the regions, one each
    std::string name;              // of the program; any bytes but zero
    std::string command;           // its arguments, parted by spaces; may hold secrets
    std::int64_t wallNs = 0;       // Unix time; 0: not known
    std::uint64_t pageSize = 4096;
    std::optional<FastCounters> counters;
    // The kernel's own sums, read right after the map; empty when there are none.
    std::optional<SlowCounters> rollup;
    std::optional<CgroupMemory> cgroup; // of the process, read with the kernel's own sums
    // What the heap tracker counted; empty: the program ran without.
    std::optional<HeapFigures> heap;
    // On which nodes the pages are; empty: was not read.
    std::optional<NodePlacement> nodes;
    // What a reader of the map must know: what was guessed or could not be read. Whole sentences.
    std::vector<std::string> remarks;

    // Whether rss and the other sizes in physical memory were read; where not, all are 0.
    [[nodiscard]] bool hasResidency() const { return origin != MapOrigin::coreDump; }
    [[nodiscard]] MemoryByType sums() const;
    // Of the regions of a type, or of all; of these regions. Empty where the nodes were not read.
    [[nodiscard]] MemoryNodes nodesOf(std::optional<MemoryType> type) const;
    [[nodiscard]] MemoryNodes nodesOf(std::span<const std::uint32_t> regions) const;
};

using MapSnapshotPtr = std::shared_ptr<const MapSnapshot>;

// PSS that the kernel rounded away: its own sum less that of the regions, each of which it floors
// to 1 KiB. Empty without the kernel's own. Of a process that ran meanwhile it may have any value.
[[nodiscard]] std::optional<std::int64_t> pssRounding(const MapSnapshot& snapshot,
                                                      const MemorySums& total);

} // namespace ringscope
