// SPDX-License-Identifier: MIT
#pragma once

#include <gtest/gtest.h>

#include <ctime>
#include <functional>
#include <string>
#include <sys/stat.h>

#include "core/base/clock.h"
#include "core/workload/workload_run.h"
#include "tests/support/patience.h"

namespace ringscope {

inline bool ringExists(const std::string& name) {
    struct stat status {};
    return ::stat(("/dev/shm/" + name).c_str(), &status) == 0;
}

inline void waitNs(std::int64_t ns) {
    const timespec pause{ns / kNsPerSecond, ns % kNsPerSecond};
    ::nanosleep(&pause, nullptr);
}

// Polls as the recorder does until isDone() or the limit; true when it was done.
inline bool pollUntil(WorkloadRun& run, const std::function<bool()>& isDone,
                      std::int64_t limitNs = kPatienceNs) {
    const std::int64_t deadlineNs = monotonicNs() + limitNs;
    while (!isDone()) {
        if (monotonicNs() > deadlineNs) {
            return false;
        }
        waitNs(5 * kNsPerMs);
        run.poll();
    }
    return true;
}

inline RunResult runToEnd(WorkloadRun& run) {
    EXPECT_TRUE(pollUntil(run, [&run] { return run.isFinished(); }));
    return run.isFinished() ? run.result() : RunResult{};
}

} // namespace ringscope
