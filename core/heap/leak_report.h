// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/heap/heap_profile.h"
#include "core/heap/leak_scan.h"

namespace ringscope {

// "definite", "indirect", "possible", "reachable".
[[nodiscard]] const char* leakKindText(LeakKind kind);

struct LeakSums {
    std::uint64_t blocks = 0;
    std::uint64_t bytes = 0;

    void add(std::uint64_t more) {
        ++blocks;
        bytes += more;
    }
    bool operator==(const LeakSums&) const = default;
};

// Blocks of one kind that one call stack has allocated.
struct LeakGroup {
    LeakKind kind = LeakKind::definite;
    std::uint32_t stack = 0; // HeapStack::number
    LeakSums sums;
    LeakSums indirect;         // of definitely lost ones: what was lost with them
    std::uint64_t address = 0; // of the oldest
    std::int64_t oldestNs = 0; // CLOCK_MONOTONIC of its allocation, and of the newest's
    std::int64_t newestNs = 0;
    std::string suppression; // the pattern that it is left out by; empty: it is not

    bool operator==(const LeakGroup&) const = default;
};

enum class LeakMoment : std::uint8_t { onDemand, atExit };

// What a search for leaks in one process has found. A value.
struct LeakReport {
    LeakMoment moment = LeakMoment::onDemand;
    std::int64_t timeNs = 0;       // CLOCK_MONOTONIC
    std::array<LeakSums, 4> kinds; // by LeakKind, also what is suppressed
    std::vector<LeakGroup> groups; // definite ones first, of a kind the largest first
    std::int64_t stoppedNs = 0;    // the longest that the process stood still
    std::uint32_t stops = 0;       // how often
    std::uint32_t threads = 0;
    std::uint64_t copiedBytes = 0;  // each time
    std::uint64_t swappedBytes = 0; // of them
    // Blocks that it allocated before it was recorded, or inherited, may hold others: all memory of
    // the heap was taken for used.
    bool isWholeHeapKnown = true;

    [[nodiscard]] const LeakSums& of(LeakKind kind) const {
        return kinds[static_cast<std::size_t>(kind)];
    }
};

// Sums and groups of the report. blocks and verdicts: of the same order; origins: of each verdict
// the number of its block.
void groupLeaks(LeakReport& report, const std::vector<LiveBlock>& blocks,
                std::span<const std::uint32_t> origins, std::span<const LeakVerdict> verdicts);

} // namespace ringscope
