// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/slots/slot_map_image.h"

#include <algorithm>
#include <cstring>

namespace ringscope {

namespace {

const SlotBlock* blockAt(const SlotSnapshot* snapshot, std::uint64_t index) {
    return snapshot != nullptr && index < snapshot->blocks.size() ? snapshot->blocks[index].get()
                                                                  : nullptr;
}

// Of slots [first, last) of a block.
SlotCellCode mostSevereIn(const SlotBlock& block, std::uint64_t first, std::uint64_t last) {
    SlotCellCode worst = kUnknownCell;
    last = std::min<std::uint64_t>(last, block.count);
    for (std::uint64_t i = first; i < last; ++i) {
        worst = std::max(worst, cellCode(block.states[i]));
    }
    return std::min(worst, static_cast<SlotCellCode>(kSlotCellCodeCount - 1));
}

} // namespace

SlotCellCode mostSevere(const SlotSnapshot* snapshot, SlotRun run) noexcept {
    SlotCellCode worst = kUnknownCell;
    const std::uint64_t end = run.first + run.count;
    for (std::uint64_t slot = run.first; slot < end;) {
        const std::uint64_t index = slot / kSlotsPerBlock;
        const std::uint64_t start = index * kSlotsPerBlock;
        const std::uint64_t blockEnd = std::min(end, start + kSlotsPerBlock);
        if (const SlotBlock* block = blockAt(snapshot, index)) {
            worst = std::max(worst, mostSevereIn(*block, slot - start, blockEnd - start));
        }
        slot = blockEnd;
    }
    return worst;
}

void SlotMapImage::drawCell(int x, int y, SlotCellCode code) {
    const int side = m_layout.scale().cellPx;
    const int width = std::min(side, m_image.width() - x);
    const int bottom = std::min(y + side, m_image.height());
    if (width <= 0) {
        return;
    }
    const qsizetype stride = m_image.bytesPerLine();
    uchar* line = m_image.bits() + y * stride + x * static_cast<qsizetype>(sizeof(QRgb));
    for (int row = 0; row < bottom - y; ++row, line += stride) {
        std::memcpy(line, m_tiles.row(code, row), static_cast<std::size_t>(width) * sizeof(QRgb));
    }
}

void SlotMapImage::reset(const SlotMapLayout& layout, const SlotColours& colours, QSize sizePx,
                         std::shared_ptr<const SlotSnapshot> snapshot) {
    m_layout = layout;
    m_snapshot = std::move(snapshot);
    if (m_tiles.cellPx() != layout.scale().cellPx || m_tiles.colours() != colours) {
        m_tiles = SlotCellTiles(colours, layout.scale().cellPx);
    }
    if (m_image.size() != sizePx) {
        m_image = QImage(sizePx, QImage::Format_RGB32);
    }
    m_image.fill(colours.background);
    m_cells.assign(layout.cells(), kUnknownCell);
    for (std::uint64_t cell = 0; cell < m_cells.size(); ++cell) {
        m_cells[cell] = mostSevere(m_snapshot.get(), layout.slotsOfCell(cell));
        const PixelRect rect = layout.rectOfCell(cell);
        drawCell(rect.x, rect.y, m_cells[cell]);
    }
}

PixelRows SlotMapImage::redrawCells(std::uint64_t firstCell, std::uint64_t endCell) {
    PixelRows dirty;
    if (firstCell >= endCell) {
        return dirty;
    }
    // Each cell's place follows from that of the one before: dividing for each of the many cells of
    // a large ring would cost more than drawing them.
    const int side = m_layout.scale().cellPx;
    const int endX = m_layout.columns() * side;
    PixelRect at = m_layout.rectOfCell(firstCell);
    SlotRun run = m_layout.slotsOfCell(firstCell);
    const SlotRun shown = m_layout.visibleSlots();
    for (std::uint64_t cell = firstCell; cell < endCell; ++cell) {
        run.count = std::min(run.count, shown.first + shown.count - run.first);
        const std::uint64_t inBlock = run.first % kSlotsPerBlock;
        const SlotBlock* block = blockAt(m_snapshot.get(), run.first / kSlotsPerBlock);
        const SlotCellCode code = inBlock + run.count <= kSlotsPerBlock && block != nullptr
                                      ? mostSevereIn(*block, inBlock, inBlock + run.count)
                                      : mostSevere(m_snapshot.get(), run);
        if (code != m_cells[cell]) {
            m_cells[cell] = code;
            drawCell(at.x, at.y, code);
            dirty.top = dirty.bottom == 0 ? at.y : dirty.top; // cells come from the top down
            dirty.bottom = std::min(at.y + side, m_image.height());
        }
        run.first += run.count;
        at.x += side;
        if (at.x == endX) {
            at.x = 0;
            at.y += side;
        }
    }
    return dirty;
}

PixelRows SlotMapImage::update(std::shared_ptr<const SlotSnapshot> snapshot) {
    const std::shared_ptr<const SlotSnapshot> before = m_snapshot;
    m_snapshot = std::move(snapshot);
    PixelRows dirty;
    if (m_cells.empty()) {
        return dirty;
    }
    const SlotRun shown = m_layout.visibleSlots();
    const std::uint64_t perCell = m_layout.scale().slotsPerCell;
    std::uint64_t nextCell = 0; // a cell across a block's edge is drawn once
    for (std::uint64_t block = shown.first / kSlotsPerBlock;
         block * kSlotsPerBlock < shown.first + shown.count; ++block) {
        // A block is never changed once it is published.
        if (blockAt(before.get(), block) == blockAt(m_snapshot.get(), block)) {
            continue;
        }
        const std::uint64_t first = std::max(block * kSlotsPerBlock, shown.first);
        const std::uint64_t last =
            std::min((block + 1) * kSlotsPerBlock, shown.first + shown.count) - 1;
        const std::uint64_t firstCell = std::max((first - shown.first) / perCell, nextCell);
        nextCell = std::min<std::uint64_t>((last - shown.first) / perCell + 1, m_cells.size());
        const PixelRows rows = redrawCells(firstCell, nextCell);
        if (rows.bottom != 0) {
            dirty.top = dirty.bottom == 0 ? rows.top : std::min(dirty.top, rows.top);
            dirty.bottom = std::max(dirty.bottom, rows.bottom);
        }
    }
    return dirty;
}

} // namespace ringscope
