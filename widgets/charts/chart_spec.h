// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QColor>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/memory/memory_type.h"
#include "core/session/series.h"
#include "core/session/session_view.h"
#include "widgets/theme/theme_tokens.h"

namespace ringscope {

enum class ChartStyle : std::uint8_t { lines, stacked };

// What a chart shows, whatever the session: it names tracks by pattern. A value; any thread.
struct ChartSpec {
    std::string name;                  // stable: `ringscope chart --chart NAME`
    std::string title;                 // for people
    std::string help;                  // one sentence
    std::vector<std::string> tracks{}; // patterns, in the order of the legend; a stack starts below
    ChartStyle style = ChartStyle::lines;
    Unit unit = Unit::none;                         // of the y axis; every track drawn has it
    double fixedMax = 0;                            // of the y axis; 0 = grows with the data
    std::vector<std::string> readouts{};            // in the legend only: they have another unit
    std::size_t seriesShownAtFirst = kSeriesColors; // the others wait in the legend's menu
    bool isShownAtFirst = true;                     // in the stack
    std::string hiddenBeside{};  // at first, where the session has this track: it tells the same
    bool isSumOfPattern = false; // each pattern's tracks together in front, one by one in the menu
};

// How several tracks become one series, when there are too many to draw each.
enum class Aggregate : std::uint8_t { single, max, mean, sum };

// One line or layer of a chart, found in a session.
struct ChartSeries {
    std::string label;
    std::string help;
    Unit unit = Unit::none;       // of the shown value
    std::vector<TrackRef> tracks; // one, unless aggregated
    Aggregate aggregate = Aggregate::single;
    std::optional<MemoryType> memoryType; // has its own colour everywhere
    std::size_t colorIndex = 0;
    bool isShownAtFirst = true;
    bool isReadoutOnly = false;

    [[nodiscard]] QColor color(const ThemeTokens& tokens) const;
};

// Every chart there is, in the order of the stack.
[[nodiscard]] const std::vector<ChartSpec>& knownCharts();
// Those for which the session has at least one track, and whether each is shown in its stack at
// first.
[[nodiscard]] std::vector<ChartSpec> defaultCharts(const SessionView& view);
// The instant that time labels count from: the session's time zero.
[[nodiscard]] std::int64_t timeZeroNs(const SessionView& view);
[[nodiscard]] const ChartSpec* findChart(std::string_view name);

// A chart's series in a session. More than kSeriesColors lines of one kind (64 channels) get their
// maximum and mean in front, and the first few are shown at first.
[[nodiscard]] std::vector<ChartSeries> chartSeries(const ChartSpec& spec, const SessionView& view);

// seriesColumns(), valueAt() and seriesStatistics() for a series that may be an aggregate.
[[nodiscard]] std::vector<SeriesColumn> chartColumns(const SessionView& view,
                                                     const ChartSeries& series,
                                                     std::int64_t columnNs,
                                                     std::int64_t firstColumn, std::size_t count);
[[nodiscard]] double chartValueAt(const SessionView& view, const ChartSeries& series,
                                  std::int64_t timeNs);
// What a read-out says is "now": a level's newest value, a rate over the last half second (the rate
// between the last two samples of 1 ms would only flicker).
[[nodiscard]] double chartValueNow(const SessionView& view, const ChartSeries& series,
                                   std::int64_t timeNs);
// The mean of chartStatistics() alone, at the cost of seriesMean().
[[nodiscard]] double chartMean(const SessionView& view, const ChartSeries& series,
                               std::int64_t fromNs, std::int64_t toNs);
[[nodiscard]] SeriesStatistics chartStatistics(const SessionView& view, const ChartSeries& series,
                                               std::int64_t fromNs, std::int64_t toNs);

} // namespace ringscope
