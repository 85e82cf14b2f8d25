// SPDX-License-Identifier: MIT
#pragma once

#include "core/heap/ledger_layout.h"

#include <cstddef>
#include <cstdint>

namespace ringscope::tracker {

// What a slot's cells come to.
struct SlotSums {
    std::uint64_t allocations = 0;
    std::uint64_t frees = 0;
    std::uint64_t allocatedBytes = 0;
    std::uint64_t freedBytes = 0;
};

// Both counts of a cell at once. Read as plain memory: of the thread's own slot, or as near as can
// be had of others'.
using CellPair [[gnu::vector_size(16), gnu::may_alias]] = std::uint64_t;

// Taken at both ends of a region, so it must be quick: 126 loads and 190 additions, no
// multiplication of a cell. The bytes of small cells are the sum of cell numbers: each cell is
// added once for itself and once for each cell below it, in two chains that run side by side.
inline SlotSums sumsOf(const ThreadSlot& slot) noexcept {
    constexpr std::size_t kHalf = kSmallCellCount / 2;
    const auto* small = reinterpret_cast<const CellPair*>(slot.small);
    const auto* classes = reinterpret_cast<const CellPair*>(slot.classes);
    CellPair low{};
    CellPair high{};
    CellPair lowNumbers{};  // sum of count * cell
    CellPair highNumbers{}; // sum of count * (cell - kHalf + 1)
    CellPair others[2]{};
    for (std::size_t i = 0; i < kHalf; ++i) {
        high += small[kSmallCellCount - 1 - i];
        highNumbers += high;
        others[0] += classes[i];
        others[1] += classes[kHalf + i];
        low += small[kHalf - 1 - i]; // cell 0 is never used
        lowNumbers += i + 1 < kHalf ? low : CellPair{};
    }
    static_assert(kSizeClassCount == kSmallCellCount);
    const CellPair all = low + high;
    const CellPair numbers = lowNumbers + highNumbers + high * (kHalf - 1);
    const CellPair bytes = numbers * kChunkUnit - all * kChunkOverhead;
    const CellPair counts = all + others[0] + others[1];
    return {counts[0], counts[1], bytes[0] + slot.allocatedBytes.load(std::memory_order_relaxed),
            bytes[1] + slot.freedBytes.load(std::memory_order_relaxed)};
}

inline SlotSums sumsOfAll(const LedgerHeader& ledger) noexcept {
    SlotSums all;
    const auto* slot = reinterpret_cast<const ThreadSlot*>(
        reinterpret_cast<const unsigned char*>(&ledger) + kLedgerHeaderBytes);
    const std::uint32_t used = ledger.slotsUsed.load(std::memory_order_relaxed);
    for (std::uint32_t i = 0; i < used; ++i) {
        const SlotSums one = sumsOf(slot[i]);
        all.allocations += one.allocations;
        all.frees += one.frees;
        all.allocatedBytes += one.allocatedBytes;
        all.freedBytes += one.freedBytes;
    }
    return all;
}

} // namespace ringscope::tracker
