// SPDX-License-Identifier: MIT
#include "core/memory/memory_by_type.h"

#include <cassert>

namespace ringscope {

namespace {

MemorySums sumsOf(const MemoryRegion& region) {
    MemorySums sums;
    sums.regions = 1;
    sums.size = region.size();
    sums.rss = region.rss;
    sums.pss = region.pss;
    sums.privateBytes = region.privateBytes();
    sums.sharedBytes = region.sharedBytes();
    sums.swap = region.swap;
    sums.swapPss = region.swapPss;
    sums.hugetlb = region.hugetlb();
    return sums;
}

} // namespace

MemorySums& MemorySums::operator+=(const MemorySums& other) {
    regions += other.regions;
    size += other.size;
    rss += other.rss;
    pss += other.pss;
    privateBytes += other.privateBytes;
    sharedBytes += other.sharedBytes;
    swap += other.swap;
    swapPss += other.swapPss;
    hugetlb += other.hugetlb;
    return *this;
}

MemorySums MemoryByType::regionTotal() const {
    MemorySums total;
    for (const MemoryType type : kMemoryTypes) {
        if (type != MemoryType::pageTable) {
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
        sums.of(types[i]) += sumsOf(space.map.regions[i]);
    }
    MemorySums& row = sums.of(MemoryType::pageTable);
    row.size = row.rss = row.pss = row.privateBytes = pageTables.value_or(0);
    return sums;
}

} // namespace ringscope
