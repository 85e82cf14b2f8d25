// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

// The heap ledger: what the preloaded tracker writes and LedgerReader reads, and the message that
// hands it over. One ledger per process image (fork and exec make a new one), in an anonymous file
// (memfd) that the tracker maps shared and the reader reads by pread. Little-endian x86-64 layout.
//
//   0                 LedgerHeader   identity, geometry, what was inherited by fork
//   4096              ThreadSlot[0]  shared: threads that ended or found no slot, locked adds
//   4096 + 1152       ThreadSlot[1]  one running thread each, its only writer: plain adds
//   ...
//   4096 + 1152 * n   end            (LedgerHeader::ledgerBytes)
//
// Counters only grow; a slot is handed on to the next thread with its counters, so nothing is lost
// and a sum over slots is a sum over all threads there ever were. There is no counter "all
// allocations": it is the sum over the size classes, which saves a store per event and cannot
// disagree with them.
namespace ringscope {

constexpr std::uint64_t kLedgerMagic = 0x5245'4744'454c'5352; // "RSLEDGER" as bytes
constexpr std::uint32_t kLedgerVersion = 1;
constexpr std::size_t kLedgerHeaderBytes = 4096;
constexpr std::size_t kSizeClassCount = 64;
constexpr std::uint32_t kLedgerSlots = 4096;    // 4.5 MiB, of which only touched pages exist
constexpr std::uint32_t kLedgerSlotsSmall = 16; // where the address space is limited
constexpr std::uint32_t kLedgerSlotsMax = 1U << 16U;
constexpr char kLedgerSocketVariable[] = "RINGSCOPE_HEAP_SOCKET";
constexpr char kLedgerFileName[] = "ringscope-heap"; // "/memfd:ringscope-heap" in /proc/PID/maps

// What the tracker records. Values 2 and 3 are kept for stacks of sampled and of all allocations.
enum class LedgerMode : std::uint32_t { counters = 1 };

// How the process image came to be.
enum class LedgerOrigin : std::uint32_t { started = 1, forked = 2 };

// Classes by usable bytes: class 0 is below 32; up to 1 MiB four classes an octave (32, 40, 48, 56,
// 64, 80, ...); then 1-16 MiB, 16-256 MiB and above.
[[nodiscard]] constexpr std::uint32_t sizeClassOf(std::uint64_t usableBytes) noexcept {
    if (usableBytes < 32) {
        return 0;
    }
    const auto octave = static_cast<std::uint32_t>(63 - std::countl_zero(usableBytes));
    if (octave < 20) {
        return 1 + (octave - 5) * 4 +
               (static_cast<std::uint32_t>(usableBytes >> (octave - 2)) & 3U);
    }
    return octave < 24 ? 61 : octave < 28 ? 62 : 63;
}

// Smallest usable size of a class; sizeClassFloor(c + 1) is the first size above it.
[[nodiscard]] constexpr std::uint64_t sizeClassFloor(std::uint32_t sizeClass) noexcept {
    if (sizeClass == 0) {
        return 0;
    }
    if (sizeClass <= 60) {
        const std::uint32_t step = sizeClass - 1;
        return std::uint64_t{4 + step % 4} << (3 + step / 4);
    }
    return sizeClass < 64 ? std::uint64_t{1} << (20 + (sizeClass - 61) * 4) : ~std::uint64_t{0};
}

static_assert(sizeClassFloor(1) == 32 && sizeClassFloor(2) == 40 && sizeClassFloor(60) == 917'504);
static_assert(sizeClassOf(24) == 0 && sizeClassOf(40) == 2 && sizeClassOf(1U << 20U) == 61);
static_assert(sizeClassOf(~std::uint64_t{0}) == 63 && sizeClassFloor(63) == 256U << 20U);

using LedgerCounter = std::atomic<std::uint64_t>;
static_assert(LedgerCounter::is_always_lock_free && sizeof(LedgerCounter) == 8);

// Both counts of a class side by side: an allocation and its free touch the same cache line.
struct ClassCounters {
    LedgerCounter allocations;
    LedgerCounter frees;
};

enum class ThreadSlotState : std::uint32_t { never = 0, running = 1, ended = 2, shared = 3 };

// A thread that takes a slot writes nextTenancy, then tid, name and first*, then tenancy; a copy
// made in ascending order in which both are equal is of one thread.
struct alignas(128) ThreadSlot {
    std::atomic<std::uint32_t> tenancy;
    std::atomic<std::uint32_t> state; // ThreadSlotState
    std::atomic<std::int32_t> tid;
    std::atomic<std::uint32_t> nextEnded; // the tracker's list of slots to be taken again
    LedgerCounter name[2];                // at most 15 bytes, zero padded
    LedgerCounter allocatedBytes;
    LedgerCounter freedBytes;
    LedgerCounter reallocations;
    // Value of the slot's counters when its thread took it: its own are the difference.
    LedgerCounter firstAllocations;
    LedgerCounter firstFrees;
    LedgerCounter firstAllocatedBytes;
    LedgerCounter firstFreedBytes;
    LedgerCounter firstReallocations;
    std::atomic<std::uint32_t> nextTenancy;
    std::uint32_t reserved0;
    std::uint64_t reserved1[3];
    ClassCounters classes[kSizeClassCount]; // by usable bytes
};
static_assert(sizeof(ThreadSlot) == 1152 && offsetof(ThreadSlot, classes) == 128);
static_assert(offsetof(ThreadSlot, allocatedBytes) == 32);

struct LedgerHeader {
    std::uint64_t magic;
    std::uint32_t version;
    std::atomic<std::uint32_t> ready; // 1 when everything below "ready" is written
    LedgerMode mode;
    LedgerOrigin origin;
    std::int32_t pid; // as the process sees itself
    std::int32_t parentPid;
    std::uint64_t startTicks; // /proc/self/stat field 22; 0 when it could not be read
    std::int64_t startedNs;   // CLOCK_MONOTONIC when this ledger was made
    std::uint64_t ledgerBytes;
    std::uint32_t slotCount;
    std::atomic<std::uint32_t> slotsUsed; // slots [0, slotsUsed) were touched
    // 1: usable bytes come from glibc's chunk headers, 2: from malloc_usable_size.
    std::uint32_t sizeSource;
    std::uint32_t reserved0;
    // Live when the process was forked: blocks it did not allocate but may free.
    std::uint64_t inheritedBytes;
    std::uint64_t inheritedBlocks[kSizeClassCount];
    std::uint8_t reserved1[kLedgerHeaderBytes - 592];
};
static_assert(sizeof(LedgerHeader) == kLedgerHeaderBytes);
static_assert(offsetof(LedgerHeader, inheritedBytes) == 72);

// Sent once over the socket whose (abstract) name the environment gives, with the ledger's
// descriptor attached (SCM_RIGHTS).
struct LedgerAnnouncement {
    std::uint64_t magic;
    std::uint32_t version;
    std::int32_t pid;
};
static_assert(sizeof(LedgerAnnouncement) == 16);

} // namespace ringscope
