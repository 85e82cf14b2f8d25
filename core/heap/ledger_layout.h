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
//   4096 + 2176       ThreadSlot[1]  one running thread each, its only writer: plain adds
//   ...
//   4096 + 2176 * n   annotations    from the next page on, if there are any: annotation_layout.h
//                     end            (LedgerHeader::ledgerBytes, in whole pages)
//
// Counters only grow; a slot is handed on to the next thread with its counters, so nothing is lost
// and a sum over slots is a sum over all threads there ever were. What follows from others has no
// counter of its own, which saves a store per event and cannot disagree with them: "all
// allocations" is the sum over the cells, and the bytes of a cell of one size follow from its
// count.
namespace ringscope {

constexpr std::uint64_t kLedgerMagic = 0x5245'4744'454c'5352; // "RSLEDGER" as bytes
constexpr std::uint32_t kLedgerVersion = 5;
constexpr std::size_t kLedgerHeaderBytes = 4096;
constexpr std::size_t kSizeClassCount = 64;
constexpr std::uint32_t kLedgerSlots = 4096;    // 8.5 MiB, of which only touched pages exist
constexpr std::uint32_t kLedgerSlotsSmall = 16; // where the address space is limited
constexpr std::uint32_t kLedgerSlotsMax = 1U << 16U;
constexpr char kLedgerSocketVariable[] = "RINGSCOPE_HEAP_SOCKET";
constexpr char kLedgerFileName[] = "ringscope-heap"; // "/memfd:ringscope-heap" in /proc/PID/maps

// Which blocks the tracker records beside the counters, in a profile of its own (profile_layout.h).
// Blocks that were recorded are followed to their end in every mode.
enum class LedgerMode : std::uint32_t {
    counters = 1, // none
    sampled = 2,  // by chance: see ProfileHeader::samplePeriod
    exact = 3,    // all
};

// How the process image came to be.
// attached: the process ran before, see LedgerHeader::inheritedBytes.
enum class LedgerOrigin : std::uint32_t { started = 1, forked = 2, attached = 3 };

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

// Both counts of a cell side by side: an allocation and its free touch the same cache line.
struct CellCounters {
    LedgerCounter allocations;
    LedgerCounter frees;
};

// Most events are of a small block of glibc's and add to one counter alone: its chunks are
// multiples of 16 bytes of which all but 8 are usable, and below 1 KiB each size has a cell of its
// own. The index is the chunk's size / 16; cell 0 is never used.
constexpr std::uint64_t kChunkUnit = 16;
constexpr std::uint64_t kChunkOverhead = 8;
constexpr std::uint64_t kSmallChunkEnd = 1024; // the first chunk size without a cell
constexpr std::size_t kSmallCellCount = kSmallChunkEnd / kChunkUnit;

[[nodiscard]] constexpr bool hasSmallCell(std::uint64_t usableBytes) noexcept {
    return usableBytes < kSmallChunkEnd - kChunkOverhead &&
           (usableBytes + kChunkOverhead) % kChunkUnit == 0;
}
[[nodiscard]] constexpr std::size_t smallCellOf(std::uint64_t usableBytes) noexcept {
    return (usableBytes + kChunkOverhead) / kChunkUnit;
}
// Usable bytes of each block that the cell counts.
[[nodiscard]] constexpr std::uint64_t smallCellBytes(std::size_t cell) noexcept {
    return cell * kChunkUnit - kChunkOverhead;
}
static_assert(hasSmallCell(8) && smallCellOf(8) == 1 && smallCellBytes(1) == 8);
static_assert(hasSmallCell(1000) && smallCellOf(1000) == kSmallCellCount - 1);
static_assert(!hasSmallCell(1016) && !hasSmallCell(32) && !hasSmallCell(0));

enum class ThreadSlotState : std::uint32_t { never = 0, running = 1, ended = 2, shared = 3 };

// A thread that takes a slot writes nextTenancy, then tid, name and first*, then tenancy; a copy
// made in ascending order in which both are equal is of one thread.
struct alignas(128) ThreadSlot {
    std::atomic<std::uint32_t> tenancy;
    std::atomic<std::uint32_t> state; // ThreadSlotState
    std::atomic<std::int32_t> tid;
    std::atomic<std::uint32_t> nextEnded; // the tracker's list of slots to be taken again
    LedgerCounter name[2];                // at most 15 bytes, zero padded
    // Of the blocks counted in classes; those of small cells follow from their counts.
    LedgerCounter allocatedBytes;
    LedgerCounter freedBytes;
    LedgerCounter reallocations;
    // Totals of the slot (small cells and classes) when its thread took it: its own are the
    // difference.
    LedgerCounter firstAllocations;
    LedgerCounter firstFrees;
    LedgerCounter firstAllocatedBytes;
    LedgerCounter firstFreedBytes;
    LedgerCounter firstReallocations;
    std::atomic<std::uint32_t> nextTenancy;
    std::uint32_t reserved0;
    std::uint64_t reserved1[3];
    CellCounters small[kSmallCellCount];   // blocks that hasSmallCell() holds for
    CellCounters classes[kSizeClassCount]; // all other blocks, by usable bytes
};
static_assert(sizeof(ThreadSlot) == 2176 && offsetof(ThreadSlot, small) == 128);
static_assert(offsetof(ThreadSlot, classes) == 1152);
static_assert(offsetof(ThreadSlot, allocatedBytes) == 32);

// A question to the process's allocator. The reader writes asked, the one word of the ledger that
// is its own; a thread that counts a block outside the short way finds it and answers with the
// numbers of mallinfo2. They are of one answer while answered is what was asked last.
struct alignas(64) AllocatorAnswer {
    LedgerCounter asked;
    LedgerCounter answered; // written last: what asked was
    LedgerCounter timeNs;   // CLOCK_MONOTONIC
    LedgerCounter tookNs;
    LedgerCounter arenaBytes; // see AllocatorSums
    LedgerCounter mappedBytes;
    LedgerCounter freeBytes;
    LedgerCounter trimmableBytes;
};
static_assert(sizeof(AllocatorAnswer) == 64);

// Which way each event of the heap goes, in one byte that every event looks at.
enum class GateState : std::uint8_t {
    closed = 0,         // not opened yet, or this is a fork's child
    counting = 1,       // sizes are asked of the allocator
    countingChunks = 2, // the allocator is glibc's: see the tracker's chunkWord()
    dormant = 3,        // events are handed on
    recording = 4,      // every block is recorded
    sampling = 5,       // some are
    following = 6,      // no more are, but what becomes of those that were
    changing = 7,       // the reader wants another mode: the next event sees to it
};

// How the mode changes while the program runs. The reader writes wanted and then sets gate to
// changing; the tracker does what it can, writes mode and why, and sets the gate to what follows
// from them. So whoever finds another gate than changing has its answer.
struct alignas(64) LedgerControl {
    std::atomic<GateState> gate;
    std::uint8_t reserved0[3];
    std::atomic<std::uint32_t> wanted; // LedgerMode; the reader's
    std::atomic<std::uint32_t> mode;   // LedgerMode that is in force
    std::atomic<std::uint32_t> why;    // ModeRefusal: why it is not what was wanted last
    std::uint32_t reserved1[12];
};
static_assert(sizeof(LedgerControl) == 64 && std::atomic<GateState>::is_always_lock_free);

enum class ModeRefusal : std::uint32_t {
    none = 0,
    noRoom = 1,    // for the profile: a limit on address space, file size or open files
    noReader = 2,  // nobody listens any more on the socket to hand the profile to
    sandboxed = 3, // a seccomp filter was put up since: system calls may kill the program
};
// Whether a reader may look at the process once more before it ends, see tracker/exit_hold.h. The
// reader writes asked and answer, the process isWaiting.
struct alignas(64) ExitHold {
    std::atomic<std::uint32_t> asked;
    std::atomic<std::uint32_t> isWaiting; // 1: it has come to its end and waits
    std::atomic<std::uint32_t> answer;    // 0, kExitLooking, kExitSeen
    std::uint32_t reserved[13];
};
static_assert(sizeof(ExitHold) == 64);
constexpr std::uint32_t kExitLooking = 1;
constexpr std::uint32_t kExitSeen = 2;
// Set: asked, before there is a ledger.
constexpr char kLedgerHoldVariable[] = "RINGSCOPE_HEAP_HOLD";

struct LedgerHeader {
    std::uint64_t magic;
    std::uint32_t version;
    std::atomic<std::uint32_t> ready; // 1 when everything below "ready" is written
    LedgerMode mode; // that the program began with; see control for the present one
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
    // Live when the process was forked: blocks it did not allocate but may free. When it was
    // attached to: what its allocator had in use by its own account (bytes alone, an estimate).
    std::uint64_t inheritedBytes;
    std::uint64_t inheritedBlocks[kSizeClassCount];
    AllocatorAnswer allocator;
    LedgerControl control;
    std::uint64_t annotationsOffset; // see annotation_layout.h; 0: there is no room for them
    std::uint8_t reserved1[2048 - 776];
    ExitHold exitHold;
    std::uint8_t reserved2[2048 - sizeof(ExitHold)];
};
static_assert(sizeof(LedgerHeader) == kLedgerHeaderBytes);
static_assert(offsetof(LedgerHeader, inheritedBytes) == 72);
static_assert(offsetof(LedgerHeader, allocator) == 640);
static_assert(offsetof(LedgerHeader, control) == 704);
static_assert(offsetof(LedgerHeader, exitHold) == 2048);

// Sent over the socket whose (abstract) name the environment gives, with descriptors attached
// (SCM_RIGHTS): once the ledger's, and a profile's behind it if there is one from the start; and
// later a profile's alone, if it is made when the mode changes.
enum class AnnouncedFile : std::uint32_t { ledger = 1, profile = 2 };
struct LedgerAnnouncement {
    std::uint64_t magic;
    std::uint32_t version;
    std::int32_t pid;
    AnnouncedFile file;
    std::uint32_t reserved;
    std::int64_t ledgerStartedNs; // LedgerHeader::startedNs: whose profile it is
};
static_assert(sizeof(LedgerAnnouncement) == 32);

} // namespace ringscope
