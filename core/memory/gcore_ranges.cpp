// SPDX-License-Identifier: MIT
#include "core/memory/gcore_ranges.h"

#include <algorithm>
#include <cstddef>

namespace ringscope {

namespace {

constexpr std::uint64_t kLargestGuard = std::uint64_t{1} << 20U;

bool isAnonymous(const MemoryRegion& region) {
    return region.inode == 0 && region.name == 0;
}

// With the guard of what lies above, which may be one range with it.
bool endsArena(const MemoryRegion& used, const MemoryRegion& rest) {
    constexpr std::uint64_t kArena = std::uint64_t{64} << 20U; // of glibc, aligned to as much
    return used.end == rest.start && isAnonymous(used) && used.isWritable &&
           used.start % kArena == 0 && rest.end - used.start >= kArena &&
           rest.end - used.start <= kArena + kLargestGuard;
}

bool isUnderStack(const AddressSpace& space, const MemoryRegion& guard, const MemoryRegion& stack) {
    return guard.end == stack.start && isAnonymous(stack) && stack.isWritable &&
           guard.size() <= kLargestGuard &&
           std::any_of(space.threads.begin(), space.threads.end(), [&](const ThreadPlace& thread) {
               return thread.stackPointer >= stack.start && thread.stackPointer < stack.end;
           });
}

} // namespace

std::uint64_t hideWhatGcoreShows(AddressSpace& space) {
    auto& regions = space.map.regions;
    if (std::any_of(regions.begin(), regions.end(), [](const MemoryRegion& region) {
            return isAnonymous(region) && region.hasNoAccess();
        })) {
        return 0;
    }
    std::uint64_t inDoubt = 0;
    for (std::size_t i = 0; i < regions.size(); ++i) {
        MemoryRegion& region = regions[i];
        if (!isAnonymous(region) || region.isWritable || region.isExecutable) {
            continue;
        }
        if ((i > 0 && endsArena(regions[i - 1], region)) ||
            (i + 1 < regions.size() && isUnderStack(space, region, regions[i + 1]))) {
            region.isReadable = false;
        } else {
            inDoubt += region.size();
        }
    }
    return inDoubt;
}

} // namespace ringscope
