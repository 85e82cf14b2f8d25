// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

namespace ringscope {

// A range of addresses in one of two maps of a process. Only those of one key can be the same
// memory.
struct KeyedRange {
    std::uint64_t start = 0;
    std::uint64_t end = 0;
    std::uint32_t key = 0;
};

// What of an earlier and a later map is the same memory, however it was cut: indices of both. What
// vanished or appeared stands alone.
struct OverlapGroup {
    std::vector<std::uint32_t> before;
    std::vector<std::uint32_t> after;
};

// The kernel cuts a mapping in two when a page of it is unmapped or protected otherwise, and joins
// what fits; so ranges belong together when they overlap, also by way of others. Both lists are
// sorted by start, and those of one key do not overlap within a list. Ordered by lowest start.
// Linear but for finding the keys.
[[nodiscard]] std::vector<OverlapGroup> groupOverlaps(const std::vector<KeyedRange>& before,
                                                      const std::vector<KeyedRange>& after);

} // namespace ringscope
