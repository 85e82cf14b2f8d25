// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/session/series.h"
#include "widgets/charts/chart_spec.h"
#include "widgets/charts/time_link.h"

namespace ringscope {

// The pixel columns of a chart: column numbers are absolute (SeriesColumn), so a chart that scrolls
// keeps all but the newest of them.
struct StripGeometry {
    std::int64_t columnNs = 1;
    std::int64_t firstColumn = 0;
    std::size_t count = 0;

    [[nodiscard]] std::int64_t fromNs() const noexcept { return firstColumn * columnNs; }
    [[nodiscard]] std::int64_t toNs() const noexcept {
        return (firstColumn + static_cast<std::int64_t>(count)) * columnNs;
    }
    [[nodiscard]] std::int64_t endColumn() const noexcept {
        return firstColumn + static_cast<std::int64_t>(count);
    }
    auto operator<=>(const StripGeometry&) const = default;
};
// The absolute number of the column that holds a moment.
[[nodiscard]] std::int64_t columnOf(std::int64_t timeNs, std::int64_t columnNs);
// `count` columns over a range whose end lies in the last of them.
[[nodiscard]] StripGeometry stripGeometry(TimeRange visible, std::size_t count);

// What is drawn of several series: their columns, kept and completed as the session grows. Not a
// widget; one thread.
class StripColumns {
public:
    // What an update changed: the picture moved left by `shift` columns (count() or more: nothing
    // of it is left), and columns from firstChanged on are new.
    struct Change {
        std::size_t shift = 0;
        std::size_t firstChanged = 0;
        bool operator==(const Change&) const = default;
    };

    void setSeries(std::vector<ChartSeries> series);
    [[nodiscard]] const std::vector<ChartSeries>& series() const noexcept { return m_series; }
    [[nodiscard]] const StripGeometry& geometry() const noexcept { return m_geometry; }
    [[nodiscard]] std::size_t count() const noexcept { return m_geometry.count; }
    // One entry a column; NaN is a gap. Read-outs that are not drawn have none.
    [[nodiscard]] const std::vector<SeriesColumn>& columns(std::size_t series) const {
        return m_columns[series];
    }

    // The session must be the one of the last update, or a later view of it: else setSeries()
    // first.
    Change update(const SessionView& view, const StripGeometry& geometry);

private:
    std::vector<ChartSeries> m_series;
    std::vector<std::vector<SeriesColumn>> m_columns;
    // Per series, the rows its tracks had at the last update and the time of the last of them.
    struct Seen {
        std::size_t rows = 0;
        std::int64_t lastNs = 0;
    };
    [[nodiscard]] Seen seen(const SessionView& view, const ChartSeries& series) const;
    std::vector<Seen> m_seen;
    StripGeometry m_geometry;
};

} // namespace ringscope
