// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/map/map_bar_segments.h"

#include <algorithm>
#include <cmath>

#include "core/memory/map_columns.h"

namespace ringscope {

namespace {

void join(MapBarSegment& segment, MapBarSegment other, std::uint64_t& largest) {
    const std::uint64_t bytes = other.bytes;
    if (bytes > largest) {
        largest = bytes;
        segment.type = other.type;
    }
    segment.types.insert(segment.types.end(), other.types.begin(), other.types.end());
    segment.bytes += bytes;
    segment.right = other.right;
}

} // namespace

std::vector<MapBarSegment> mapBarSegments(const MemoryByType& sums, const MapColumn& column,
                                          std::uint64_t scaleMax, int widthPx) {
    std::vector<MapBarSegment> segments;
    const double pxPerByte = static_cast<double>(std::max(widthPx, 1)) /
                             static_cast<double>(std::max<std::uint64_t>(scaleMax, 1));
    std::uint64_t below = 0;
    std::uint64_t largest = 0; // type of the last segment
    for (const MemoryType type : kMemoryTypes) {
        const std::uint64_t bytes = column.value(sums.of(type));
        if (bytes == 0 || type == MemoryType::pageTable || type == MemoryType::free) {
            continue;
        }
        MapBarSegment segment{type, {type}, bytes, 0, 0};
        segment.left = static_cast<int>(std::lround(static_cast<double>(below) * pxPerByte));
        below += bytes;
        segment.right = static_cast<int>(std::lround(static_cast<double>(below) * pxPerByte));
        const bool isTooSmall = segment.right == segment.left;
        const bool isAfterTooSmall =
            !segments.empty() && segments.back().right == segments.back().left;
        if (!segments.empty() && (isTooSmall || isAfterTooSmall)) {
            join(segments.back(), std::move(segment), largest);
        } else {
            largest = bytes;
            segments.push_back(std::move(segment));
        }
    }
    if (!segments.empty()) {
        segments.back().right = std::max(segments.back().right, segments.back().left + 1);
    }
    return segments;
}

} // namespace ringscope
