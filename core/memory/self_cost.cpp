// SPDX-License-Identifier: MIT
#include "core/memory/self_cost.h"

namespace ringscope {

double cpuPercentBetween(const SelfUsage& earlier, const SelfUsage& later) {
    const std::int64_t elapsedNs = later.timeNs - earlier.timeNs;
    if (elapsedNs <= 0) {
        return 0.0;
    }
    return 100.0 * static_cast<double>(later.cpuNs - earlier.cpuNs) /
           static_cast<double>(elapsedNs);
}

} // namespace ringscope
