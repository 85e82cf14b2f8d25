// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "core/heap/tracker/block_shadow.h"
#include "core/heap/tracker/sample_table.h"

namespace ringscope::tracker {

// All blocks are recorded, or were at some time.
[[gnu::visibility("hidden")]] extern std::atomic<bool> g_isEveryBlockKnown;

// Records where blocks were allocated, in the profile of this process. What is said of one event is
// called only while the gate says so: isRecording(), isSampling(), or either or isFollowing().

// Makes the profile, for that many slots of the ledger, and maps it. Its descriptor, or -1: it
// could not, and nothing is left of the attempt. One thread only (openGate, changeMode). It is of
// use from openProfile() on.
[[nodiscard]] int startProfile(std::uint32_t slots, bool hasGlibcChunks) noexcept;
void openProfile() noexcept;
// Instead of openProfile(): nobody is to read it.
void dropProfile() noexcept;
// In the child of a fork: there is none yet. startProfile() then replaces the parent's.
void forgetProfile() noexcept;
[[nodiscard]] bool hasProfile() noexcept;
// From now on blocks are recorded so; counters: no more are.
void noteRecording(LedgerMode mode) noexcept;

// Bytes that this thread may yet ask for before one of its blocks is sampled; below zero: the last
// one is.
[[gnu::visibility("hidden")]] extern constinit thread_local std::int64_t t_untilSample;
// False: nothing is known of the block, as mostly while isSampling().
[[nodiscard]] inline bool mayBeKnown(const void* block) noexcept {
    return g_isEveryBlockKnown.load(std::memory_order_relaxed) ||
           (g_sampleRegions != nullptr &&
            g_sampleRegions[sampleRegionOf(block)].load(std::memory_order_relaxed) != 0);
}

// Before a process is attached to again: gives back the memory of the profile before, whose mapping
// stays, as threads may be in it, and lets each thread begin anew. One thread only.
void leaveProfile() noexcept;

// A block that the next allocator has just given, with what was asked for; null is ignored. The
// stack is that of the caller, without the tracker's own frames.
// caller: where the allocation returns to, as far as it is known, for finding the stack again.
void profileAllocation(void* block, std::size_t bytes, const void* caller) noexcept;
// The same by chance: of the block that took t_untilSample below zero.
void profileSample(void* block, std::size_t bytes, const void* caller) noexcept;
// The same of any block: takes its bytes off t_untilSample first.
void profileByChance(void* block, std::size_t bytes, const void* caller) noexcept;

// While it lives, this thread's next block was asked for with that many bytes, whatever the
// allocator is asked for then.
class AskedBytes {
public:
    explicit AskedBytes(std::size_t bytes) noexcept;
    AskedBytes(const AskedBytes&) = delete;
    AskedBytes& operator=(const AskedBytes&) = delete;
    ~AskedBytes();
};

// Before the block is given back.
void profileFree(void* block) noexcept;

// Takes the block out before a realloc; it is then either put back, because that failed, or counted
// as moved, or, where the block behind it is gone, as freed. What nothing was known of, or was
// sampled, counts as a new block, if those are recorded.
[[nodiscard]] KnownBlock takeKnown(void* block) noexcept;
void putBack(void* block, const KnownBlock& known) noexcept;
void profileFreed(void* block, const KnownBlock& known) noexcept;
void profileReallocation(void* moved, std::size_t bytes, const KnownBlock& before,
                         const void* caller) noexcept;

// For an operator delete that may or may not come back to our free: the block is taken out before
// it, and counted as freed after it unless that came back.
void beginFree(void* block) noexcept;
void endFree(void* block) noexcept;

// When this thread ends, while isFollowing().
void endProfileOfThread() noexcept;

} // namespace ringscope::tracker
