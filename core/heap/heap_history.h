// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/heap/heap_profile.h"

namespace ringscope {

// What a call stack had come to when it was read: all since the recording began, as HeapSums has
// it.
struct HeapStackMoment {
    std::uint32_t stack = 0; // HeapStack::number
    std::uint64_t blocks = 0;
    std::uint64_t bytes = 0;
    std::uint64_t liveBlocks = 0;
    std::uint64_t liveBytes = 0;
    std::uint64_t temporaryBlocks = 0;
    std::uint64_t lifetimeNs = 0;

    bool operator==(const HeapStackMoment&) const = default;
};

// One reading of a profile. It has the stacks that changed since the one before, by rising number;
// the others had what they had then.
struct HeapMoment {
    std::int64_t timeNs = 0; // CLOCK_MONOTONIC
    std::vector<HeapStackMoment> stacks;

    bool operator==(const HeapMoment&) const = default;
};
using HeapMoments = std::vector<std::shared_ptr<const HeapMoment>>; // by time, of one profile

// Makes moments of the readings of one profile. One thread.
class HeapMomentMaker {
public:
    // Costs a pass over the profile's stacks.
    [[nodiscard]] HeapMoment next(const HeapProfile& profile);

private:
    std::vector<HeapStackMoment> m_before; // of the last reading, in its order
};

// The part of a profile that belongs to a range of time, from the last reading at or before fromNs
// (or the recording's start) to the first at or after toNs (or the profile itself): what was
// allocated and freed in it, what was alive at its end, and, as peak, what was alive at the reading
// in it with most bytes - unless the profile's own peak lies in it, which is exact. A stack's most
// is that of the readings. HeapProfile::range says which readings these were. Sizes, lifetimes and
// threads are not known of a part, and left out; of the blocks, those allocated in it that are
// alive when the profile ends.
[[nodiscard]] HeapProfile profileBetween(const HeapProfile& whole, const HeapMoments& moments,
                                         std::int64_t fromNs, std::int64_t toNs);

// What the stacks of a profile came to at each of its moments and at its end, added up by group.
// groupOf: by stack, in the order of HeapProfile::stacks, and as long; below groups.
struct HeapTimeline {
    std::vector<std::int64_t> timesNs; // the recording's start, the moments, the profile itself
    // By group, then by time; as HeapStackMoment, stack is 0.
    std::vector<std::vector<HeapStackMoment>> groups;
};
[[nodiscard]] HeapTimeline timelineOf(const HeapProfile& whole, const HeapMoments& moments,
                                      const std::vector<std::uint32_t>& groupOf,
                                      std::size_t groups);

// What each of the groups had at its most: each number by itself.
[[nodiscard]] std::vector<HeapStackMoment> mostOverTime(const HeapProfile& whole,
                                                        const HeapMoments& moments,
                                                        const std::vector<std::uint32_t>& groupOf,
                                                        std::size_t groups);

} // namespace ringscope
