// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/slots/slot_map_image.h"

#include <algorithm>
#include <cstring>

namespace ringscope {

namespace {

// Blocks are compared by pointer: a block is never changed once it is published.
bool isSameBlock(const SlotSnapshot* a, const SlotSnapshot* b, std::size_t index) {
    const auto block = [index](const SlotSnapshot* snapshot) -> const SlotBlock* {
        return snapshot != nullptr && index < snapshot->blocks.size()
                   ? snapshot->blocks[index].get()
                   : nullptr;
    };
    return block(a) == block(b);
}

} // namespace

SlotCellCode mostSevere(const SlotSnapshot* snapshot, SlotRun run) noexcept {
    SlotCellCode worst = kUnknownCell;
    if (snapshot == nullptr) {
        return worst;
    }
    const std::uint64_t end = run.first + run.count;
    for (std::uint64_t slot = run.first; slot < end;) {
        const std::uint64_t index = slot / kSlotsPerBlock;
        const std::uint64_t blockEnd = std::min(end, (index + 1) * kSlotsPerBlock);
        if (index >= snapshot->blocks.size()) {
            return worst;
        }
        if (const SlotBlock* block = snapshot->blocks[index].get()) {
            const std::uint64_t start = index * kSlotsPerBlock;
            const std::uint64_t last = std::min<std::uint64_t>(blockEnd - start, block->count);
            for (std::uint64_t i = slot - start; i < last; ++i) {
                worst = std::max(worst, cellCode(block->states[i]));
            }
        }
        slot = blockEnd;
    }
    return std::min(worst, static_cast<SlotCellCode>(kSlotCellCodeCount - 1));
}

void SlotMapImage::drawCell(std::uint64_t cell, SlotCellCode code) {
    const PixelRect rect = m_layout.rectOfCell(cell);
    const int width = std::min(rect.width, m_image.width() - rect.x);
    const int bottom = std::min(rect.y + rect.height, m_image.height());
    if (width <= 0) {
        return;
    }
    for (int y = rect.y; y < bottom; ++y) {
        auto* line = reinterpret_cast<QRgb*>(m_image.scanLine(y));
        std::memcpy(line + rect.x, m_tiles.row(code, y - rect.y),
                    static_cast<std::size_t>(width) * sizeof(QRgb));
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
        drawCell(cell, m_cells[cell]);
    }
}

PixelRows SlotMapImage::redrawCells(std::uint64_t firstCell, std::uint64_t endCell) {
    PixelRows dirty;
    for (std::uint64_t cell = firstCell; cell < endCell; ++cell) {
        const SlotCellCode code = mostSevere(m_snapshot.get(), m_layout.slotsOfCell(cell));
        if (code == m_cells[cell]) {
            continue;
        }
        m_cells[cell] = code;
        drawCell(cell, code);
        const PixelRect rect = m_layout.rectOfCell(cell);
        dirty.top = dirty.bottom == 0 ? rect.y : std::min(dirty.top, rect.y);
        dirty.bottom = std::max(dirty.bottom, std::min(rect.y + rect.height, m_image.height()));
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
        if (isSameBlock(before.get(), m_snapshot.get(), block)) {
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
