// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "core/heap/heap_thread.h"
#include "core/heap/ledger_layout.h"

namespace ringscope {

// Value types of what a heap ledger holds at one instant. Bytes are usable bytes (what the
// allocator set aside for the caller), so an allocation and its free always cancel. A realloc
// counts as a free of the old block and an allocation of the new one, and once in reallocations.

struct HeapClassCounters {
    std::uint64_t allocations = 0;
    std::uint64_t frees = 0;
    std::uint64_t liveBlocks = 0; // with what was inherited by fork

    bool operator==(const HeapClassCounters&) const = default;
};

// The sums of HeapCounters that a sampler needs many times a second.
struct HeapTotals {
    std::uint64_t allocations = 0;
    std::uint64_t frees = 0;
    std::uint64_t liveBytes = 0;
    std::uint64_t liveBlocks = 0;
};

struct HeapCounters {
    std::int64_t timeNs = 0; // CLOCK_MONOTONIC of the read
    std::uint64_t allocations = 0;
    std::uint64_t frees = 0;
    std::uint64_t reallocations = 0;
    std::uint64_t allocatedBytes = 0;
    std::uint64_t freedBytes = 0;
    // inherited + allocated - freed; never below 0.
    std::uint64_t liveBytes = 0;
    std::uint64_t liveBlocks = 0;
    // Live at the fork that made this process; 0 for a program that was started.
    std::uint64_t inheritedBytes = 0;
    std::uint64_t inheritedBlocks = 0;
    // Largest liveBytes among the reads so far: a peak between two reads is not seen.
    std::uint64_t sampledPeakBytes = 0;
    // What the ledger itself costs the target: address space, and pages it really holds.
    std::uint64_t ledgerBytes = 0;
    std::uint64_t ledgerResidentBytes = 0;
    std::array<HeapClassCounters, kSizeClassCount> classes{}; // sizeClassFloor() says their sizes
    std::vector<HeapThreadCounters> threads;                  // by slot; see HeapThreadCounters
};

} // namespace ringscope
