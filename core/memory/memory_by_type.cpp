// SPDX-License-Identifier: MIT
#include "core/memory/memory_by_type.h"

#include <algorithm>
#include <cassert>

namespace ringscope {

namespace {

// One past the last byte that a program can map: 47 bits with four levels of page tables, 56 with
// five (a program must ask for those), each less one guard page. Where other processors end
// differently the last gap is too small or too large, and no other number depends on it.
std::uint64_t userSpaceEnd(const MemoryMap& map) {
    constexpr std::uint64_t kFourLevels = (std::uint64_t{1} << 47U) - 4096;
    constexpr std::uint64_t kFiveLevels = (std::uint64_t{1} << 56U) - 4096;
    for (auto region = map.regions.rbegin(); region != map.regions.rend(); ++region) {
        if (region->end <= kFiveLevels) {
            return region->end <= kFourLevels ? kFourLevels : kFiveLevels;
        }
    }
    return kFourLevels;
}

MemorySums gapsOf(const MemoryMap& map) {
    MemorySums gaps;
    const auto add = [&](std::uint64_t from, std::uint64_t to) {
        if (to > from) {
            gaps.regions += 1;
            gaps.size += to - from;
            gaps.largest = std::max(gaps.largest, to - from);
        }
    };
    const std::uint64_t end = userSpaceEnd(map);
    std::uint64_t at = 0;
    for (const MemoryRegion& region : map.regions) {
        add(at, std::min(region.start, end));
        at = std::min(region.end, end);
    }
    add(at, end);
    return gaps;
}

} // namespace

MemorySums MemoryByType::regionTotal() const {
    MemorySums total;
    for (const MemoryType type : kMemoryTypes) {
        if (type != MemoryType::pageTable && type != MemoryType::free) {
            total += of(type);
        }
    }
    return total;
}

MemoryByType& MemoryByType::operator+=(const MemoryByType& other) {
    for (const MemoryType type : kMemoryTypes) {
        of(type) += other.of(type);
    }
    return *this;
}

MemoryByType sumByType(const AddressSpace& space, const std::vector<MemoryType>& types,
                       std::optional<std::uint64_t> pageTables) {
    assert(types.size() == space.map.regions.size());
    MemoryByType sums;
    for (std::size_t i = 0; i < types.size(); ++i) {
        sums.of(types[i]) += sumsOf(space.map, space.map.regions[i], types[i]);
    }
    sums.of(MemoryType::pageTable).size = pageTables.value_or(0);
    sums.of(MemoryType::free) = gapsOf(space.map);
    return sums;
}

} // namespace ringscope
