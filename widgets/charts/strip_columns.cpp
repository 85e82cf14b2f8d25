// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/charts/strip_columns.h"

#include <algorithm>
#include <limits>

namespace ringscope {

// Division that rounds down, also below zero.
std::int64_t columnOf(std::int64_t timeNs, std::int64_t columnNs) {
    const std::int64_t column = timeNs / columnNs;
    return column * columnNs > timeNs ? column - 1 : column;
}

StripGeometry stripGeometry(TimeRange visible, std::size_t count) {
    StripGeometry geometry;
    geometry.count = count;
    if (count == 0) {
        return geometry;
    }
    geometry.columnNs =
        std::max<std::int64_t>(1, visible.spanNs() / static_cast<std::int64_t>(count));
    geometry.firstColumn =
        columnOf(visible.toNs, geometry.columnNs) - static_cast<std::int64_t>(count) + 1;
    return geometry;
}

void StripColumns::setSeries(std::vector<ChartSeries> series) {
    m_series = std::move(series);
    m_columns.assign(m_series.size(), {});
    m_seen.assign(m_series.size(), {});
    m_geometry = {};
}

StripColumns::Seen StripColumns::seen(const SessionView& view, const ChartSeries& series) const {
    Seen result{0, std::numeric_limits<std::int64_t>::max()};
    for (const TrackRef track : series.tracks) {
        const SampleTableView& samples = view.samples(track);
        result.rows += samples.rows();
        result.lastNs =
            std::min(result.lastNs, samples.rows() == 0 ? std::numeric_limits<std::int64_t>::min()
                                                        : samples.timeAt(samples.rows() - 1));
    }
    return result;
}

StripColumns::Change StripColumns::update(const SessionView& view, const StripGeometry& geometry) {
    const std::size_t count = geometry.count;
    const std::int64_t moved = geometry.firstColumn - m_geometry.firstColumn;
    const bool scrolls = geometry.columnNs == m_geometry.columnNs && count == m_geometry.count &&
                         moved >= 0 && moved < static_cast<std::int64_t>(count);
    const std::size_t shift = scrolls ? static_cast<std::size_t>(moved) : count;
    std::size_t firstChanged = scrolls ? count : 0;
    for (std::size_t i = 0; i < m_series.size(); ++i) {
        if (m_series[i].isReadoutOnly) {
            continue;
        }
        const Seen now = seen(view, m_series[i]);
        std::size_t first = 0;
        if (scrolls) {
            first = count - shift;
            if (now.rows != m_seen[i].rows) {
                // The column of the last sample seen was not complete, those after it were held or
                // empty until the next sample came.
                const bool wasEmpty = m_seen[i].lastNs == std::numeric_limits<std::int64_t>::min();
                const std::int64_t dirty =
                    wasEmpty ? geometry.firstColumn : columnOf(m_seen[i].lastNs, geometry.columnNs);
                const std::int64_t local = std::max<std::int64_t>(0, dirty - geometry.firstColumn);
                first = std::min(first, static_cast<std::size_t>(local));
            }
            auto& kept = m_columns[i];
            kept.erase(kept.begin(), kept.begin() + static_cast<std::ptrdiff_t>(shift));
            kept.resize(first);
        } else {
            m_columns[i].clear();
        }
        m_seen[i] = now;
        firstChanged = std::min(firstChanged, first);
        if (first < count) {
            const std::vector<SeriesColumn> fresh = chartColumns(
                view, m_series[i], geometry.columnNs,
                geometry.firstColumn + static_cast<std::int64_t>(first), count - first);
            m_columns[i].insert(m_columns[i].end(), fresh.begin(), fresh.end());
        }
    }
    m_geometry = geometry;
    return {shift, firstChanged};
}

} // namespace ringscope
