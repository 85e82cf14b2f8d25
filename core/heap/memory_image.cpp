// SPDX-License-Identifier: MIT
#include "core/heap/memory_image.h"

#include <algorithm>
#include <cassert>

namespace ringscope {

MemoryRanges joined(MemoryRanges ranges) {
    std::sort(ranges.begin(), ranges.end(),
              [](const MemoryRange& a, const MemoryRange& b) { return a.begin < b.begin; });
    MemoryRanges result;
    for (const MemoryRange& range : ranges) {
        if (range.begin >= range.end) {
            continue;
        }
        if (!result.empty() && range.begin <= result.back().end) {
            result.back().end = std::max(result.back().end, range.end);
        } else {
            result.push_back(range);
        }
    }
    return result;
}

MemoryRanges without(const MemoryRanges& from, const MemoryRanges& taken) {
    MemoryRanges result;
    std::size_t next = 0;
    for (MemoryRange range : from) {
        while (next < taken.size() && taken[next].end <= range.begin) {
            ++next;
        }
        for (std::size_t i = next; i < taken.size() && taken[i].begin < range.end; ++i) {
            if (taken[i].begin > range.begin) {
                result.push_back({range.begin, taken[i].begin});
            }
            range.begin = std::min(taken[i].end, range.end);
        }
        if (range.begin < range.end) {
            result.push_back(range);
        }
    }
    return result;
}

MemoryRanges common(const MemoryRanges& a, const MemoryRanges& b) {
    MemoryRanges result;
    for (std::size_t i = 0, j = 0; i < a.size() && j < b.size();) {
        const std::uint64_t begin = std::max(a[i].begin, b[j].begin);
        const std::uint64_t end = std::min(a[i].end, b[j].end);
        if (begin < end) {
            result.push_back({begin, end});
        }
        if (a[i].end < b[j].end) {
            ++i;
        } else {
            ++j;
        }
    }
    return result;
}

std::uint64_t bytesOf(const MemoryRanges& ranges) {
    std::uint64_t sum = 0;
    for (const MemoryRange& range : ranges) {
        sum += range.bytes();
    }
    return sum;
}

void MemoryImage::add(std::uint64_t address, const std::uint64_t* words, std::size_t count) {
    assert(address % 8 == 0 && (m_pieces.empty() || m_pieces.back().end <= address));
    m_pieces.push_back({address, address + count * 8, words});
}

std::uint64_t MemoryImage::wordAt(std::uint64_t address) const {
    std::uint64_t found = 0;
    visit(address, address + 8, [&found](std::uint64_t word) { found = word; });
    return found;
}

std::size_t MemoryImage::pieceBehind(std::uint64_t address) const {
    const auto at = std::partition_point(m_pieces.begin(), m_pieces.end(),
                                         [&](const Piece& piece) { return piece.end <= address; });
    return static_cast<std::size_t>(at - m_pieces.begin());
}

} // namespace ringscope
