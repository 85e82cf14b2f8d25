// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "core/heap/ledger_layout.h"

// The heap profile: where a process allocates, what of it is alive, what was at its peak. A second
// anonymous file beside the ledger, made when every allocation is recorded. The tracker maps it
// shared and writes it, ProfileReader reads it by pread. Little-endian x86-64 layout; the file is
// sparse, and only what was touched takes memory. Its parts, at the offsets that the header gives:
//
//   ProfileHeader
//   nodes      StackNode[nodeCount]      the trie of call stacks; 0 is the root
//   nodeTable  uint32[...]               finds nodes; the tracker's alone
//   stacks     ProfileStack[stackCount]  each distinct stack; 0 is that of what could not be told
//   stackTable uint64[...]               finds stacks; the tracker's alone
//   modules    ProfileModule[moduleCount] the program and its libraries as they were seen
//   names      char[moduleNameBytes]     their paths; first the program's, of programBytes
//   threads    ProfileThread[threadCount] by slot of the ledger
//   cells      uint8[4096][chunkCount]   32 ProfileCells each; 0 is never used
//   shadowDirectory uint32[2^21]         by address >> 26: number of its leaf + 1
//   shadow     ShadowEntry[][leafCount]  live blocks by address
//   sampleRegions uint8[2^17]            how many sampled ones are in a region; the tracker's alone
//   samples    SampledBlock[2^17]        live ones of those that were recorded by chance
//
// A cell is what one thread did with the blocks of one stack. Blocks are counted where they are
// freed, so that a cell of a thread alone may be negative; the sum over threads is exact. Bytes are
// those that were asked for, as DHAT counts them, and a realloc is one more block of the stack that
// allocated it first.
namespace ringscope {

constexpr std::uint64_t kProfileMagic = 0x464f'5250'4745'5352; // "RSEGPROF" as bytes
constexpr std::uint32_t kProfileVersion = 3;
constexpr char kProfileFileName[] = "ringscope-heap-profile"; // its name as a memfd
constexpr char kLedgerModeVariable[] = "RINGSCOPE_HEAP_MODE"; // "exact", "sampled"; else counters

// What the kernel keeps apart: user space has 47 bits.
constexpr unsigned kShadowLeafBits = 26;
constexpr std::size_t kShadowLeaves = std::size_t{1} << (47 - kShadowLeafBits);

constexpr std::size_t kCellBytes = 128;
constexpr std::size_t kChunkBytes = 4096;
constexpr std::size_t kCellsPerChunk = kChunkBytes / kCellBytes;
constexpr std::uint32_t kMostFrames = 256; // of a stack; outer ones are left out
// More than any tracker makes room for: what claims to have more is not read.
constexpr std::uint32_t kMostNodes = 1U << 24U;
constexpr std::uint32_t kMostStacks = 1U << 24U; // see kShadowStackBits
constexpr std::uint32_t kMostModules = 1U << 16U;
constexpr std::uint32_t kMostModuleNameBytes = 1U << 24U;

struct StackNode {
    std::uint64_t address; // return address; 0: a further root, see ProfileModule
    std::uint32_t parent;  // the caller's; 0: the root
    std::uint32_t reserved;
};
static_assert(sizeof(StackNode) == 16);

// Where the loader had mapped a library, or the program. One that was unloaded stays; where another
// came to lie at its addresses, stacks begin anew at a further root, so that the nodes from
// firstNode on are the later one's and those before it the earlier one's.
struct ProfileModule {
    std::uint64_t start;
    std::uint64_t end;
    std::uint64_t bias;  // address less the address that the file gives it
    std::uint64_t ticks; // when it was first seen
    std::uint32_t nameAt;
    std::uint32_t nameBytes;
    std::uint32_t firstNode;
    std::uint32_t buildIdBytes; // 0: it has none
    std::uint8_t buildId[32];
    std::atomic<std::uint32_t> ready; // 1 when all of it is written
    std::uint32_t reserved;
    std::atomic<std::uint64_t> compared; // the tracker's alone
};
static_assert(sizeof(ProfileModule) == 96);

// How a stack ends: see tracker::WalkEnd.
enum class StackEnd : std::uint32_t { complete = 0, cut = 1, lost = 2 };

struct ProfileStack {
    std::atomic<std::uint32_t> node; // innermost; 0: not used
    std::uint32_t frames;
    StackEnd end;
    std::uint32_t reserved;
};
static_assert(sizeof(ProfileStack) == 16);

struct alignas(kCellBytes) ProfileCell {
    LedgerCounter blocks; // allocated
    LedgerCounter bytes;
    LedgerCounter freedBlocks;
    LedgerCounter freedBytes;
    LedgerCounter lifetimeTicks;   // of the freed ones: sum, in ticks of the time stamp counter
    LedgerCounter temporaryBlocks; // freed before the thread allocated anything else
    LedgerCounter maxBytes;        // most that the cell had alive, and in how many blocks
    std::atomic<std::uint32_t> maxBlocks;
    // What was alive at the peak is kept when the cell first changes after it: see PeakState.
    std::atomic<std::uint32_t> peakEpoch;
    LedgerCounter peakBytes; // may be negative, as a two's complement
    LedgerCounter peakBlocks;
    std::uint64_t reserved[6];
};
static_assert(sizeof(ProfileCell) == kCellBytes);

constexpr std::size_t kLifetimeBuckets = 64; // by the number of bits of the ticks

// The stack that a thread has put into the trie last, outermost first: the next one mostly begins
// as it does. The tracker's alone.
struct StackPath {
    std::uint64_t addresses[kMostFrames];
    std::uint32_t nodes[kMostFrames];
};

// Of one slot of the ledger.
struct ProfileThread {
    LedgerCounter lifetimes[kLifetimeBuckets]; // freed blocks
    LedgerCounter unknownFrees; // of blocks that were not recorded: older ones, or inherited
    LedgerCounter lost;         // events that could not be recorded
    std::uint64_t pathFrames;
    std::uint64_t pathRoot;
    std::uint64_t reserved[60];
    StackPath path;
    // The chunk that has the cells of stacks [32 * i, 32 * i + 32), or 0. stackCount / 32 of them.
    // std::atomic<std::uint32_t> chunks[];
};
static_assert(sizeof(ProfileThread) == 4096);

struct ShadowEntry {
    std::atomic<std::uint64_t> ticks; // when the block was allocated
    std::atomic<std::uint32_t> size;  // asked for; kSizeElsewhere: 4 GiB and more
    // Number of the stack, and above it how many 8 bytes behind the entry's address the block
    // begins; 0: no live block begins here.
    std::atomic<std::uint32_t> stack;
};
constexpr unsigned kShadowStackBits = 24;
constexpr std::uint32_t kShadowStackMask = (1U << kShadowStackBits) - 1;
static_assert(sizeof(ShadowEntry) == 16);
constexpr std::uint32_t kSizeElsewhere = ~std::uint32_t{0}; // usable bytes are counted for these

// A live block that was recorded by chance. It stands for several like it in its cell: see
// core/heap/sampling.h. Its place is one of kSampleWindow from that on which its address gives.
struct SampledBlock {
    std::atomic<std::uint64_t> address; // 0: empty; 1: about to be written
    std::atomic<std::uint64_t> ticks;
    std::atomic<std::uint32_t> size; // as in ShadowEntry
    std::atomic<std::uint32_t> stack;
};
static_assert(sizeof(SampledBlock) == 24);
constexpr unsigned kSampleBits = 17;
constexpr std::size_t kSampleCount = std::size_t{1} << kSampleBits;
constexpr std::size_t kSampleWindow = 16;

// The peak: bit 0 says that live bytes fell below it since, the others count how often they did
// (the epoch). While it is not set, what is alive now is what is alive at the peak. Once it is, a
// cell of that epoch has kept what it had, and any other has not changed since.
using PeakState = std::atomic<std::uint64_t>;

// What of the process's memory is the tracker's: words in it are no pointers of the program's. See
// LeakRoots.
struct TrackerMemory {
    std::uint64_t mapped[3][2]; // [begin, end): the library itself, and what it asked for
    // Of each thread, from its control block (fs:0): [threadBegin, threadEnd).
    std::int64_t threadBegin;
    std::int64_t threadEnd;
};
static_assert(sizeof(TrackerMemory) == 64);

struct ProfileHeader {
    std::uint64_t magic;
    std::uint32_t version;
    std::atomic<std::uint32_t> ready;
    std::uint64_t fileBytes;
    // Geometry: offsets into the file, and how many there are.
    std::uint64_t nodesAt, nodeTableAt, stacksAt, stackTableAt, threadsAt, cellsAt;
    std::uint64_t shadowDirectoryAt, shadowAt, modulesAt, moduleNamesAt;
    std::uint32_t nodeCount, stackCount, threadCount, chunkCount, leafCount;
    std::uint32_t threadBytes; // of a ProfileThread with its chunks
    std::uint32_t shadowShift; // an entry is for 2^shift bytes of address space
    std::uint32_t moduleCount;
    std::uint32_t moduleNameBytes;
    std::uint32_t programBytes; // of the names
    std::uint64_t startTicks;   // when the recording began
    std::int64_t startNs;       // the same, CLOCK_MONOTONIC
    std::uint64_t sampleRegionsAt, samplesAt;
    // Of blocks recorded by chance: one in so many bytes (see core/heap/sampling.h).
    std::uint64_t samplePeriod;
    std::atomic<std::uint32_t> hasSamples; // 1: since some were recorded so
    std::atomic<std::uint32_t> hasAll;     // 1: since all were recorded at some time
    std::atomic<std::uint32_t> hasGaps;    // 1: since not all were at some time
    std::uint32_t reserved0;
    std::uint8_t reserved1[2048 - 200];
    TrackerMemory own; // all 0: not known
    std::uint8_t reserved3[2048 - sizeof(TrackerMemory)];
    // What changes, a line of the cache each.
    alignas(128) std::atomic<std::uint32_t> nodesUsed;
    alignas(128) std::atomic<std::uint32_t> stacksUsed;
    alignas(128) std::atomic<std::uint32_t> chunksUsed;
    std::atomic<std::uint32_t> leavesUsed;
    std::atomic<std::uint32_t> threadsUsed; // parts [0, threadsUsed) were touched
    std::atomic<std::uint32_t> modulesUsed;
    std::atomic<std::uint32_t> moduleNamesUsed;
    alignas(128) LedgerCounter liveBytes; // of all threads, see peakErrorBytes
    LedgerCounter peakLiveBytes;
    LedgerCounter peakTicks;
    PeakState peak;
    // Largest error of peakLiveBytes, of one thread: 0 while there was one alone.
    LedgerCounter peakErrorBytes;
    std::uint8_t reserved2[4096 - 384 - 40];
};
static_assert(sizeof(ProfileHeader) == 2 * 4096 && offsetof(ProfileHeader, own) == 2048);

} // namespace ringscope
