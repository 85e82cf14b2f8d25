// SPDX-License-Identifier: MIT
#include "core/workload/scenario.h"

#include <algorithm>

namespace ringscope {

std::uint32_t Scenario::largestPayload() const noexcept {
    switch (payload.distribution) {
    case SizeDistribution::fixed:
        return payload.bytes;
    case SizeDistribution::uniform:
    case SizeDistribution::logNormal:
        return payload.maxBytes;
    case SizeDistribution::list:
        break;
    }
    std::uint32_t largest = 0;
    for (const ListedSize& size : payload.sizes) {
        largest = std::max(largest, size.bytes);
    }
    return largest;
}

} // namespace ringscope
