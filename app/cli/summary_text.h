// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "core/session/run_summary.h"

namespace ringscope {

// What `run` and `record` print for people at the end: delivery, rate, latency, ring, sizing, heap,
// memory, workers.
[[nodiscard]] std::string summaryText(const RunSummary& summary);
// The advice for each channel, a line each; of many channels only those that ask for something.
[[nodiscard]] std::string sizingText(const std::vector<ChannelSizing>& sizing);

} // namespace ringscope
