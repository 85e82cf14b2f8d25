// SPDX-License-Identifier: MIT
#include "core/memory/memory_sums.h"

#include <algorithm>
#include <initializer_list>

namespace ringscope {

namespace {

// No machine has as much; what a file says may be anything. Half of what has a sign, so that two of
// them can be added and any two subtracted.
std::uint64_t saturated(std::initializer_list<std::uint64_t> parts) {
    constexpr std::uint64_t kMost = INT64_MAX / 2;
    std::uint64_t sum = 0;
    for (const std::uint64_t part : parts) {
        sum = part > kMost - sum ? kMost : sum + part;
    }
    return sum;
}

// Private writable memory is charged when it is mapped (flag ac); SysV and shared anonymous memory
// when it is created; memfd and /dev/shm page by page as they are touched, of which this mapping
// sees its own part. Source: mm/shmem.c and mm/vma.c of Linux.
std::uint64_t committedOf(const MemoryMap& map, const MemoryRegion& region, MemoryType type) {
    if (map.hasFlag(region, "ac")) {
        return region.size();
    }
    if (type != MemoryType::shareable) {
        return 0;
    }
    const std::string_view name = map.nameOf(region);
    const bool isWhole = name.starts_with("/SYSV") || name.starts_with("/dev/zero");
    return isWhole && !map.hasFlag(region, "nr")
               ? region.size()
               : std::min(region.size(), saturated({region.rss, region.swap}));
}

} // namespace

MemorySums& MemorySums::operator+=(const MemorySums& other) {
    regions += other.regions;
    for (std::uint64_t MemorySums::*const member :
         {&MemorySums::size, &MemorySums::committed, &MemorySums::rss, &MemorySums::pss,
          &MemorySums::privateBytes, &MemorySums::privateSwap, &MemorySums::shareable,
          &MemorySums::sharedBytes, &MemorySums::locked, &MemorySums::swap, &MemorySums::swapPss,
          &MemorySums::huge, &MemorySums::hugetlb, &MemorySums::referenced, &MemorySums::dirty}) {
        this->*member = saturated({this->*member, other.*member});
    }
    largest = std::max(largest, other.largest);
    return *this;
}

MemorySums sumsOf(const MemoryMap& map, const MemoryRegion& region, MemoryType type) {
    MemorySums sums;
    sums.regions = 1;
    sums.size = saturated({region.size()});
    sums.committed = saturated({committedOf(map, region, type)});
    sums.rss = saturated({region.rss});
    sums.pss = saturated({region.pss});
    sums.privateBytes = saturated({region.privateClean, region.privateDirty});
    sums.privateSwap = region.isSharedMapping ? 0 : saturated({region.swap});
    sums.shareable = sums.rss - std::min(sums.rss, region.anonymous);
    sums.sharedBytes = saturated({region.sharedClean, region.sharedDirty});
    sums.locked = saturated({region.locked});
    sums.swap = saturated({region.swap});
    sums.swapPss = saturated({region.swapPss});
    sums.huge = saturated({region.anonHugePages, region.shmemPmdMapped, region.filePmdMapped});
    sums.hugetlb = saturated({region.sharedHugetlb, region.privateHugetlb});
    sums.referenced = saturated({region.referenced});
    sums.dirty = saturated({region.sharedDirty, region.privateDirty});
    sums.largest = sums.size;
    return sums;
}

} // namespace ringscope
