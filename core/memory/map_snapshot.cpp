// SPDX-License-Identifier: MIT
#include "core/memory/map_snapshot.h"

namespace ringscope {

MemoryByType MapSnapshot::sums() const {
    return sumByType(space, types, counters ? counters->pageTables : std::nullopt);
}

std::optional<std::int64_t> pssRounding(const MapSnapshot& snapshot, const MemorySums& total) {
    if (!snapshot.rollup) {
        return std::nullopt;
    }
    return static_cast<std::int64_t>(snapshot.rollup->pss) - static_cast<std::int64_t>(total.pss);
}

} // namespace ringscope
