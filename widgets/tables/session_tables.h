// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <vector>

#include <QString>

#include "core/session/session_view.h"
#include "widgets/tables/table_contents.h"

namespace ringscope {

// What the tables of the window show: columns once, rows for each view. Pure functions of the view.

// A worker's value is the pid of its process.
[[nodiscard]] std::vector<TableColumn> workerColumns();
[[nodiscard]] std::vector<TableRow> workerRows(const SessionView& view);

// Physical memory by type at an instant (the cursor, or view.endNs for now), from the tracks
// memory.type.*, in the order of the legend.
[[nodiscard]] std::vector<TableColumn> memoryTypeColumns();
[[nodiscard]] std::vector<TableRow> memoryTypeRows(const SessionView& view, std::int64_t timeNs);

[[nodiscard]] std::vector<TableColumn> sourceColumns();
[[nodiscard]] std::vector<TableRow> sourceRows(const SessionView& view);

// Statistics of every track over a selected range; tracks without a sample in it are left out.
[[nodiscard]] std::vector<TableColumn> statisticsColumns();
[[nodiscard]] std::vector<TableRow> statisticsRows(const SessionView& view, std::int64_t fromNs,
                                                   std::int64_t toNs);

// "00:01:23.456" since the session began.
[[nodiscard]] QString sessionTime(const SessionView& view, std::int64_t timeNs);

// Markers by time, findings among them; a row's value is its time, for whoever wants to go there.
[[nodiscard]] std::vector<TableColumn> markerColumns();
[[nodiscard]] std::vector<TableRow> markerRows(const SessionView& view);

} // namespace ringscope
