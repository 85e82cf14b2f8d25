// SPDX-License-Identifier: MIT
#pragma once

#include "core/session/run_summary.h"
#include "core/session/session_view.h"

namespace ringscope {

// Fills in the numbers of a summary that are what the session's tracks come to: peaks of physical
// memory, page faults, largest fill, sizing of each channel. Parts whose tracks are missing or hold
// nothing stay empty; a ring that is described already keeps its description.
void addTrackNumbers(RunSummary& summary, const SessionView& view);

} // namespace ringscope
