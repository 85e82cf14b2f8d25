// SPDX-License-Identifier: MIT
#pragma once

#include "core/session/recorder.h"
#include "core/session/session.h"
#include "core/session/target_processes.h"

namespace ringscope {

// The three sources of physical memory, from the cheapest to the most expensive. processes outlives
// the recorder.
void addMemorySources(TargetProcesses& processes, Recorder& recorder, Session& session);

} // namespace ringscope
