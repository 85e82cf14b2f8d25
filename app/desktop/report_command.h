// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/desktop/command_line.h"
#include "core/base/expected.h"

namespace ringscope {

// `ringscope report` and `ringscope chart`: read a recorded session and write one file. Need a
// QApplication, on its thread; no display.
[[nodiscard]] Expected<void> runReport(const ReportCommand& command);
[[nodiscard]] Expected<void> runChart(const ChartCommand& command);

} // namespace ringscope
