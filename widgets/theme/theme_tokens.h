// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QColor>
#include <QFont>
#include <QPalette>

#include <array>
#include <cstddef>
#include <string_view>

#include "core/memory/memory_type.h"
#include "core/ring/slot_snapshot.h"

namespace ringscope {

constexpr std::size_t kSeriesColors = 7;
// Distances of the 8 px grid.
constexpr int kSpaceRelated = 8;
constexpr int kSpaceGroups = 16;

// Every colour of the program, for one theme. The only place that defines one: charts, tables, maps
// and the palette all read it, so a thing has the same colour everywhere. Text has a contrast of at
// least 4.5:1 to window and panel, series and states 3:1 to the panel (tested); the series colours
// stay apart under protanopia, deuteranopia and tritanopia. An immutable value; any thread.
struct ThemeTokens {
    bool isDark = false;
    QColor window;
    QColor panel;
    QColor text;
    QColor textSecondary;
    QColor textDisabled;
    QColor line; // borders and axes
    QColor grid;
    QColor accent;     // focus, selection, what can be clicked
    QColor accentText; // on accent
    QColor warning;    // losses and stalls; text and marks
    QColor error;
    QColor grown; // differences
    QColor shrunk;
    std::array<QColor, kSeriesColors> series;
    std::array<QColor, kSlotStateCount> slotStates;   // by SlotState; stuck is hatched as well
    std::array<QColor, kMemoryTypeCount> memoryTypes; // by MemoryType

    // Colours repeat after kSeriesColors; whoever shows more says so with a second cue.
    [[nodiscard]] QColor seriesColor(std::size_t index) const {
        return series[index % kSeriesColors];
    }
    [[nodiscard]] QColor slotColor(SlotState state) const {
        return slotStates[static_cast<std::size_t>(state)];
    }
    [[nodiscard]] QColor memoryTypeColor(MemoryType type) const {
        return memoryTypes[static_cast<std::size_t>(type)];
    }
};

[[nodiscard]] const ThemeTokens& lightTokens();
[[nodiscard]] const ThemeTokens& darkTokens();
// "dark" is dark, everything else light.
[[nodiscard]] const ThemeTokens& tokensNamed(std::string_view name);

// For QApplication::setPalette(), with the Fusion style. All colour groups are set.
[[nodiscard]] QPalette themePalette(const ThemeTokens& tokens);

// DejaVu Sans by name, so that a chart looks the same on every machine and in every export; its
// figures are tabular. Sizes in points: body 9, never less.
[[nodiscard]] QFont bodyFont();
[[nodiscard]] QFont headingFont(); // of a panel: semibold
[[nodiscard]] QFont titleFont();   // of a window's empty state or an exported chart

// WCAG 2.1 contrast ratio, 1 to 21.
[[nodiscard]] double contrastRatio(const QColor& a, const QColor& b);

} // namespace ringscope
