// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "core/heap/ledger_layout.h"

// What a program says of its own heap use (the header ringscope/heap.h): the part of the ledger
// behind the thread slots, at LedgerHeader::annotationsOffset.
//
//   0       head: how many of each there are
//   128     LedgerRegion[256]
//   ...     LedgerPool[256], LedgerExpectation[256]
//   ...     LedgerMarker[256]   a ring: the newest overwrite the oldest
//
// Any thread adds to any entry, with locked adds. Entry 0 of each table stands for all that found
// no place of their own. A name is written once, before isNamed; an entry without a name counts
// nothing (its thread lost a race for the name, or is about to write it).
namespace ringscope {

constexpr std::size_t kNameWords = 6; // text of at most 47 bytes, zero padded
constexpr std::size_t kMarkerTextWords = 12;
constexpr std::size_t kFileWords = 8;
constexpr std::uint32_t kMostAnnotations = 256; // of each kind
constexpr std::uint32_t kMarkerPlaces = 256;

struct alignas(128) LedgerRegion {
    LedgerCounter name[kNameWords];
    LedgerCounter isNamed;
    LedgerCounter entries; // that ended
    // Of these: by threads without a slot, or ended elsewhere. Nothing else of them is counted.
    LedgerCounter unattributed;
    LedgerCounter allocating; // with at least one allocation
    LedgerCounter allocations;
    LedgerCounter frees;
    LedgerCounter allocatedBytes;
    LedgerCounter freedBytes;
    LedgerCounter timeNs;
    LedgerCounter mostAllocations; // in one entry
};
static_assert(sizeof(LedgerRegion) == 128);

// Live blocks are inherited by fork: allocations - frees is less by those.
struct alignas(128) LedgerPool {
    LedgerCounter name[kNameWords];
    LedgerCounter isNamed;
    LedgerCounter pools; // of that name, that exist
    LedgerCounter allocations;
    LedgerCounter frees;
    LedgerCounter allocatedBytes;
    LedgerCounter liveBlocks; // signed: a pool may free what it never allocated
    LedgerCounter liveBytes;
    LedgerCounter peakBytes;
    std::uint64_t reserved[2];
};
static_assert(sizeof(LedgerPool) == 128);

struct alignas(64) LedgerExpectation {
    LedgerCounter name[kNameWords];
    LedgerCounter isNamed;
    LedgerCounter scopes; // that ended
    LedgerCounter unattributed;
    LedgerCounter violations;
    LedgerCounter allocations; // in scopes that violated it
    LedgerCounter allocatedBytes;
    LedgerCounter mostAllocations; // in one of these
    // Of the first violation; written before hasFirst.
    LedgerCounter hasFirst;
    LedgerCounter firstNs; // CLOCK_MONOTONIC
    LedgerCounter firstTid;
    LedgerCounter line;
    LedgerCounter file[kFileWords];
    LedgerCounter allowedAllocations;
    LedgerCounter allowedBytes;
};
static_assert(sizeof(LedgerExpectation) == 256);

struct alignas(128) LedgerMarker {
    LedgerCounter sequence; // of the marker from 1, written last; 0 while it is written
    LedgerCounter timeNs;   // CLOCK_MONOTONIC
    LedgerCounter tid;
    LedgerCounter text[kMarkerTextWords];
};
static_assert(sizeof(LedgerMarker) == 128);

struct LedgerAnnotations {
    std::atomic<std::uint32_t> regions; // entries in use, with entry 0
    std::atomic<std::uint32_t> pools;
    std::atomic<std::uint32_t> expectations;
    std::uint32_t reserved0;
    LedgerCounter markers;    // ever begun
    LedgerCounter violations; // of all expectations
    std::uint64_t reserved1[12];
    LedgerRegion region[kMostAnnotations];
    LedgerPool pool[kMostAnnotations];
    LedgerExpectation expectation[kMostAnnotations];
    LedgerMarker marker[kMarkerPlaces];
};
static_assert(offsetof(LedgerAnnotations, region) == 128);
static_assert(sizeof(LedgerAnnotations) == 128 + (3 * 128 + 256) * 256);

[[nodiscard]] constexpr std::uint64_t annotationsOffset(std::uint32_t slots) noexcept {
    return (kLedgerHeaderBytes + std::uint64_t{slots} * sizeof(ThreadSlot) + 4095) &
           ~std::uint64_t{4095};
}

} // namespace ringscope
