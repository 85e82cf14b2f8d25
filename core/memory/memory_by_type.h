// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/memory/address_space.h"
#include "core/memory/memory_type.h"

namespace ringscope {

// Sums over regions, in bytes.
struct MemorySums {
    std::uint64_t regions = 0;
    std::uint64_t size = 0;
    std::uint64_t rss = 0; // over several processes: a page counts once for each that maps it
    std::uint64_t pss = 0; // over several processes: a page they share counts once
    std::uint64_t privateBytes = 0;
    std::uint64_t sharedBytes = 0; // over several processes: as rss
    std::uint64_t swap = 0;        // over several processes: as rss
    std::uint64_t swapPss = 0;
    std::uint64_t hugetlb = 0; // in neither rss nor pss; over several processes: as rss

    MemorySums& operator+=(const MemorySums& other);
    bool operator==(const MemorySums&) const = default;
};

// Physical memory of one process, or of several, by what it is used for. A value.
struct MemoryByType {
    std::array<MemorySums, kMemoryTypeCount> types{};

    [[nodiscard]] const MemorySums& of(MemoryType type) const {
        return types[static_cast<std::size_t>(type)];
    }
    [[nodiscard]] MemorySums& of(MemoryType type) { return types[static_cast<std::size_t>(type)]; }
    // Of all regions; without the page tables, as the kernel's own sums (smaps_rollup) are.
    [[nodiscard]] MemorySums regionTotal() const;

    // Adds another process. Use pss of the result for what the processes need together; its rss
    // counts a ring once for each process that maps it.
    MemoryByType& operator+=(const MemoryByType& other);
};

// types: of the regions, from classifyRegions(). pageTables (FastCounters) become the row Page
// Table: memory of the kernel that belongs to this process alone, in neither its RSS nor its PSS.
[[nodiscard]] MemoryByType sumByType(const AddressSpace& space,
                                     const std::vector<MemoryType>& types,
                                     std::optional<std::uint64_t> pageTables);

} // namespace ringscope
