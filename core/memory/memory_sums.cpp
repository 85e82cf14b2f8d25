// SPDX-License-Identifier: MIT
#include "core/memory/memory_sums.h"

#include <algorithm>

namespace ringscope {

namespace {

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
               : std::min(region.size(), region.rss + region.swap);
}

} // namespace

MemorySums& MemorySums::operator+=(const MemorySums& other) {
    regions += other.regions;
    size += other.size;
    committed += other.committed;
    rss += other.rss;
    pss += other.pss;
    privateBytes += other.privateBytes;
    privateSwap += other.privateSwap;
    shareable += other.shareable;
    sharedBytes += other.sharedBytes;
    locked += other.locked;
    swap += other.swap;
    swapPss += other.swapPss;
    huge += other.huge;
    hugetlb += other.hugetlb;
    referenced += other.referenced;
    dirty += other.dirty;
    largest = std::max(largest, other.largest);
    return *this;
}

MemorySums sumsOf(const MemoryMap& map, const MemoryRegion& region, MemoryType type) {
    MemorySums sums;
    sums.regions = 1;
    sums.size = region.size();
    sums.committed = committedOf(map, region, type);
    sums.rss = region.rss;
    sums.pss = region.pss;
    sums.privateBytes = region.privateBytes();
    sums.privateSwap = region.isSharedMapping ? 0 : region.swap;
    sums.shareable = region.rss - std::min(region.rss, region.anonymous);
    sums.sharedBytes = region.sharedBytes();
    sums.locked = region.locked;
    sums.swap = region.swap;
    sums.swapPss = region.swapPss;
    sums.huge = region.anonHugePages + region.shmemPmdMapped + region.filePmdMapped;
    sums.hugetlb = region.hugetlb();
    sums.referenced = region.referenced;
    sums.dirty = region.sharedDirty + region.privateDirty;
    sums.largest = region.size();
    return sums;
}

} // namespace ringscope
