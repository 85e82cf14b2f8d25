// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/units.h"
#include "core/session/session_view.h"
#include "widgets/charts/chart_spec.h"
#include "widgets/charts/time_link.h"

class QLabel;
class QTableWidget;

namespace ringscope {

// One line of the statistics of a range.
struct RangeRow {
    std::string chart;
    std::string series;
    Unit unit = Unit::none; // of the rates or levels
    Unit totalUnit = Unit::none;
    SeriesStatistics statistics;
};
// All series of the charts that the session has, but for aggregates.
[[nodiscard]] std::vector<RangeRow> rangeStatistics(const SessionView& view, TimeRange range);

// Minimum, mean, maximum and total of every series over the selected range. GUI thread only.
class RangeTable : public QWidget {
    Q_OBJECT

public:
    explicit RangeTable(TimeLink& link, QWidget* parent = nullptr);

    void setView(std::shared_ptr<const SessionView> view);
    // Counts again when the range is another one.
    void tick();
    void setByteScale(ByteScale scale);

private:
    void fill();

    TimeLink& m_link;
    QLabel* m_heading; // children
    QTableWidget* m_table;
    std::shared_ptr<const SessionView> m_view;
    std::optional<TimeRange> m_shown;
    ByteScale m_byteScale = ByteScale::automatic;
};

} // namespace ringscope
