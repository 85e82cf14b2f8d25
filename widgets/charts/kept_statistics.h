// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/session/series.h"
#include "widgets/charts/chart_spec.h"
#include "widgets/charts/time_link.h"

namespace ringscope {

// chartStatistics() of the series of one chart, counted anew only when the range is another one or
// holds more samples: a range is looked at many times a second, and the extremes of a counter's
// rate take a look at each of its samples. One thread.
class KeptStatistics {
public:
    // For another session, or other series.
    void clear() { m_entries.clear(); }
    // index: of the series, the same for the same series until clear().
    const SeriesStatistics& of(const SessionView& view, const ChartSeries& series,
                               std::size_t index, TimeRange range);
    [[nodiscard]] std::uint64_t counted() const noexcept { return m_counted; }

private:
    struct Entry {
        TimeRange range;
        std::size_t rowsUpToEnd = 0; // of all tracks of the series
        bool isCounted = false;
        SeriesStatistics statistics{};
    };
    std::vector<Entry> m_entries;
    std::uint64_t m_counted = 0;
};

} // namespace ringscope
