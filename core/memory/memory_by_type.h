// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/memory/address_space.h"
#include "core/memory/memory_sums.h"
#include "core/memory/memory_type.h"

namespace ringscope {

// Physical memory of one process, or of several, by what it is used for. A value.
struct MemoryByType {
    std::array<MemorySums, kMemoryTypeCount> types{};

    [[nodiscard]] const MemorySums& of(MemoryType type) const {
        return types[static_cast<std::size_t>(type)];
    }
    [[nodiscard]] MemorySums& of(MemoryType type) { return types[static_cast<std::size_t>(type)]; }
    // Of all regions; without page tables and gaps, as the kernel's own sums (smaps_rollup) are.
    [[nodiscard]] MemorySums regionTotal() const;

    // Adds another process. Use pss of the result for what the processes need together; its rss
    // counts a ring once for each process that maps it.
    MemoryByType& operator+=(const MemoryByType& other);
};

// types: of the regions, from classifyRegions(). pageTables (FastCounters) become the size of the
// row Page Table: memory of the kernel that belongs to this process alone, in neither its RSS nor
// its PSS. The row Free has the gaps below the end of user space as its regions.
[[nodiscard]] MemoryByType sumByType(const AddressSpace& space,
                                     const std::vector<MemoryType>& types,
                                     std::optional<std::uint64_t> pageTables);

} // namespace ringscope
