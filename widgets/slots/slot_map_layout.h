// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>

namespace ringscope {

// How large slots are drawn. At least one of the two is 1: either a cell of cellPx device pixels
// shows one slot, or a pixel shows slotsPerCell of them.
struct SlotMapScale {
    std::uint64_t slotsPerCell = 1;
    int cellPx = 1;
    auto operator<=>(const SlotMapScale&) const = default;
};

struct SlotRun {
    std::uint64_t first = 0;
    std::uint64_t count = 0;
    auto operator<=>(const SlotRun&) const = default;
};

struct PixelRect {
    int x = 0;
    int y = 0;
    int width = 0;
    int height = 0;
    auto operator<=>(const PixelRect&) const = default;
};

// Where each slot of a ring is drawn: a run of text that is wrapped at the right edge, so that the
// sequence of slots reads left to right and top to bottom at every zoom. The view is the first slot
// shown and a scale; rows may begin at any slot, therefore a zoom keeps the slot under the mouse
// exactly there and a drag moves the run both ways. A value: pure numbers in device pixels.
class SlotMapLayout {
public:
    SlotMapLayout() = default;
    // Everything visible, cells as large as possible (but not larger than needed to read them).
    static SlotMapLayout fitted(std::uint64_t slotCount, int widthPx, int heightPx);
    SlotMapLayout(std::uint64_t slotCount, int widthPx, int heightPx, SlotMapScale scale,
                  std::uint64_t firstSlot);

    [[nodiscard]] std::uint64_t slotCount() const noexcept { return m_slotCount; }
    [[nodiscard]] SlotMapScale scale() const noexcept { return m_scale; }
    [[nodiscard]] int columns() const noexcept { return m_columns; }
    // Rows of cells that are at least partly visible.
    [[nodiscard]] int rows() const noexcept { return m_rows; }
    // Cells that are at least partly visible, the last row not filled up beyond the last slot.
    [[nodiscard]] std::uint64_t cells() const noexcept;
    [[nodiscard]] SlotRun visibleSlots() const noexcept;
    [[nodiscard]] bool showsEverything() const noexcept;

    // The slots of a visible cell; fewer than slotsPerCell only in the last of the ring.
    [[nodiscard]] SlotRun slotsOfCell(std::uint64_t cell) const noexcept;
    [[nodiscard]] PixelRect rectOfCell(std::uint64_t cell) const noexcept;
    // The visible cell that shows a slot.
    [[nodiscard]] std::optional<std::uint64_t> cellOfSlot(std::uint64_t slot) const noexcept;
    // Nothing between and behind the cells.
    [[nodiscard]] std::optional<std::uint64_t> cellAt(int x, int y) const noexcept;

    // steps > 0 zooms in, down to one slot that fills the view; < 0 out, until everything is shown.
    [[nodiscard]] SlotMapLayout zoomedAt(int x, int y, int steps) const;
    // The run moved by the pixels a drag covered, in whole cells; clamped to the ring.
    [[nodiscard]] SlotMapLayout panned(int dxPx, int dyPx) const;
    // Scrolled by as few rows as needed to have the slot in full view.
    [[nodiscard]] SlotMapLayout showing(std::uint64_t slot) const;
    // The same scale and first slot in another area; fitted again when it was.
    [[nodiscard]] SlotMapLayout resized(int widthPx, int heightPx) const;

    auto operator<=>(const SlotMapLayout&) const = default;

private:
    [[nodiscard]] SlotMapLayout at(std::int64_t firstSlot) const;

    std::uint64_t m_slotCount = 0;
    int m_width = 0;
    int m_height = 0;
    SlotMapScale m_scale;
    std::uint64_t m_first = 0; // a multiple of slotsPerCell
    int m_columns = 0;
    int m_rows = 0;
};

// The next scale when zooming by one step: about 1.25 times, at least one pixel or slot.
[[nodiscard]] SlotMapScale zoomedIn(SlotMapScale scale);
[[nodiscard]] SlotMapScale zoomedOut(SlotMapScale scale);

} // namespace ringscope
