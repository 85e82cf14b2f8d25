// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/slots/slot_cell_tiles.h"

#include <algorithm>

namespace ringscope {

namespace {

constexpr int kSmallestGapPx = 3;     // from here on a line of background separates the cells
constexpr int kSmallestHatchPx = 3;   // of stuck
constexpr int kSmallestPatternPx = 6; // of the other states

QRgb mix(QRgb a, QRgb b, int percentOfB) {
    const auto channel = [percentOfB](int from, int to) {
        return (from * (100 - percentOfB) + to * percentOfB) / 100;
    };
    return qRgb(channel(qRed(a), qRed(b)), channel(qGreen(a), qGreen(b)),
                channel(qBlue(a), qBlue(b)));
}

// Whether the pattern of a state leaves the background or draws in ink at a pixel of the inner
// square of side `side`.
enum class Stroke { fill, background, ink };

Stroke strokeAt(SlotState state, int x, int y, int side) {
    const int border = std::max(1, side / 8);
    const auto inFrame = [&](int inset) {
        return x >= inset && y >= inset && x < side - inset && y < side - inset;
    };
    const bool hasPattern = side >= kSmallestPatternPx - 1;
    switch (state) {
    case SlotState::free:
        return hasPattern && inFrame(border) ? Stroke::background : Stroke::fill;
    case SlotState::ready:
        return Stroke::fill;
    case SlotState::reading:
        return hasPattern && inFrame(std::max(2, side * 3 / 10)) ? Stroke::background
                                                                 : Stroke::fill;
    case SlotState::writing:
        return hasPattern && x - y > side / 3 ? Stroke::background : Stroke::fill;
    case SlotState::stuck: {
        if (side < kSmallestHatchPx - 1) {
            return Stroke::fill;
        }
        const int period = std::max(3, side / 3);
        return (x + y) % period < std::max(1, period / 3) ? Stroke::ink : Stroke::fill;
    }
    }
    return Stroke::fill;
}

} // namespace

SlotCellTiles::SlotCellTiles(const SlotColours& colours, int cellPx)
    : m_colours(colours)
    , m_cellPx(cellPx)
    , m_pixels(kSlotCellCodeCount * static_cast<std::size_t>(cellPx) *
                   static_cast<std::size_t>(cellPx),
               colours.background) {
    const int gap = cellPx >= kSmallestGapPx ? std::max(1, cellPx / 12) : 0;
    const int side = cellPx - gap;
    const QRgb freeColour = colours.states[static_cast<std::size_t>(SlotState::free)];
    const QRgb unknown = mix(colours.background, freeColour, 40);
    for (std::size_t code = 0; code < kSlotCellCodeCount; ++code) {
        QRgb* tile = m_pixels.data() + code * static_cast<std::size_t>(cellPx * cellPx);
        for (int y = 0; y < side; ++y) {
            for (int x = 0; x < side; ++x) {
                QRgb colour = unknown;
                if (code != kUnknownCell) {
                    const auto state = static_cast<SlotState>(code - 1);
                    const Stroke stroke = strokeAt(state, x, y, side);
                    colour = stroke == Stroke::fill     ? colours.states[code - 1]
                             : stroke == Stroke::ink    ? colours.ink
                             : state == SlotState::free ? mix(colours.background, freeColour, 45)
                                                        : colours.background;
                }
                tile[y * cellPx + x] = colour;
            }
        }
    }
}

} // namespace ringscope
