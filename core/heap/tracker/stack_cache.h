// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/heap/tracker/stack_walk.h"

namespace ringscope::tracker {

// Tells a stack that was walked before without walking it again. What a walk finds follows from a
// few words: where it begins, and the return addresses and saved frame pointers that it reads, at
// places that follow from each other. So the places that one walk has read (a shape) are read
// again, and if they hold what they held, the stack is the same. Only on stacks whose bounds are
// known, so that every place is there. Shared by all threads, without a lock.

// What of a thread's stack may be read.
struct StackBounds {
    std::uintptr_t low = 0;
    std::uintptr_t high = 0;
};

// Of the calling thread, which must be on its own stack: nothing is known of a fiber's, nor where a
// thread has gone far before it first asks. Asks nobody: pthread_getattr_np holds a lock while it
// allocates, so that inside an allocation it may wait for itself for ever.
[[nodiscard]] StackBounds boundsOfThread() noexcept;

// Takes 5 MiB of address space, of which what is used takes memory. Without it nothing is ever
// known. Once, before other threads ask; later it only says where that is.
OwnMemory prepareStackCache() noexcept;

// Of one thread: finds out whether it is of use there.
struct CacheUse {
    std::uint32_t asked = 0;
    std::uint32_t known = 0;
    std::uint32_t pause = 0; // events left without it
};

// key: the return address into the program, which tells shapes apart best.
class StackCache {
public:
    StackCache(const WalkRegisters& from, std::uintptr_t key, const StackBounds& bounds,
               CacheUse& use) noexcept;

    // The number that this stack was remembered by; 0: not known.
    [[nodiscard]] std::uint32_t find() noexcept;
    // After a walk of the same stack that left its trace.
    void remember(const WalkTrace& trace, std::uint32_t number) noexcept;

private:
    const WalkRegisters& m_from;
    std::uint64_t m_key;
    const StackBounds& m_bounds;
    CacheUse& m_use;
    bool m_isUsed;
};

} // namespace ringscope::tracker
