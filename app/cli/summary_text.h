// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "core/session/run_summary.h"

namespace ringscope {

// What `run` and `record` print for people at the end: delivery, rate, latency, ring, heap, memory,
// workers.
[[nodiscard]] std::string summaryText(const RunSummary& summary);

} // namespace ringscope
