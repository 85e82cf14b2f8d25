// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "core/base/expected.h"
#include "core/ring/segment.h"
#include "core/workload/scoreboard.h"

namespace ringscope {

// Where a worker runs and what it may look at. All must outlive runWorker().
struct WorkerPlace {
    const Segment* segment = nullptr;
    MappedScoreboard* board = nullptr;
    MappedScoreboard::Area area;
    std::uint32_t worker = 0;                     // number, producers first
    const std::atomic<bool>* mustLeave = nullptr; // set from a signal handler or another thread
};

// One worker of a workload, from joining its channels until the run says stop: what the scenario
// calls a producer or a consumer. On the calling thread, which it names and pins. At full speed it
// neither allocates, nor reads a clock (but for one message in N), nor enters the kernel unless it
// has to wait. Errors: the roster is full, the processor does not exist (failed); the worker's
// board is not set to failed then, that is the caller's.
[[nodiscard]] Expected<void> runWorker(const WorkerPlace& place);

// "producer-0", as thread name.
[[nodiscard]] std::string workerName(const layout::RunPlan& plan, std::uint32_t worker);

} // namespace ringscope
