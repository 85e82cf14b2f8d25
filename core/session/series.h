// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/session/session_view.h"

namespace ringscope {

// One pixel column of a chart: the extremes and the mean of what is shown (for a counter: its rate
// in 1/s) over [start, start + columnNs). NaN where there is no data, which is drawn as a gap.
struct SeriesColumn {
    double min;
    double max;
    double mean;
    double last; // NaN also in a column with data that ends in a gap: the next is not joined to it
};

// Columns have absolute numbers: column k covers [k * columnNs, (k + 1) * columnNs) on the
// session's clock, so a scrolled chart keeps the columns it has and the same column never changes
// once it is past the newest sample. Sparse tracks: a gauge holds its last value until its next
// sample, for at most holdNs (a sample period or so); after that it is a gap. A counter's rate
// between two samples fills the columns between them.
[[nodiscard]] std::vector<SeriesColumn> seriesColumns(const SessionView& view, TrackRef track,
                                                      std::int64_t columnNs,
                                                      std::int64_t firstColumn, std::size_t count);

// How a track's shown value is labelled: a counter of `count` is shown in 1/s, of bytes in bytes/s.
[[nodiscard]] Unit shownUnit(const TrackDescription& description);

// The shown value at an instant: a gauge's last sample at or before it, a counter's rate around it.
// NaN in a gap.
[[nodiscard]] double valueAt(const SessionView& view, TrackRef track, std::int64_t timeNs);

// Statistics of the shown value over [fromNs, toNs]. A counter: mean = total / time, total = its
// exact increase, min and max over its samples' rates. NaN (count 0) without data.
struct SeriesStatistics {
    double min;
    double max;
    double mean;
    double first;
    double last;
    double total; // a counter's increase; NaN for gauges
    std::uint64_t samples;
};
[[nodiscard]] SeriesStatistics seriesStatistics(const SessionView& view, TrackRef track,
                                                std::int64_t fromNs, std::int64_t toNs);
// The mean alone. It costs O(log n) for counters too, whose extremes take a look at every sample.
[[nodiscard]] double seriesMean(const SessionView& view, TrackRef track, std::int64_t fromNs,
                                std::int64_t toNs);

} // namespace ringscope
