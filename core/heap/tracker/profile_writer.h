// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>

namespace ringscope::tracker {

// Records where every block was allocated, in the profile of this process. All but startProfile()
// only while isProfiling().

// Makes the profile, for that many slots of the ledger, and maps it. Its descriptor, or -1: it
// could not, and nothing is left of the attempt. In the child of a fork it replaces the parent's.
// One thread only (openGate).
[[nodiscard]] int startProfile(std::uint32_t slots, bool hasGlibcChunks) noexcept;

// Before a process is attached to again: gives back the memory of the profile before, whose mapping
// stays, as threads may be in it, and lets each thread begin anew. One thread only.
void leaveProfile() noexcept;

// A block that the next allocator has just given, with what was asked for; null is ignored. The
// stack is that of the caller, without the tracker's own frames.
// caller: where the allocation returns to, as far as it is known, for finding the stack again.
void profileAllocation(void* block, std::size_t bytes, const void* caller) noexcept;

// While it lives, this thread's next block was asked for with that many bytes, whatever the
// allocator is asked for then.
class AskedBytes {
public:
    explicit AskedBytes(std::size_t bytes) noexcept;
    AskedBytes(const AskedBytes&) = delete;
    AskedBytes& operator=(const AskedBytes&) = delete;
    ~AskedBytes();
};

// What is known of a live block; stack 0: nothing.
struct KnownBlock {
    std::uint64_t ticks = 0;
    std::uint32_t stack = 0;
    std::uint32_t size = 0;
    std::size_t bytes = 0;
};
// Before the block is given back.
void profileFree(void* block) noexcept;

// Takes the block out before a realloc; it is then either put back, because that failed, or counted
// as moved. A block that nothing was known of counts as a new one.
[[nodiscard]] KnownBlock takeKnown(void* block) noexcept;
void putBack(void* block, const KnownBlock& known) noexcept;
void profileReallocation(void* moved, std::size_t bytes, const KnownBlock& before,
                         const void* caller) noexcept;

// For an operator delete that may or may not come back to our free: the block is taken out before
// it, and counted as freed after it unless that came back.
void beginFree(void* block) noexcept;
void endFree(const void* block) noexcept;

// When this thread ends.
void endProfileOfThread() noexcept;

} // namespace ringscope::tracker
