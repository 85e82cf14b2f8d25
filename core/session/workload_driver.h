// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "core/base/latest.h"
#include "core/base/thread.h"
#include "core/workload/workload_run.h"

namespace ringscope {

// A workload as it stood at one moment. Immutable.
struct WorkloadPicture {
    RunStatus status;
    std::shared_ptr<const LatencyHistogram> latency; // so far; made ten times a second
    std::optional<RunResult> result;                 // once it is finished
    bool isFinished = false;                         // also when the driver failed
};

// Moves a workload on by a thread of its own, because checking the delivery of millions of messages
// a second would make the recorder late. All members may be called from any thread; the destructor
// ends the workers at once.
class WorkloadDriver {
public:
    explicit WorkloadDriver(std::unique_ptr<WorkloadRun> run);
    WorkloadDriver(const WorkloadDriver&) = delete;
    WorkloadDriver& operator=(const WorkloadDriver&) = delete;
    ~WorkloadDriver() = default;

    // Never null.
    [[nodiscard]] std::shared_ptr<const WorkloadPicture> picture() const { return m_latest.get(); }
    // Relaxed: it is only ever seen a turn later.
    void requestStop() { m_isStopRequested.store(true, std::memory_order_relaxed); }

private:
    void drive(const std::stop_token& stop);

    std::unique_ptr<WorkloadRun> m_run; // Driver's thread only, once it runs.
    std::atomic<bool> m_isStopRequested{false};
    Latest<WorkloadPicture> m_latest;
    Thread m_thread;
};

} // namespace ringscope
