// SPDX-License-Identifier: MIT
#include "core/memory/proc_pagemap.h"

namespace ringscope::proc {

PageFlags flagsOfPagemapEntry(std::uint64_t entry) {
    const auto has = [&](unsigned bit) { return (entry >> bit & 1U) != 0; };
    PageFlags flags;
    flags.isGuard = has(58);
    flags.isPresent = has(63);
    flags.isSwapped = has(62) && !flags.isGuard; // a guard is a marker where swap entries are
    flags.isFile = has(61) && !flags.isGuard;
    flags.isExclusive = has(56) && flags.isPresent;
    return flags;
}

PageFlags flagsOfCategories(std::uint64_t categories) {
    const auto has = [&](std::uint64_t category) { return (categories & category) != 0; };
    PageFlags flags;
    flags.isGuard = has(kPageIsGuard);
    flags.isPresent = has(kPageIsPresent);
    flags.isSwapped = has(kPageIsSwapped) && !flags.isGuard;
    flags.isFile = has(kPageIsFile) && !flags.isGuard;
    flags.isZero = has(kPageIsZero);
    flags.isHuge = has(kPageIsHuge);
    return flags;
}

} // namespace ringscope::proc
