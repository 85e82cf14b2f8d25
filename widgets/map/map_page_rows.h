// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <vector>

#include <QString>

#include "core/base/units.h"
#include "core/memory/memory_region.h"
#include "core/memory/page_states.h"

namespace ringscope {

// The pages of one region as rows below it. A value.
struct MapPageRows {
    static constexpr std::size_t kMostRows = 10'000;

    AddressRange range; // of the region
    std::uint64_t pageSize = 4096;
    PageFlags known;           // as PageStates::known
    std::vector<PageRun> runs; // ascending; neighbours that are the same together
    std::uint64_t leftOut = 0; // runs beyond kMostRows, from the end of the last one on

    bool operator==(const MapPageRows&) const = default;
};

// What was read of the range alone.
[[nodiscard]] MapPageRows pageRowsOf(const PageStates& states, const AddressRange& range,
                                     std::uint64_t pageSize);

// "anonymous, huge, mapped once".
[[nodiscard]] QString pageRunWords(const PageRun& run, const PageFlags& known);
// The cell of a row in a column of the tree; empty where the column says nothing of pages.
[[nodiscard]] QString pageCellText(const MapPageRows& rows, std::size_t row, int column,
                                   ByteScale scale);
// The same as it is copied: sizes in bytes.
[[nodiscard]] QString pageExactText(const MapPageRows& rows, std::size_t row, int column);

} // namespace ringscope
