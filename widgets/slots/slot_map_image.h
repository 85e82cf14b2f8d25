// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include <QImage>

#include "core/ring/slot_snapshot.h"
#include "widgets/slots/slot_cell_tiles.h"
#include "widgets/slots/slot_map_layout.h"

namespace ringscope {

// Pixel rows [top, bottom) that changed; empty when top == bottom.
struct PixelRows {
    int top = 0;
    int bottom = 0;
    bool operator==(const PixelRows&) const = default;
};

// The picture of a ring's slots. It remembers what each cell shows and which blocks it has drawn,
// so that a new snapshot costs a look at the blocks whose pointer changed and a copy of the cells
// whose code did. The result is the same as drawing everything anew. GUI thread.
class SlotMapImage {
public:
    // Draws everything. snapshot may be null: all cells are unknown.
    void reset(const SlotMapLayout& layout, const SlotColours& colours, QSize sizePx,
               std::shared_ptr<const SlotSnapshot> snapshot);
    // Draws what differs; layout and colours as before. The ring must be as large as the layout's.
    PixelRows update(std::shared_ptr<const SlotSnapshot> snapshot);

    [[nodiscard]] const QImage& image() const noexcept { return m_image; }
    // The code of each visible cell.
    [[nodiscard]] const std::vector<SlotCellCode>& cells() const noexcept { return m_cells; }

private:
    PixelRows redrawCells(std::uint64_t firstCell, std::uint64_t endCell);
    void drawCell(int x, int y, SlotCellCode code);

    SlotMapLayout m_layout;
    SlotCellTiles m_tiles;
    QImage m_image; // shared with nobody while it is drawn into
    std::vector<SlotCellCode> m_cells;
    std::shared_ptr<const SlotSnapshot> m_snapshot;
};

// The most severe state of a run of slots; what has not been read counts least.
[[nodiscard]] SlotCellCode mostSevere(const SlotSnapshot* snapshot, SlotRun run) noexcept;

} // namespace ringscope
