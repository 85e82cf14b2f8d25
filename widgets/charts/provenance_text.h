// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

#include <utility>
#include <vector>

#include "core/session/session_view.h"

namespace ringscope {

// Where a picture comes from, as every exported chart and report carries it: version, machine,
// kernel, scenario, seed, start, each source's rate and losses, damage. Name and value, in order.
[[nodiscard]] std::vector<std::pair<QString, QString>> provenanceText(const SessionView& view);
// The same on one short line for below a chart: "steady · seed 1 · 2026-11-22 21:04 · Ringscope
// 0.1.0".
[[nodiscard]] QString provenanceLine(const SessionView& view);

} // namespace ringscope
