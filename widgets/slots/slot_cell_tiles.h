// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <QRgb>

#include "core/ring/slot_snapshot.h"

namespace ringscope {

// What a cell of the map shows: nothing known yet, or the most severe state of its slots. The order
// is the severity.
using SlotCellCode = std::uint8_t;
constexpr SlotCellCode kUnknownCell = 0;
constexpr std::size_t kSlotCellCodeCount = kSlotStateCount + 1;

[[nodiscard]] constexpr SlotCellCode cellCode(SlotState state) noexcept {
    return static_cast<SlotCellCode>(static_cast<std::uint8_t>(state) + 1);
}

struct SlotColours {
    std::array<QRgb, kSlotStateCount> states{}; // indexed by SlotState
    QRgb background = 0;                        // between and behind the cells
    QRgb ink = 0; // strokes within cells, readable on every state's colour
    bool operator==(const SlotColours&) const = default;
};

// The pixels of one cell for each code, drawn once per size so that a changed cell is a copy of a
// few rows. From 6 pixels on each state has a pattern beside its colour: free is hollow, writing
// has a corner cut off (half written), ready is solid, reading has an open middle, stuck is
// hatched. Below that only stuck keeps its hatch, down to 3 pixels.
class SlotCellTiles {
public:
    SlotCellTiles() = default;
    SlotCellTiles(const SlotColours& colours, int cellPx);

    [[nodiscard]] int cellPx() const noexcept { return m_cellPx; }
    [[nodiscard]] const SlotColours& colours() const noexcept { return m_colours; }
    // One row of a cell's pixels: cellPx() values.
    [[nodiscard]] const QRgb* row(SlotCellCode code, int y) const noexcept {
        return m_pixels.data() +
               (static_cast<std::size_t>(code) * static_cast<std::size_t>(m_cellPx) +
                static_cast<std::size_t>(y)) *
                   static_cast<std::size_t>(m_cellPx);
    }

private:
    SlotColours m_colours;
    int m_cellPx = 0;
    std::vector<QRgb> m_pixels;
};

} // namespace ringscope
