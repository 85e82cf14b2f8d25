// SPDX-License-Identifier: MIT
#include "core/workload/payload_sizes.h"

#include <algorithm>
#include <cmath>

namespace ringscope {

PayloadSizes::PayloadSizes(const layout::RunPlan& plan, std::uint32_t worker) noexcept
    : m_random(plan.seed, worker)
    , m_isFixed(plan.sizeDistribution == SizeDistribution::fixed) {
    for (std::size_t index = 0; index < m_sizes.size(); ++index) {
        // Even shares in place of random ones where the distribution allows it: the table then has
        // exactly the proportions that were asked for.
        const double share =
            (static_cast<double>(index) + 0.5) / static_cast<double>(m_sizes.size());
        m_sizes[index] = draw(plan, share);
    }
}

std::uint32_t PayloadSizes::draw(const layout::RunPlan& plan, double share) noexcept {
    switch (plan.sizeDistribution) {
    case SizeDistribution::fixed:
        return plan.payloadBytes;
    case SizeDistribution::uniform:
        return plan.minBytes +
               static_cast<std::uint32_t>(share * (plan.maxBytes - plan.minBytes + 1.0));
    case SizeDistribution::logNormal: {
        const double bytes = plan.medianBytes * std::exp(plan.sigma * m_random.normal());
        return static_cast<std::uint32_t>(std::clamp(bytes, static_cast<double>(plan.minBytes),
                                                     static_cast<double>(plan.maxBytes)));
    }
    case SizeDistribution::list:
        break;
    }
    double total = 0;
    for (std::uint32_t index = 0; index < plan.sizeCount; ++index) {
        total += plan.weights[index];
    }
    double below = 0;
    for (std::uint32_t index = 0; index + 1 < plan.sizeCount; ++index) {
        below += plan.weights[index];
        if (share * total < below) {
            return plan.sizes[index];
        }
    }
    return plan.sizes[plan.sizeCount - 1];
}

} // namespace ringscope
