// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/memory/memory_region.h"

namespace ringscope {

enum class AddressPieceKind : std::uint8_t {
    region,
    gap,  // to scale: less than kJumpBytes
    jump, // a large gap, drawn as a mark of fixed width
};

struct AddressPiece {
    std::uint64_t start = 0;
    std::uint64_t end = 0;
    std::int64_t left = 0;  // pixels from the left edge of the whole picture; right is the next's
    std::size_t region = 0; // index; of kind region only
    AddressPieceKind kind = AddressPieceKind::region;
};

// From left to one before right; may reach over the edges of the view.
struct PixelSpan {
    std::int64_t left = 0;
    std::int64_t right = 0;
    auto operator<=>(const PixelSpan&) const = default;
};

// Where each address of a process is in a strip of pixels.
//
//     region region gap region  / jump /  region region  / jump /  region
//     └──────── span ─────────┘           └─── span ───┘           └ span ┘
//
// An address space is nearly empty, and its regions are of 4 KiB to many TiB. Gaps of kJumpBytes
// and more are therefore jumps of kJumpPx. What is between two jumps is a span; spans share the
// width by the cube root of their sizes, which shows a heap of 132 KiB (a fortieth) beside a
// reservation of 10 GiB: the square root would still leave it a pixel beside one of a TiB, the
// logarithm would make everything look alike. Inside a span all is to scale, except that each piece
// gets kPiecePx first. When these come to more than 60 % of the width they shrink, and several
// regions share a pixel until one zooms in. A zoom widens the whole picture, of which the view
// shows a part; jumps and the smallest widths do not grow with it. Pure numbers in device pixels;
// 100,000 regions take 7 ms, and 25 ms in a build for debugging. A value.
class AddressLayout {
public:
    static constexpr std::uint64_t kJumpBytes = std::uint64_t{1} << 20U;
    static constexpr int kJumpPx = 11;
    static constexpr int kPiecePx = 2;

    AddressLayout() = default;
    // regions: by address, none overlapping another, none empty.
    AddressLayout(const std::vector<AddressRange>& regions, int widthPx);

    // The same zoom, and as far as possible the same address at the left edge.
    void setRegions(const std::vector<AddressRange>& regions);
    void setWidth(int widthPx); // all is shown again when it was

    void showAll();
    // factor > 1 zooms in; the address at x stays there.
    void zoomAt(int x, double factor);
    void pan(std::int64_t dxPx); // > 0 moves the picture to the right
    // Pans as little as needed to have the region, or its beginning, in view.
    void show(std::size_t region);

    [[nodiscard]] int widthPx() const noexcept { return m_width; }
    [[nodiscard]] bool isEmpty() const noexcept { return m_pieces.empty(); }
    [[nodiscard]] bool showsAll() const noexcept { return m_whole <= m_width; }
    [[nodiscard]] const std::vector<AddressPiece>& pieces() const noexcept { return m_pieces; }
    // The addresses from the first pixel to the last; empty without regions.
    [[nodiscard]] AddressRange visible() const;

    // In pixels of the view; at least one pixel wide.
    [[nodiscard]] PixelSpan pixelsOf(std::size_t piece) const;
    [[nodiscard]] PixelSpan pixelsOfRegion(std::size_t region) const;
    // May lie outside the view; empty below the first region and above the last.
    [[nodiscard]] std::optional<std::int64_t> addressToX(std::uint64_t address) const;
    // All addresses whose x this is. Empty outside the view.
    [[nodiscard]] std::optional<AddressRange> addressesAt(int x) const;
    // The piece that a pixel shows: of several a region that no other pixel can show, the largest
    // of those. Index into pieces().
    [[nodiscard]] std::optional<std::size_t> pieceAt(int x) const;
    // How many regions are at least partly in that pixel.
    [[nodiscard]] std::size_t regionsAt(int x) const;

private:
    // Indices of the pieces in a pixel of the whole picture: first and one past the last.
    struct Touching {
        std::size_t first = 0;
        std::size_t end = 0;
    };

    void place();
    [[nodiscard]] std::int64_t rightOf(std::size_t piece) const;
    [[nodiscard]] Touching touching(std::int64_t px) const;
    [[nodiscard]] std::size_t pieceOfAddress(std::uint64_t address) const;
    void moveTo(std::int64_t offset);

    int m_width = 1;
    std::int64_t m_whole = 1;  // width of the whole picture
    std::int64_t m_offset = 0; // of the view in it
    std::vector<AddressPiece> m_pieces;
    std::vector<std::size_t> m_pieceOfRegion;
};

} // namespace ringscope
