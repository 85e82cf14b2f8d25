// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>

namespace ringscope {

// What glibc's malloc says of itself (mallinfo2(3)), summed over its arenas; bytes.
struct AllocatorSums {
    std::int64_t timeNs = 0;          // CLOCK_MONOTONIC of the answer
    std::uint64_t arenaBytes = 0;     // taken from the kernel for arenas, with what is free there
    std::uint64_t mappedBytes = 0;    // large blocks, each a mapping of its own
    std::uint64_t freeBytes = 0;      // of the arenas; without what threads keep in their caches
    std::uint64_t trimmableBytes = 0; // of the free ones: at the end of the main arena

    bool operator==(const AllocatorSums&) const = default;
};

// What the heap tracker says of a process's heap, to be held against its map.
struct HeapFigures {
    std::uint64_t liveBytes = 0; // usable bytes of the blocks that are allocated
    // Empty: another allocator, too old a glibc, or it has not answered yet.
    std::optional<AllocatorSums> allocator;

    bool operator==(const HeapFigures&) const = default;
};

} // namespace ringscope
