// SPDX-License-Identifier: MIT
#pragma once

#include "core/heap/ledger_layout.h"

#include <cstddef>
#include <cstdint>

namespace ringscope::tracker {

// This thread's slot in the ledger; null before its first event and after its end, and when all
// slots are taken. Initial-exec by compiler option and constinit: no call, no allocation on access.
[[gnu::visibility("hidden")]] extern constinit thread_local ThreadSlot* t_slot;

// Adds to a counter that only this thread writes. One instruction without LOCK: free of the cost
// of an atomic, yet a signal handler that allocates cannot fall between its load and its store.
inline void addAlone(LedgerCounter& counter, std::uint64_t amount) noexcept {
    asm volatile("addq %1, %0" : "+m"(counter) : "er"(amount) : "cc");
}

// Count an event of a block of any size, of any allocator, in any thread. Only while isCounting().
void countAllocation(std::size_t usableBytes) noexcept;
void countFree(std::size_t usableBytes) noexcept;
void countReallocation() noexcept;

// How many allocations and frees this thread has counted by those functions.
[[gnu::visibility("hidden")]] extern constinit thread_local std::uint64_t t_countedEvents;

// Makes the ledger of this process image and announces it on the socket. In the child of a fork it
// replaces the parent's and begins with what the parent had live. False: it could not, and nothing
// is left of the attempt. One thread only (openGate). The gate is left for the caller to open.
// mode: what is wanted, and then what could be had.
[[nodiscard]] bool startLedger(const char* socketName, LedgerOrigin origin,
                               LedgerMode& mode) noexcept;

// Of this process; null before there is one.
[[nodiscard]] LedgerHeader* ledgerHeader() noexcept;

// The number of this thread's slot, which it takes if it has none yet; 0: the shared one. Only
// while isCounting().
[[nodiscard]] std::size_t ownSlotIndex() noexcept;

// In the child of a fork: its one thread has no slot yet.
void forgetThread() noexcept;

// Before fork: notes what is live now, for the child. Exact as long as no other thread allocates
// until the fork has happened.
void noteInheritance() noexcept;
// In the parent after fork.
void forgetInheritance() noexcept;

// When this thread ends: its slot, with its counters, is for the next thread to take; what it still
// frees goes to the shared slot.
void endThread() noexcept;

} // namespace ringscope::tracker
