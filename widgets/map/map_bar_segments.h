// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <vector>

#include "core/memory/memory_by_type.h"

namespace ringscope {

struct MapColumn; // moc cannot read its header

// A part of a bar that can be seen: of one type, with those beside it that are too small.
struct MapBarSegment {
    MemoryType type = MemoryType::unknown; // the largest of types
    std::vector<MemoryType> types;         // more than one where some have less than a pixel
    std::uint64_t bytes = 0;               // of all types
    int left = 0;
    int right = 0; // one past the last pixel

    bool operator==(const MapBarSegment&) const = default;
};

// The bar of one column, split by type in the order of kMemoryTypes; page tables and gaps are in no
// bar, as they are in no sum. A bar of scaleMax bytes is widthPx wide. The segments lie beside each
// other without gap from 0 to the rounded width of the total (at least 1 when there is any), and
// their bytes add up to it: edges are rounded, not widths.
[[nodiscard]] std::vector<MapBarSegment> mapBarSegments(const MemoryByType& sums,
                                                        const MapColumn& column,
                                                        std::uint64_t scaleMax, int widthPx);

} // namespace ringscope
