// SPDX-License-Identifier: MIT
#pragma once

#include "core/heap/annotation_layout.h"
#include "core/heap/tracker/gate.h"
#include "core/heap/tracker/name_index.h"

#include <ringscope/heap.h>

namespace ringscope::tracker {

// Where this process's annotations are. Written by openGate's one thread before the gate opens;
// constant while it is open.
struct Annotated {
    LedgerHeader* ledger = nullptr;
    LedgerAnnotations* tables = nullptr; // null: the ledger has no room for them
    std::uint32_t generation = 0;        // of the ledger: a fork's child has the next one
    bool isViolationFatal = false;
    NameIndex regions;
    NameIndex pools;
    NameIndex expectations;
};
[[gnu::visibility("hidden")]] extern constinit Annotated g_annotated;

// Null while nothing is counted.
inline LedgerAnnotations* openAnnotations() noexcept {
    return isCounting() ? g_annotated.tables : nullptr;
}

inline std::uint64_t relaxed(const LedgerCounter& counter) noexcept {
    return counter.load(std::memory_order_relaxed);
}

inline void set(LedgerCounter& counter, std::uint64_t value) noexcept {
    counter.store(value, std::memory_order_relaxed);
}

// To a counter that any thread adds to.
inline void add(LedgerCounter& counter, std::uint64_t amount) noexcept {
    if (amount != 0) {
        counter.fetch_add(amount, std::memory_order_relaxed);
    }
}

inline void raise(LedgerCounter& most, std::uint64_t value) noexcept {
    std::uint64_t before = relaxed(most);
    while (before < value && !most.compare_exchange_weak(before, value, std::memory_order_relaxed,
                                                         std::memory_order_relaxed)) {
    }
}

// Pools, for ringscope_heap_api_v1.
void createPool(ringscope_heap_pool* to, const char* name) noexcept;
void countPoolAllocation(ringscope_heap_pool* in, const void* block, std::uint64_t bytes) noexcept;
void countPoolFree(ringscope_heap_pool* in, const void* block, std::uint64_t bytes) noexcept;
void resetPool(ringscope_heap_pool* in) noexcept;
void destroyPool(ringscope_heap_pool* in) noexcept;

} // namespace ringscope::tracker
