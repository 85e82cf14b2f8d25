// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/map/address_layout.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace ringscope {

namespace {

constexpr double kSpanPx = 4;              // of a span, besides what its pieces get
constexpr double kLargestFixed = 0.6;      // of the width, for what is not by size
constexpr double kMostPxPerByte = 1. / 64; // a page of 4 KiB is 64 px wide
constexpr double kLargestWhole = 4.4e12;   // about 2^42: a pixel less than a page of any region

__extension__ using Wide = unsigned __int128;

std::uint64_t scaledDown(std::uint64_t value, std::uint64_t by, std::uint64_t of) {
    return static_cast<std::uint64_t>(Wide{value} * by / of);
}

std::uint64_t scaledUp(std::uint64_t value, std::uint64_t by, std::uint64_t of) {
    return static_cast<std::uint64_t>((Wide{value} * by + of - 1) / of);
}

std::uint64_t sizeOf(const AddressPiece& piece) {
    return piece.end - piece.start;
}

struct Span {
    std::size_t first = 0;
    std::size_t end = 0;
    double size = 0;
};

std::vector<Span> spansOf(const std::vector<AddressPiece>& pieces) {
    std::vector<Span> spans;
    for (std::size_t i = 0; i < pieces.size();) {
        const std::size_t first = i;
        while (i < pieces.size() && pieces[i].kind != AddressPieceKind::jump) {
            ++i;
        }
        spans.push_back({first, i, static_cast<double>(pieces[i - 1].end - pieces[first].start)});
        ++i; // the jump
    }
    return spans;
}

} // namespace

AddressLayout::AddressLayout(const std::vector<AddressRange>& regions, int widthPx)
    : m_width(std::max(1, widthPx))
    , m_whole(m_width) {
    setRegions(regions);
}

void AddressLayout::setRegions(const std::vector<AddressRange>& regions) {
    const AddressRange before = visible();
    m_pieces.clear();
    m_pieceOfRegion.clear();
    m_pieceOfRegion.reserve(regions.size());
    for (std::size_t i = 0; i < regions.size(); ++i) {
        assert(regions[i].end > regions[i].start);
        if (i > 0 && regions[i].start > regions[i - 1].end) {
            const std::uint64_t gap = regions[i].start - regions[i - 1].end;
            m_pieces.push_back({regions[i - 1].end, regions[i].start, 0, 0,
                                gap < kJumpBytes ? AddressPieceKind::gap : AddressPieceKind::jump});
        }
        m_pieceOfRegion.push_back(m_pieces.size());
        m_pieces.push_back({regions[i].start, regions[i].end, 0, i, AddressPieceKind::region});
    }
    place();
    if (const auto x = addressToX(before.start); x && !showsAll()) {
        moveTo(m_offset + *x);
    } else {
        moveTo(m_offset);
    }
}

void AddressLayout::setWidth(int widthPx) {
    widthPx = std::max(1, widthPx);
    if (widthPx == m_width) {
        return;
    }
    const bool wasAll = showsAll();
    const std::uint64_t left = visible().start;
    m_width = widthPx;
    m_whole = wasAll ? m_width : std::max<std::int64_t>(m_width, m_whole);
    place();
    const auto x = addressToX(left);
    moveTo(x ? m_offset + *x : m_offset);
}

void AddressLayout::place() {
    const std::vector<Span> spans = spansOf(m_pieces);
    const auto whole = static_cast<double>(m_whole);
    const double jumps = spans.empty() ? 0 : static_cast<double>(spans.size() - 1);
    double fixed = jumps * kJumpPx;
    double weights = 0;
    for (const Span& span : spans) {
        fixed += kSpanPx + kPiecePx * static_cast<double>(span.end - span.first);
        weights += std::cbrt(span.size);
    }
    const double shrink = std::min(1., kLargestFixed * whole / std::max(fixed, 1.));
    const double shared = whole - fixed * shrink;
    double left = 0;
    for (const Span& span : spans) {
        const double pieces = static_cast<double>(span.end - span.first);
        const double bySize = kSpanPx * shrink + shared * std::cbrt(span.size) / weights;
        for (std::size_t i = span.first; i < span.end; ++i) {
            const double before = static_cast<double>(i - span.first) * kPiecePx * shrink;
            const auto offset = static_cast<double>(m_pieces[i].start - m_pieces[span.first].start);
            m_pieces[i].left =
                static_cast<std::int64_t>(left + before + bySize * offset / span.size);
        }
        left += pieces * kPiecePx * shrink + bySize;
        if (span.end < m_pieces.size()) {
            m_pieces[span.end].left = static_cast<std::int64_t>(left);
            left += kJumpPx * shrink;
        }
    }
}

std::int64_t AddressLayout::rightOf(std::size_t piece) const {
    return piece + 1 < m_pieces.size() ? m_pieces[piece + 1].left : m_whole;
}

void AddressLayout::moveTo(std::int64_t offset) {
    m_offset = std::clamp<std::int64_t>(offset, 0, std::max<std::int64_t>(0, m_whole - m_width));
}

void AddressLayout::showAll() {
    m_whole = m_width;
    m_offset = 0;
    place();
}

void AddressLayout::zoomAt(int x, double factor) {
    if (m_pieces.empty()) {
        return;
    }
    x = std::clamp(x, 0, m_width - 1);
    const std::size_t piece = touching(m_offset + x).end - 1;
    const auto width =
        static_cast<double>(std::max<std::int64_t>(1, rightOf(piece) - m_pieces[piece].left));
    const bool isDeepest =
        width / static_cast<double>(sizeOf(m_pieces[piece])) * factor > kMostPxPerByte;
    if (factor > 1 && isDeepest && m_pieces[piece].kind != AddressPieceKind::jump && width > 64) {
        return;
    }
    const double share = static_cast<double>(m_offset + x - m_pieces[piece].left) / width;
    const double whole = std::clamp(static_cast<double>(m_whole) * factor,
                                    static_cast<double>(m_width), kLargestWhole);
    m_whole = static_cast<std::int64_t>(whole);
    place();
    const auto newWidth = static_cast<double>(rightOf(piece) - m_pieces[piece].left);
    moveTo(m_pieces[piece].left + std::llround(share * newWidth) - x);
}

void AddressLayout::pan(std::int64_t dxPx) {
    moveTo(m_offset - dxPx);
}

void AddressLayout::show(std::size_t region) {
    const PixelSpan span = pixelsOfRegion(region);
    if (span.left < 0 || span.right - span.left >= m_width) {
        moveTo(m_offset + span.left);
    } else if (span.right > m_width) {
        moveTo(m_offset + span.right - m_width);
    }
}

AddressRange AddressLayout::visible() const {
    if (m_pieces.empty()) {
        return {};
    }
    return {addressesAt(0)->start, addressesAt(m_width - 1)->end};
}

PixelSpan AddressLayout::pixelsOf(std::size_t piece) const {
    const std::int64_t left = std::min(m_pieces[piece].left, m_whole - 1);
    return {left - m_offset, std::max(left + 1, rightOf(piece)) - m_offset};
}

PixelSpan AddressLayout::pixelsOfRegion(std::size_t region) const {
    return pixelsOf(m_pieceOfRegion[region]);
}

std::size_t AddressLayout::pieceOfAddress(std::uint64_t address) const {
    const auto above = std::upper_bound(
        m_pieces.begin(), m_pieces.end(), address,
        [](std::uint64_t wanted, const AddressPiece& piece) { return wanted < piece.start; });
    return static_cast<std::size_t>(above - m_pieces.begin()) - 1;
}

std::optional<std::int64_t> AddressLayout::addressToX(std::uint64_t address) const {
    if (m_pieces.empty() || address < m_pieces.front().start || address >= m_pieces.back().end) {
        return std::nullopt;
    }
    const std::size_t index = pieceOfAddress(address);
    const AddressPiece& piece = m_pieces[index];
    const auto width = static_cast<std::uint64_t>(rightOf(index) - piece.left);
    const std::int64_t inside =
        static_cast<std::int64_t>(scaledDown(address - piece.start, width, sizeOf(piece)));
    return std::min(piece.left + inside, m_whole - 1) - m_offset;
}

AddressLayout::Touching AddressLayout::touching(std::int64_t px) const {
    const auto byLeft = [](const AddressPiece& piece, std::int64_t wanted) {
        return piece.left < wanted;
    };
    // What starts at the very end has no pixel of its own: the last one shows it too.
    const auto next = px + 1 >= m_whole
                          ? m_pieces.end()
                          : std::lower_bound(m_pieces.begin(), m_pieces.end(), px + 1, byLeft);
    auto first = std::lower_bound(m_pieces.begin(), next, px, byLeft);
    if (first == next || first->left > px) {
        --first; // the first piece starts at pixel 0
    }
    return {static_cast<std::size_t>(first - m_pieces.begin()),
            static_cast<std::size_t>(next - m_pieces.begin())};
}

std::optional<AddressRange> AddressLayout::addressesAt(int x) const {
    if (m_pieces.empty() || x < 0 || x >= m_width) {
        return std::nullopt;
    }
    const std::int64_t px = m_offset + x;
    const Touching found = touching(px);
    const AddressPiece& first = m_pieces[found.first];
    const AddressPiece& last = m_pieces[found.end - 1];
    const auto edge = [](const AddressPiece& piece, std::int64_t right, std::int64_t at) {
        const auto width = static_cast<std::uint64_t>(right - piece.left);
        const auto inside = static_cast<std::uint64_t>(std::max<std::int64_t>(0, at - piece.left));
        return width == 0
                   ? piece.end
                   : piece.start + std::min(scaledUp(inside, sizeOf(piece), width), sizeOf(piece));
    };
    AddressRange range;
    range.start = first.left >= px ? first.start : edge(first, rightOf(found.first), px);
    range.end = px + 1 >= m_whole ? last.end : edge(last, rightOf(found.end - 1), px + 1);
    if (range.end <= range.start) { // more pixels than bytes
        range.start = std::max(first.start, range.start - 1);
        range.end = range.start + 1;
    }
    return range;
}

std::optional<std::size_t> AddressLayout::pieceAt(int x) const {
    if (m_pieces.empty() || x < 0 || x >= m_width) {
        return std::nullopt;
    }
    const std::int64_t px = m_offset + x;
    const Touching found = touching(px);
    std::size_t best = found.end - 1;
    const auto rank = [&](std::size_t index) {
        const AddressPiece& piece = m_pieces[index];
        const bool isRegion = piece.kind == AddressPieceKind::region;
        const bool isElsewhere = rightOf(index) > px + 1 || piece.left < px;
        return (isRegion ? 2 : 0) + (isRegion && !isElsewhere ? 1 : 0);
    };
    for (std::size_t i = found.first; i < found.end; ++i) {
        const int difference = rank(i) - rank(best);
        if (difference > 0 || (difference == 0 && sizeOf(m_pieces[i]) > sizeOf(m_pieces[best]))) {
            best = i;
        }
    }
    return best;
}

std::size_t AddressLayout::regionsAt(int x) const {
    if (m_pieces.empty() || x < 0 || x >= m_width) {
        return 0;
    }
    const Touching found = touching(m_offset + x);
    std::size_t regions = 0;
    for (std::size_t i = found.first; i < found.end; ++i) {
        regions += m_pieces[i].kind == AddressPieceKind::region ? 1U : 0U;
    }
    return regions;
}

} // namespace ringscope
