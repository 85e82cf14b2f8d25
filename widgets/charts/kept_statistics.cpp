// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/charts/kept_statistics.h"

#include <algorithm>

namespace ringscope {

const SeriesStatistics& KeptStatistics::of(const SessionView& view, const ChartSeries& series,
                                           std::size_t index, TimeRange range) {
    // What is published never changes, so the same number of rows is the same rows.
    std::size_t rows = 0;
    for (const TrackRef track : series.tracks) {
        rows += view.samples(track).lowerBound(range.toNs + 1);
    }
    m_entries.resize(std::max(m_entries.size(), index + 1));
    Entry& entry = m_entries[index];
    if (!entry.isCounted || entry.range != range || entry.rowsUpToEnd != rows) {
        entry = {range, rows, true, chartStatistics(view, series, range.fromNs, range.toNs)};
        ++m_counted;
    }
    return entry.statistics;
}

} // namespace ringscope
