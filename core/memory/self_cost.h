// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "core/base/expected.h"

namespace ringscope {

// What Ringscope itself takes, for the status bar.
struct SelfUsage {
    std::int64_t timeNs = 0; // monotonicNs()
    std::int64_t cpuNs = 0;  // user and system time of all our threads, exact to the nanosecond
    std::uint64_t rss = 0;
};

// 0.01 ms. Any thread. Errors (failed): /proc is not mounted.
[[nodiscard]] Expected<SelfUsage> readSelfUsage();

// Per cent of one core that went to us between two readings; 0 when no time passed.
[[nodiscard]] double cpuPercentBetween(const SelfUsage& earlier, const SelfUsage& later);

} // namespace ringscope
