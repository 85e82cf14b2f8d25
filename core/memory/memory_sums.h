// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "core/memory/memory_region.h"
#include "core/memory/memory_type.h"

namespace ringscope {

// Sums over regions, in bytes. docs/memory.md says what each means; core/memory/map_columns.h names
// them as they are shown.
struct MemorySums {
    std::uint64_t regions = 0;
    std::uint64_t size = 0;
    std::uint64_t committed = 0; // charged against the machine's commit limit
    std::uint64_t rss = 0;       // over several processes: a page counts once for each that maps it
    std::uint64_t pss = 0;       // over several processes: a page they share counts once
    std::uint64_t privateBytes = 0; // resident and mapped by this process alone
    std::uint64_t privateSwap = 0;  // swapped out of private memory
    std::uint64_t shareable = 0;    // resident and not anonymous: another process could map it
    std::uint64_t sharedBytes = 0;  // over several processes: as rss
    std::uint64_t locked = 0;
    std::uint64_t swap = 0; // over several processes: as rss
    std::uint64_t swapPss = 0;
    std::uint64_t huge = 0;    // resident in transparent huge pages
    std::uint64_t hugetlb = 0; // in neither rss nor pss; over several processes: as rss
    std::uint64_t referenced = 0;
    std::uint64_t dirty = 0;
    std::uint64_t largest = 0; // region; not a sum

    // What ending the process would free, on the disk for swap too: VMMap's "Private".
    [[nodiscard]] std::uint64_t privateAndSwap() const { return privateBytes + privateSwap; }

    MemorySums& operator+=(const MemorySums& other);
    bool operator==(const MemorySums&) const = default;
};

// Of one region. type: from classifyRegions().
[[nodiscard]] MemorySums sumsOf(const MemoryMap& map, const MemoryRegion& region, MemoryType type);

} // namespace ringscope
