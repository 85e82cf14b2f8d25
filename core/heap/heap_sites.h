// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "core/heap/heap_profile.h"
#include "core/heap/heap_symbols.h"

namespace ringscope {

// A place that allocates: one call stack by the code it goes through.
struct HeapSite {
    std::vector<std::uint32_t> locations; // HeapSymbols::locations, innermost first
    HeapStackEnd end = HeapStackEnd::complete;
    HeapSums sums;
    bool isMaxExact = true;
};

// Each once, also where the profile has two stacks for it because libraries took each other's
// place.
[[nodiscard]] std::vector<HeapSite> heapSites(const HeapProfile& profile,
                                              const HeapSymbols& symbols);

// What sites are compared by.
enum class HeapMeasure : std::uint8_t { live, peak, total, count, temporary };
// "live", "peak", ...; empty: none of them.
[[nodiscard]] std::optional<HeapMeasure> heapMeasureOf(std::string_view word);
// Bytes; of count and temporary blocks.
[[nodiscard]] std::uint64_t valueOf(const HeapSums& sums, HeapMeasure measure);

} // namespace ringscope
