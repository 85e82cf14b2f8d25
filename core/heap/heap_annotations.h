// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ringscope {

// What a program says of its own heap use (ringscope/heap.h), and what was counted by it. Values.
// Names and texts are the program's: printableName() before they are shown. An empty name stands
// for all that the program's tables had no place for. Bytes of regions and expectations are usable
// bytes, those of pools what the program says.

// Code between two places of the program, with all that it calls.
struct HeapRegionCounters {
    std::string name;
    std::uint64_t entries = 0; // that ended
    // Of these: by threads whose allocations are not known apart. The rest is about the others.
    std::uint64_t unattributed = 0;
    std::uint64_t allocating = 0; // with at least one allocation
    std::uint64_t allocations = 0;
    std::uint64_t frees = 0;
    std::uint64_t allocatedBytes = 0;
    std::uint64_t freedBytes = 0;
    std::uint64_t timeNs = 0;
    std::uint64_t mostAllocations = 0; // in one entry

    // Means over the entries that are known; 0: there are none.
    [[nodiscard]] double allocationsPerEntry() const { return perEntry(allocations); }
    [[nodiscard]] double bytesPerEntry() const { return perEntry(allocatedBytes); }
    [[nodiscard]] double timeNsPerEntry() const { return perEntry(timeNs); }

    bool operator==(const HeapRegionCounters&) const = default;

private:
    [[nodiscard]] double perEntry(std::uint64_t sum) const {
        return entries > unattributed
                   ? static_cast<double>(sum) / static_cast<double>(entries - unattributed)
                   : 0;
    }
};

// An allocator of the program's own; all pools of one name.
struct HeapPoolCounters {
    std::string name;
    std::uint64_t pools = 0; // that exist
    std::uint64_t allocations = 0;
    std::uint64_t frees = 0;
    std::uint64_t allocatedBytes = 0;
    std::uint64_t liveBlocks = 0; // with what was inherited by fork
    std::uint64_t liveBytes = 0;
    std::uint64_t peakBytes = 0;

    bool operator==(const HeapPoolCounters&) const = default;
};

// A scope that was not to allocate more than so much.
struct HeapExpectationCounters {
    std::string name;
    std::uint64_t scopes = 0;       // that ended
    std::uint64_t unattributed = 0; // of these: it is not known whether they kept to it
    std::uint64_t violations = 0;
    std::uint64_t allocations = 0; // in the scopes that did not
    std::uint64_t allocatedBytes = 0;
    std::uint64_t mostAllocations = 0; // in one of these
    // Of the first that did not.
    std::int64_t firstNs = 0; // CLOCK_MONOTONIC; 0: there is none
    std::int32_t firstTid = 0;
    std::string file; // as the compiler was given it, or the end of it
    std::uint32_t line = 0;
    std::uint64_t allowedAllocations = 0;
    std::uint64_t allowedBytes = 0; // the largest number: any

    bool operator==(const HeapExpectationCounters&) const = default;
};

struct HeapMarker {
    std::int64_t timeNs = 0; // CLOCK_MONOTONIC
    std::int32_t tid = 0;
    std::string text;

    bool operator==(const HeapMarker&) const = default;
};

struct HeapAnnotations {
    std::vector<HeapRegionCounters> regions; // in the order in which they were first begun
    std::vector<HeapPoolCounters> pools;
    std::vector<HeapExpectationCounters> expectations;

    [[nodiscard]] bool isEmpty() const {
        return regions.empty() && pools.empty() && expectations.empty();
    }
    bool operator==(const HeapAnnotations&) const = default;
};

} // namespace ringscope
