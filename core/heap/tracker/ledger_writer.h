// SPDX-License-Identifier: MIT
#pragma once

#include "core/heap/ledger_layout.h"

#include <array>
#include <cstddef>
#include <cstdint>

namespace ringscope::tracker {

// This thread's slot in the ledger; null before its first event and after its end, and when all
// slots are taken. Initial-exec by compiler option and constinit: no call, no allocation on access.
[[gnu::visibility("hidden")]] extern constinit thread_local ThreadSlot* t_slot;

// sizeClassOf() of what nearly all blocks are, by multiples of 8: a load instead of a dozen
// instructions per event.
constexpr std::size_t kSmallBytes = 1024;
inline constexpr auto kSmallClasses = [] {
    std::array<std::uint8_t, kSmallBytes / 8> classes{};
    for (std::size_t i = 0; i < classes.size(); ++i) {
        classes[i] = static_cast<std::uint8_t>(sizeClassOf(i * 8));
    }
    return classes;
}();
inline std::uint32_t quickSizeClassOf(std::size_t bytes) noexcept {
    return bytes < kSmallBytes ? kSmallClasses[bytes / 8] : sizeClassOf(bytes);
}

// Adds to a counter that only this thread writes. One instruction without LOCK: free of the cost
// of an atomic, yet a signal handler that allocates cannot fall between its load and its store.
inline void addAlone(LedgerCounter& counter, std::uint64_t amount) noexcept {
    asm volatile("addq %1, %0" : "+m"(counter) : "er"(amount) : "cc");
}

// The rare cases: first event of a thread, or a thread without a slot (then into the shared slot).
[[gnu::cold, gnu::noinline]] void countAllocationSlowly(std::size_t bytes) noexcept;
[[gnu::cold, gnu::noinline]] void countFreeSlowly(std::size_t bytes) noexcept;
[[gnu::cold, gnu::noinline]] void countReallocationSlowly() noexcept;

inline void countAllocation(std::size_t bytes) noexcept {
    ThreadSlot* slot = t_slot;
    if (slot == nullptr) [[unlikely]] {
        return countAllocationSlowly(bytes);
    }
    addAlone(slot->classes[quickSizeClassOf(bytes)].allocations, 1);
    addAlone(slot->allocatedBytes, bytes);
}

inline void countFree(std::size_t bytes) noexcept {
    ThreadSlot* slot = t_slot;
    if (slot == nullptr) [[unlikely]] {
        return countFreeSlowly(bytes);
    }
    addAlone(slot->classes[quickSizeClassOf(bytes)].frees, 1);
    addAlone(slot->freedBytes, bytes);
}

inline void countReallocation() noexcept {
    ThreadSlot* slot = t_slot;
    if (slot == nullptr) [[unlikely]] {
        return countReallocationSlowly();
    }
    addAlone(slot->reallocations, 1);
}

// Makes the ledger of this process image and announces it on the socket. In the child of a fork it
// replaces the parent's and begins with what the parent had live. False: it could not, and nothing
// is left of the attempt. One thread only (openGate).
[[nodiscard]] bool startLedger(const char* socketName, LedgerOrigin origin) noexcept;

// Before fork: notes what is live now, for the child. Exact as long as no other thread allocates
// until the fork has happened.
void noteInheritance() noexcept;
// In the parent after fork.
void forgetInheritance() noexcept;

// When this thread ends: its slot, with its counters, is for the next thread to take; what it still
// frees goes to the shared slot.
void endThread() noexcept;

} // namespace ringscope::tracker
