// SPDX-License-Identifier: MIT
#pragma once

#include "core/heap/tracker/gate.h"
#include "core/heap/tracker/ledger_writer.h"
#include "core/heap/tracker/next_allocator.h"

#include <cstddef>

// malloc, calloc and free of the next allocator, counted. The short way, of a small chunk of
// glibc's in a thread that has a slot, is inline: about a dozen instructions and no call but the
// allocator's. All else goes the careful way.
namespace ringscope::tracker {

// In any state of the gate and with any allocator. noinline keeps the short way free of registers
// to save.
[[nodiscard, gnu::noinline]] void* mallocCarefully(std::size_t bytes, const void* caller) noexcept;
[[nodiscard, gnu::noinline]] void* callocCarefully(std::size_t count, std::size_t bytes,
                                                   const void* caller) noexcept;
[[gnu::noinline]] void freeCarefully(void* block) noexcept;
// Counts a block of the next allocator, which may be null. Only while isCounting().
[[gnu::noinline]] void* countedCarefully(void* block) noexcept;
// The same of one that was asked for with that many bytes, and records it if the gate says so.
[[gnu::noinline]] void* recordedCarefully(void* block, std::size_t bytes,
                                          const void* caller) noexcept;

// The cell of a block that is a small chunk, for a thread that has a slot; null for others. Only
// while isCountingChunks().
inline CellCounters* ownSmallCell(const void* block) noexcept {
    ThreadSlot* slot = t_slot;
    const std::size_t word = chunkWord(block);
    // Mapped chunks, of which two words are not usable, are never so small: they fill their pages,
    // and 2 KiB are left of one where memalign cuts off their front (malloc/malloc.c).
    return slot != nullptr && word < kSmallChunkEnd ? &slot->small[word / kChunkUnit] : nullptr;
}

inline void* countedChunk(void* block) noexcept {
    CellCounters* cell = block != nullptr ? ownSmallCell(block) : nullptr;
    if (cell == nullptr) [[unlikely]] {
        return countedCarefully(block);
    }
    addAlone(cell->allocations, 1);
    return block;
}

// caller: where the allocation returns to.
inline void* countedMalloc(std::size_t bytes, const void* caller) noexcept {
    if (!isCountingChunks()) [[unlikely]] {
        return mallocCarefully(bytes, caller);
    }
    return countedChunk(g_next.malloc(bytes));
}

inline void* countedCalloc(std::size_t count, std::size_t bytes, const void* caller) noexcept {
    if (!isCountingChunks()) [[unlikely]] {
        return callocCarefully(count, bytes, caller);
    }
    return countedChunk(g_next.calloc(count, bytes));
}

inline void countedFree(void* block) noexcept {
    CellCounters* cell = isCountingChunks() && block != nullptr ? ownSmallCell(block) : nullptr;
    if (cell == nullptr) [[unlikely]] {
        return freeCarefully(block);
    }
    addAlone(cell->frees, 1); // before: afterwards its size is not ours to read
    g_next.free(block);
}

} // namespace ringscope::tracker
