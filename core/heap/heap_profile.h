// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/heap/heap_thread.h"

namespace ringscope {

// What became of the blocks that one call stack, or all of them, has allocated. Bytes are those
// that were asked for. A realloc counts as one more block of the stack that allocated it first,
// with all of its new bytes, as DHAT counts it.
struct HeapSums {
    std::uint64_t blocks = 0; // in all
    std::uint64_t bytes = 0;
    std::uint64_t liveBlocks = 0;
    std::uint64_t liveBytes = 0;
    std::uint64_t peakBlocks = 0; // alive when all of the program had most bytes alive (t-gmax)
    std::uint64_t peakBytes = 0;
    std::uint64_t maxBlocks = 0; // of the stack itself at its own most; see isMaxExact
    std::uint64_t maxBytes = 0;
    std::uint64_t temporaryBlocks = 0; // freed before the thread allocated anything else
    double lifetimeNs = 0;             // sum over the freed blocks
    double ageNs = 0;                  // sum over the live ones, if they were read: keepBlocks()
    std::uint64_t olderBlocks = 0;     // alive when the range began, see HeapProfile::range
    std::uint64_t olderBytes = 0;

    [[nodiscard]] std::uint64_t freedBlocks() const {
        return olderBlocks + blocks > liveBlocks ? olderBlocks + blocks - liveBlocks : 0;
    }
    HeapSums& operator+=(const HeapSums& other); // max is then a bound
};

enum class HeapStackEnd : std::uint8_t {
    complete,
    cut,  // outer frames are left out: more than kMostFrames
    lost, // outer frames could not be found
};

// One distinct call stack.
struct HeapStack {
    std::uint32_t number = 0; // names it in this process: see LiveBlock
    std::uint32_t node = 0;   // the innermost frame
    HeapStackEnd end = HeapStackEnd::complete;
    HeapSums sums;
    bool isMaxExact = true; // one thread alone had blocks of it; else max is at most this
};

// A frame and all frames outside of it.
struct HeapNode {
    std::uint64_t address = 0; // where the call returns to
    std::uint32_t parent = 0;  // the caller's; 0: there is none
};

// A library, or the program itself: where it was mapped, and the file.
struct HeapModule {
    std::uint64_t start = 0;
    std::uint64_t end = 0;
    std::uint64_t bias = 0; // address less the address that the file gives it
    // The first node that can be of it: earlier ones at its addresses are of what lay there before.
    std::uint32_t firstNode = 0;
    std::string path;    // as the process saw it
    std::string buildId; // bytes; empty if it has none

    bool operator==(const HeapModule&) const = default;
};

// A block that was not freed yet.
struct LiveBlock {
    std::uint64_t address = 0;
    std::uint64_t bytes = 0; // asked for; of 4 GiB and more it is not known how many: kHugeBlock
    std::uint32_t stack = 0; // HeapStack::number of what allocated it
    std::int64_t timeNs = 0; // CLOCK_MONOTONIC of that

    bool operator==(const LiveBlock&) const = default;
};
constexpr std::uint64_t kHugeBlock = 0xffff'ffff;

// How many of the freed blocks lived less than belowNs, and at least half as long (or, of the first
// of a list, any shorter time). A block that realloc() gave another size or place lives on.
struct HeapLifetime {
    std::int64_t belowNs = 0;
    std::uint64_t blocks = 0;

    bool operator==(const HeapLifetime&) const = default;
};

// Blocks of fromBytes to less than belowBytes usable bytes.
struct HeapSizeClass {
    std::uint64_t fromBytes = 0;
    std::uint64_t belowBytes = 0; // the largest number: no end
    std::uint64_t allocations = 0;
    std::uint64_t liveBlocks = 0;

    bool operator==(const HeapSizeClass&) const = default;
};

// CLOCK_MONOTONIC.
struct HeapRange {
    std::int64_t fromNs = 0;
    std::int64_t toNs = 0;

    bool operator==(const HeapRange&) const = default;
};

// Who recorded it. A file of DHAT does not say which blocks were temporary, how long the freed ones
// lived as distinct from the live ones, nor anything of single blocks.
enum class HeapOrigin : std::uint8_t { tracker, dhat };

// A process's heap by call stacks, at one instant. A value.
struct HeapProfile {
    HeapOrigin origin = HeapOrigin::tracker;
    bool hasTimes = true;            // false: they are all 0
    std::string program;             // its path
    std::int64_t timeNs = 0;         // CLOCK_MONOTONIC of the reading
    std::int64_t startNs = 0;        // and when the recording began
    std::int64_t programStartNs = 0; // and when the program did; 0: not known
    std::int64_t peakNs = 0;         // and of the peak
    std::optional<HeapRange> range;  // it is a part of one only: profileBetween()
    std::vector<HeapNode> nodes;     // 0 stands for nothing
    std::vector<HeapStack> stacks;   // only those with blocks
    std::vector<HeapModule> modules; // in the order in which they were seen
    HeapSums total;
    std::uint64_t peakBytes = 0; // as it was noted when it was reached
    // Bytes that peakBytes, and what is alive at the peak, may be wrong by: 0 for one thread alone.
    std::uint64_t peakErrorBytes = 0;
    // Not 0: some or all blocks were recorded by chance, one in so many bytes, and all sums of them
    // are estimates; `blocks` are those that were.
    std::uint64_t samplePeriodBytes = 0;
    std::uint64_t unknownFrees = 0;      // of blocks older than the recording, or inherited by fork
    std::uint64_t lost = 0;              // events that there was no room for
    std::vector<LiveBlock> blocks;       // by address, if they were asked for: keepBlocks()
    std::uint64_t blocksLeftOut = 0;     // smaller ones, where there were too many
    std::vector<HeapLifetime> lifetimes; // rising
    std::vector<HeapSizeClass> sizes;    // rising, those that had blocks; empty: not known
    // Those that had blocks, and with tid 0 the sum of earlier ones; empty: not known.
    std::vector<HeapThreadCounters> threads;

    // Return addresses of a stack, innermost first.
    [[nodiscard]] std::vector<std::uint64_t> framesOf(const HeapStack& stack) const;
    // What a node's code belongs to; null where nothing was loaded: code made at run time.
    [[nodiscard]] const HeapModule* moduleOf(std::uint32_t node) const;
};

// Keeps the blocks that were read after the profile, of more than `most` the largest, and fills in
// HeapSums::ageNs by all of them.
void keepBlocks(HeapProfile& profile, std::vector<LiveBlock> blocks, std::size_t most);
// Leaves all but the largest out.
void keepLargestBlocks(HeapProfile& profile, std::size_t most);
// The tracker makes ledger and profile at once, if it does so at the program's start.
constexpr std::int64_t kStartsTogetherNs = 50'000'000;
// How long after its program's start a profile begins; 0: with it, as far as is known.
[[nodiscard]] std::int64_t recordingDelayNs(const HeapProfile& profile);
// What half of the freed blocks lived less than; 0: none was freed.
[[nodiscard]] std::int64_t medianLifetimeNs(const HeapProfile& profile);

} // namespace ringscope
