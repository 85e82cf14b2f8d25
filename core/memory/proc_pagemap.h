// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "core/memory/page_states.h"

// What Linux says about pages, and the ioctls on /proc/PID files that headers of Debian 12 lack
// (Documentation/admin-guide/mm/pagemap.rst, include/uapi/linux/fs.h).
namespace ringscope::proc {

// An entry of /proc/PID/pagemap:
//   63 present | 62 swapped | 61 file or shared memory | 58 guard (Linux 6.15)
//   57 userfaultfd write-protected | 56 exclusive | 55 soft-dirty | 54..0 frame number, if
//   permitted
[[nodiscard]] PageFlags flagsOfPagemapEntry(std::uint64_t entry);

// Categories of PAGEMAP_SCAN. Not asked for: 0x2 "written", which is set for every page unless
// somebody write-protects them through userfaultfd, and 0x80 soft-dirty.
inline constexpr std::uint64_t kPageIsFile = 0x4;
inline constexpr std::uint64_t kPageIsPresent = 0x8;
inline constexpr std::uint64_t kPageIsSwapped = 0x10;
inline constexpr std::uint64_t kPageIsZero = 0x20;
inline constexpr std::uint64_t kPageIsHuge = 0x40;
inline constexpr std::uint64_t kPageIsGuard = 0x100; // Linux 6.16
[[nodiscard]] PageFlags flagsOfCategories(std::uint64_t categories);

struct ScannedRegion {
    std::uint64_t start = 0;
    std::uint64_t end = 0;
    std::uint64_t categories = 0;
};
static_assert(sizeof(ScannedRegion) == 24);

// struct pm_scan_arg. A page is reported when it has one of anyOfMask; of its categories, those in
// returnMask.
struct ScanArgument {
    std::uint64_t size = sizeof(ScanArgument);
    std::uint64_t flags = 0;
    std::uint64_t start = 0;
    std::uint64_t end = 0;
    std::uint64_t walkEnd = 0; // out: where it stopped
    std::uint64_t regions = 0; // address of the ScannedRegions
    std::uint64_t regionCount = 0;
    std::uint64_t maxPages = 0; // 0: no limit
    std::uint64_t invertedMask = 0;
    std::uint64_t allOfMask = 0;
    std::uint64_t anyOfMask = 0;
    std::uint64_t returnMask = 0;
};
static_assert(sizeof(ScanArgument) == 96);

} // namespace ringscope::proc
