// SPDX-License-Identifier: MIT
#pragma once

#include "core/base/expected.h"

namespace ringscope {

// Descriptors and arguments that a worker process is started with (worker_processes.h):
//   ringscope-worker --run FIRST COUNT   scoreboard is descriptor 3, descriptor 4 is the reading
//   end of a pipe whose writing end only the run holds: its end means that the run is gone.
constexpr int kScoreboardDescriptor = 3;
constexpr int kParentDescriptor = 4;

// The whole life of a worker process: workers [first, first + count) of the scoreboard, the first
// on the calling thread. When the run is gone it unlinks the ring and ends within a second,
// whatever its workers do. Returns the exit status. Errors (usage): it was not started by a run.
[[nodiscard]] Expected<int> runWorkerProgram(int argc, char** argv);

} // namespace ringscope
