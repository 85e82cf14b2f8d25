// SPDX-License-Identifier: MIT
#include "core/memory/map_snapshot.h"

namespace ringscope {

MemoryByType MapSnapshot::sums() const {
    return sumByType(space, types, counters ? counters->pageTables : std::nullopt);
}

MemoryNodes MapSnapshot::nodesOf(std::optional<MemoryType> type) const {
    MemoryNodes sum;
    for (std::size_t i = 0; nodes && i < nodes->regions.size(); ++i) {
        if (!type || types[i] == *type) {
            addNodes(sum, nodes->regions[i]);
        }
    }
    return sum;
}

MemoryNodes MapSnapshot::nodesOf(std::span<const std::uint32_t> regions) const {
    MemoryNodes sum;
    for (const std::uint32_t region : regions) {
        if (nodes) {
            addNodes(sum, nodes->regions[region]);
        }
    }
    return sum;
}

std::optional<std::int64_t> pssRounding(const MapSnapshot& snapshot, const MemorySums& total) {
    if (!snapshot.rollup) {
        return std::nullopt;
    }
    return static_cast<std::int64_t>(snapshot.rollup->pss) - static_cast<std::int64_t>(total.pss);
}

} // namespace ringscope
