// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/slots/slot_map_layout.h"

#include <algorithm>

namespace ringscope {

namespace {

// A ring of two slots need not fill the pane; a user may still zoom further in.
constexpr int kLargestFittedCellPx = 48;

// Whole eights, fours or twos, so that rows are easy to count along, as far as that leaves no more
// than a tenth of the width empty.
int columnsFor(int widthPx, int cellPx) {
    const int fitting = std::max(1, widthPx / cellPx);
    for (const int step : {8, 4, 2}) {
        const int columns = fitting / step * step;
        if (columns > 0 && (fitting - columns) * 10 <= fitting) {
            return columns;
        }
    }
    return fitting;
}

std::uint64_t ceilDivide(std::uint64_t a, std::uint64_t b) {
    return a / b + (a % b != 0 ? 1 : 0);
}

bool fits(std::uint64_t slotCount, int widthPx, int heightPx, SlotMapScale scale) {
    const auto columns = static_cast<std::uint64_t>(columnsFor(widthPx, scale.cellPx));
    const std::uint64_t rows = ceilDivide(ceilDivide(slotCount, scale.slotsPerCell), columns);
    return static_cast<std::uint64_t>(scale.cellPx) <= static_cast<std::uint64_t>(widthPx) &&
           rows * static_cast<std::uint64_t>(scale.cellPx) <= static_cast<std::uint64_t>(heightPx);
}

SlotMapScale fittedScale(std::uint64_t slotCount, int widthPx, int heightPx) {
    for (int cellPx = std::min({kLargestFittedCellPx, widthPx, heightPx}); cellPx >= 1; --cellPx) {
        if (fits(slotCount, widthPx, heightPx, {1, cellPx})) {
            return {1, cellPx};
        }
    }
    const auto pixels = static_cast<std::uint64_t>(columnsFor(widthPx, 1)) *
                        static_cast<std::uint64_t>(std::max(1, heightPx));
    return {std::max<std::uint64_t>(1, ceilDivide(slotCount, pixels)), 1};
}

} // namespace

SlotMapScale zoomedIn(SlotMapScale scale) {
    if (scale.slotsPerCell > 1) {
        const std::uint64_t fewer = scale.slotsPerCell * 4 / 5;
        return {std::max<std::uint64_t>(1, std::min(fewer, scale.slotsPerCell - 1)), 1};
    }
    return {1, scale.cellPx + std::max(1, scale.cellPx / 4)};
}

SlotMapScale zoomedOut(SlotMapScale scale) {
    if (scale.cellPx > 1) {
        return {1, scale.cellPx - std::max(1, scale.cellPx / 5)};
    }
    return {scale.slotsPerCell + std::max<std::uint64_t>(1, scale.slotsPerCell / 4), 1};
}

SlotMapLayout SlotMapLayout::fitted(std::uint64_t slotCount, int widthPx, int heightPx) {
    widthPx = std::max(widthPx, 1);
    heightPx = std::max(heightPx, 1);
    return {slotCount, widthPx, heightPx, fittedScale(slotCount, widthPx, heightPx), 0};
}

SlotMapLayout::SlotMapLayout(std::uint64_t slotCount, int widthPx, int heightPx, SlotMapScale scale,
                             std::uint64_t firstSlot)
    : m_slotCount(slotCount)
    , m_width(std::max(widthPx, 1))
    , m_height(std::max(heightPx, 1))
    , m_scale(scale)
    , m_columns(columnsFor(m_width, scale.cellPx)) {
    const int wholeRows = std::max(1, m_height / scale.cellPx);
    const std::uint64_t shown = static_cast<std::uint64_t>(m_columns) *
                                static_cast<std::uint64_t>(wholeRows) * scale.slotsPerCell;
    // The last slot may come up to the end of the last whole row, not further.
    const std::uint64_t last =
        shown >= slotCount ? 0 : ceilDivide(slotCount - shown, scale.slotsPerCell);
    m_first = std::min(firstSlot / scale.slotsPerCell, last) * scale.slotsPerCell;
    const std::uint64_t cellsLeft = ceilDivide(slotCount - m_first, scale.slotsPerCell);
    const auto visible = static_cast<std::uint64_t>((m_height + scale.cellPx - 1) / scale.cellPx);
    m_rows = static_cast<int>(
        std::min(visible, ceilDivide(cellsLeft, static_cast<std::uint64_t>(m_columns))));
}

std::uint64_t SlotMapLayout::cells() const noexcept {
    const std::uint64_t left = ceilDivide(m_slotCount - m_first, m_scale.slotsPerCell);
    return std::min(left,
                    static_cast<std::uint64_t>(m_columns) * static_cast<std::uint64_t>(m_rows));
}

SlotRun SlotMapLayout::visibleSlots() const noexcept {
    return {m_first, std::min(cells() * m_scale.slotsPerCell, m_slotCount - m_first)};
}

bool SlotMapLayout::showsEverything() const noexcept {
    return m_first == 0 && fits(m_slotCount, m_width, m_height, m_scale);
}

SlotRun SlotMapLayout::slotsOfCell(std::uint64_t cell) const noexcept {
    const std::uint64_t first = m_first + cell * m_scale.slotsPerCell;
    return {first, first >= m_slotCount ? 0 : std::min(m_scale.slotsPerCell, m_slotCount - first)};
}

PixelRect SlotMapLayout::rectOfCell(std::uint64_t cell) const noexcept {
    const auto columns = static_cast<std::uint64_t>(m_columns);
    return {static_cast<int>(cell % columns) * m_scale.cellPx,
            static_cast<int>(cell / columns) * m_scale.cellPx, m_scale.cellPx, m_scale.cellPx};
}

std::optional<std::uint64_t> SlotMapLayout::cellOfSlot(std::uint64_t slot) const noexcept {
    const SlotRun shown = visibleSlots();
    if (slot < shown.first || slot - shown.first >= shown.count) {
        return std::nullopt;
    }
    return (slot - shown.first) / m_scale.slotsPerCell;
}

std::optional<std::uint64_t> SlotMapLayout::cellAt(int x, int y) const noexcept {
    if (x < 0 || y < 0 || x >= m_columns * m_scale.cellPx || y >= m_height) {
        return std::nullopt;
    }
    const auto cell =
        static_cast<std::uint64_t>(y / m_scale.cellPx) * static_cast<std::uint64_t>(m_columns) +
        static_cast<std::uint64_t>(x / m_scale.cellPx);
    return cell < cells() ? std::optional(cell) : std::nullopt;
}

SlotMapLayout SlotMapLayout::at(std::int64_t firstSlot) const {
    return {m_slotCount, m_width, m_height, m_scale,
            static_cast<std::uint64_t>(std::max<std::int64_t>(0, firstSlot))};
}

SlotMapLayout SlotMapLayout::zoomedAt(int x, int y, int steps) const {
    const std::uint64_t slot =
        slotsOfCell(cellAt(x, y).value_or(cells() == 0 ? 0 : cells() - 1)).first;
    SlotMapScale scale = m_scale;
    for (; steps > 0 && scale.cellPx < std::min(m_width, m_height); --steps) {
        scale = zoomedIn(scale);
        scale.cellPx = std::min({scale.cellPx, m_width, m_height});
    }
    for (; steps < 0; ++steps) {
        scale = zoomedOut(scale);
        if (fits(m_slotCount, m_width, m_height, scale)) {
            return fitted(m_slotCount, m_width, m_height);
        }
    }
    // The cell under the mouse in the new grid is to show the same slot.
    const int columns = columnsFor(m_width, scale.cellPx);
    const int column = std::clamp(x / scale.cellPx, 0, columns - 1);
    const std::int64_t before =
        static_cast<std::int64_t>(std::max(y, 0) / scale.cellPx) * columns + column;
    const auto perCell = static_cast<std::int64_t>(scale.slotsPerCell);
    const std::int64_t first =
        static_cast<std::int64_t>(slot / scale.slotsPerCell) * perCell - before * perCell;
    return {m_slotCount, m_width, m_height, scale,
            static_cast<std::uint64_t>(std::max<std::int64_t>(0, first))};
}

SlotMapLayout SlotMapLayout::panned(int dxPx, int dyPx) const {
    const std::int64_t cells =
        static_cast<std::int64_t>(dyPx / m_scale.cellPx) * m_columns + dxPx / m_scale.cellPx;
    return at(static_cast<std::int64_t>(m_first) -
              cells * static_cast<std::int64_t>(m_scale.slotsPerCell));
}

SlotMapLayout SlotMapLayout::showing(std::uint64_t slot) const {
    const auto perRow = static_cast<std::int64_t>(m_scale.slotsPerCell) * m_columns;
    const auto first = static_cast<std::int64_t>(m_first);
    const auto wanted = static_cast<std::int64_t>(std::min(slot, m_slotCount - 1));
    const std::int64_t wholeRows = std::max(1, m_height / m_scale.cellPx);
    if (wanted < first) {
        return at(first - (first - wanted + perRow - 1) / perRow * perRow);
    }
    const std::int64_t beyond = wanted - (first + wholeRows * perRow);
    return beyond < 0 ? *this : at(first + (beyond / perRow + 1) * perRow);
}

SlotMapLayout SlotMapLayout::resized(int widthPx, int heightPx) const {
    if (showsEverything()) {
        return fitted(m_slotCount, widthPx, heightPx);
    }
    const SlotMapLayout same{m_slotCount, widthPx, heightPx, m_scale, m_first};
    return same.showsEverything() ? fitted(m_slotCount, widthPx, heightPx) : same;
}

} // namespace ringscope
