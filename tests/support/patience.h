// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "core/base/clock.h"
#include "core/base/thread.h"

namespace ringscope {

// How long a test waits for what must happen, on a machine that is busy with other things; a test
// that passes does not wait so long. Below the TIMEOUT that tests/CMakeLists.txt gives.
constexpr std::int64_t kPatienceNs = 30 * kNsPerSecond;

// True as soon as holds(); false when it never did.
template <typename Condition>
bool eventually(Condition holds) {
    const std::int64_t endNs = monotonicNs() + kPatienceNs;
    while (monotonicNs() < endNs) {
        if (holds()) {
            return true;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return holds();
}

// For a promise about wall time, which others on the machine can break at any single time: repeats
// measure(), which returns ns, until it was within the limit; the shortest of five times.
template <typename Measure>
std::int64_t shortestOfFive(std::int64_t limitNs, Measure measure) {
    std::int64_t shortestNs = INT64_MAX;
    for (int times = 0; times < 5 && shortestNs > limitNs; ++times) {
        shortestNs = std::min<std::int64_t>(shortestNs, measure());
    }
    return shortestNs;
}

} // namespace ringscope
