// SPDX-License-Identifier: MIT
#include "core/heap/tracker/annotation_state.h"

#include <atomic>
#include <cstdint>

namespace ringscope::tracker {

namespace {

// ringscope_heap_pool as the library uses it: what of the entry is this pool's.
struct Pool {
    std::atomic<std::uint64_t> entry; // plus 1; 0: nobody counts it
    std::atomic<std::uint64_t> liveBlocks;
    std::atomic<std::uint64_t> liveBytes;
    std::uint64_t reserved;
};
static_assert(sizeof(Pool) == sizeof(ringscope_heap_pool));

struct PoolPlace {
    Pool* pool = nullptr;
    LedgerPool* entry = nullptr; // null: not counted
};

PoolPlace placeOf(ringscope_heap_pool* from) noexcept {
    auto* pool = reinterpret_cast<Pool*>(from);
    const std::uint64_t entry = pool->entry.load(std::memory_order_relaxed);
    LedgerAnnotations* all = entry != 0 && entry <= kMostAnnotations ? openAnnotations() : nullptr;
    return {pool, all != nullptr ? &all->pool[entry - 1] : nullptr};
}

void countPoolFrees(LedgerPool& entry, std::uint64_t blocks, std::uint64_t bytes) noexcept {
    add(entry.frees, blocks);
    entry.liveBlocks.fetch_sub(blocks, std::memory_order_relaxed);
    entry.liveBytes.fetch_sub(bytes, std::memory_order_relaxed);
}

} // namespace

void createPool(ringscope_heap_pool* to, const char* name) noexcept {
    LedgerAnnotations* all = openAnnotations();
    if (all == nullptr || name == nullptr) {
        return;
    }
    const std::uint32_t entry = g_annotated.pools.find(PackedName(name), all->pool, all->pools);
    add(all->pool[entry].pools, 1);
    reinterpret_cast<Pool*>(to)->entry.store(entry + 1, std::memory_order_relaxed);
}

void countPoolAllocation(ringscope_heap_pool* in, const void* /*block*/,
                         std::uint64_t bytes) noexcept {
    const auto [pool, entry] = placeOf(in);
    if (entry == nullptr) {
        return;
    }
    pool->liveBlocks.fetch_add(1, std::memory_order_relaxed);
    pool->liveBytes.fetch_add(bytes, std::memory_order_relaxed);
    add(entry->allocations, 1);
    add(entry->allocatedBytes, bytes);
    add(entry->liveBlocks, 1);
    const std::uint64_t live = entry->liveBytes.fetch_add(bytes, std::memory_order_relaxed) + bytes;
    if (live >> 63U == 0) {
        raise(entry->peakBytes, live);
    }
}

void countPoolFree(ringscope_heap_pool* in, const void* /*block*/, std::uint64_t bytes) noexcept {
    const auto [pool, entry] = placeOf(in);
    if (entry == nullptr) {
        return;
    }
    pool->liveBlocks.fetch_sub(1, std::memory_order_relaxed);
    pool->liveBytes.fetch_sub(bytes, std::memory_order_relaxed);
    countPoolFrees(*entry, 1, bytes);
}

void resetPool(ringscope_heap_pool* in) noexcept {
    const auto [pool, entry] = placeOf(in);
    if (entry == nullptr) {
        return;
    }
    const std::uint64_t blocks = pool->liveBlocks.exchange(0, std::memory_order_relaxed);
    const std::uint64_t bytes = pool->liveBytes.exchange(0, std::memory_order_relaxed);
    countPoolFrees(*entry, blocks, bytes);
}

void destroyPool(ringscope_heap_pool* in) noexcept {
    resetPool(in);
    const auto [pool, entry] = placeOf(in);
    if (entry != nullptr) {
        entry->pools.fetch_sub(1, std::memory_order_relaxed);
    }
    pool->entry.store(0, std::memory_order_relaxed);
}

} // namespace ringscope::tracker
