// SPDX-License-Identifier: MIT
#include "core/workload/rate_pacer.h"

#include <cmath>

namespace ringscope {

namespace {

constexpr double kNs = 1e9;
constexpr std::uint64_t kRandomStream = 0x10000; // apart from the payload's numbers
// Beyond what a run may last, and far from what does not fit into 64 bits.
constexpr double kNeverNs = 1e17;

// Any rate above 0 is allowed, so a message may be due in 10^300 years.
std::int64_t toNs(double ns) noexcept {
    return static_cast<std::int64_t>(ns < kNeverNs ? ns : kNeverNs);
}

} // namespace

RatePacer::RatePacer(const layout::RunPlan& plan, std::uint32_t producer,
                     std::int64_t startNs) noexcept
    : m_mode(plan.rateMode)
    , m_hasTimes(m_mode != RateMode::max && !(m_mode == RateMode::bursts && plan.perSecond <= 0))
    , m_perSecond(plan.perSecond)
    , m_rampTo(plan.rampToPerSecond)
    , m_rampSeconds(static_cast<double>(plan.rampNs) / kNs)
    , m_onNs(plan.onNs)
    , m_offNs(plan.offNs)
    , m_startNs(startNs)
    , m_producers(plan.producers)
    , m_number(producer)
    , m_random(plan.seed, kRandomStream + producer) {}

std::int64_t RatePacer::next() noexcept {
    if (m_mode == RateMode::poisson) {
        // Producers' streams add up to one of the whole rate.
        m_poissonSeconds += m_random.exponential() * m_producers / m_perSecond;
        return m_startNs + toNs(m_poissonSeconds * kNs);
    }
    const double seconds = secondsOfNumber(m_number);
    m_number += m_producers; // they take turns
    std::int64_t ns = toNs(seconds * kNs);
    if (m_mode == RateMode::bursts) {
        const std::int64_t cycles = ns / m_onNs;
        ns = toNs(static_cast<double>(cycles) * static_cast<double>(m_onNs + m_offNs)) <
                     toNs(kNeverNs)
                 ? cycles * (m_onNs + m_offNs) + ns % m_onNs
                 : toNs(kNeverNs);
    }
    return m_startNs + ns;
}

double RatePacer::secondsOfNumber(double number) const noexcept {
    if (m_mode != RateMode::ramp) {
        return number / m_perSecond;
    }
    // number = r0 t + (r1 - r0) t^2 / (2 T) until T, then r1 a second.
    const double slope = (m_rampTo - m_perSecond) / m_rampSeconds;
    const double atEnd = (m_perSecond + m_rampTo) / 2 * m_rampSeconds;
    if (number >= atEnd) {
        return m_rampSeconds + (number - atEnd) / m_rampTo;
    }
    // The form of the root that does not cancel when the slope is small.
    const double squared = m_perSecond * m_perSecond + 2 * slope * number; // of the rate by then
    return 2 * number / (m_perSecond + std::sqrt(squared > 0 ? squared : 0.0));
}

std::int64_t RatePacer::openFrom(std::int64_t nowNs) const noexcept {
    if (!hasSilences()) {
        return nowNs;
    }
    const std::int64_t cycle = m_onNs + m_offNs;
    const std::int64_t in = (nowNs - m_startNs) % cycle;
    return in < m_onNs ? nowNs : nowNs + cycle - in;
}

} // namespace ringscope
