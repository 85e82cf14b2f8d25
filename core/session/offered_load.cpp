// SPDX-License-Identifier: MIT
#include "core/session/offered_load.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace ringscope {

namespace {

constexpr double kNs = 1e9;

double seconds(std::int64_t ns) {
    return static_cast<double>(ns) / kNs;
}

} // namespace

std::optional<OfferedLoad> OfferedLoad::of(const Scenario& scenario) {
    const RateSettings& rate = scenario.rate;
    const bool hasRate =
        rate.mode != RateMode::max && !(rate.mode == RateMode::bursts && rate.perSecond <= 0);
    const bool isOnSchedule = scenario.workers.startWithinNs == 0 && !scenario.kill &&
                              scenario.churn.everyNs == 0 && scenario.faults.empty();
    const std::uint32_t channels = std::max(scenario.ring.channels, 1U);
    const bool isEven =
        scenario.ring.spread == ChannelSpread::all || scenario.workers.producers % channels == 0;
    if (!hasRate || !isOnSchedule || !isEven ||
        scenario.workers.pattern != TrafficPattern::stream) {
        return std::nullopt;
    }
    const double share = 1.0 / channels;
    const double most = scenario.run.messages == 0
                            ? std::numeric_limits<double>::infinity()
                            : static_cast<double>(scenario.run.messages) * share;
    return OfferedLoad(rate, share, most);
}

double OfferedLoad::dueBy(double time) const {
    const double t = std::max(time, 0.0);
    double due = m_rate.perSecond * t;
    if (m_rate.mode == RateMode::bursts) {
        const double on = seconds(m_rate.onNs);
        const double cycle = on + seconds(m_rate.offNs);
        const double cycles = std::floor(t / cycle);
        due = m_rate.perSecond * (cycles * on + std::min(t - cycles * cycle, on));
    } else if (m_rate.mode == RateMode::ramp) {
        const double length = seconds(m_rate.rampNs);
        const double in = std::min(t, length);
        const double slope = length > 0 ? (m_rate.rampToPerSecond - m_rate.perSecond) / length : 0;
        due = m_rate.perSecond * in + slope * in * in / 2 + m_rate.rampToPerSecond * (t - in);
    }
    return std::min(due * m_share, m_most);
}

double OfferedLoad::secondsOf(double messages) const {
    double low = 0;
    double high = 1;
    while (dueBy(high) < messages && high < 1e9) {
        high *= 2;
    }
    for (int halving = 0; halving < 60; ++halving) {
        const double middle = (low + high) / 2;
        (dueBy(middle) < messages ? low : high) = middle;
    }
    return high;
}

double OfferedLoad::perSecond() const {
    switch (m_rate.mode) {
    case RateMode::bursts:
        return m_rate.perSecond * m_share * static_cast<double>(m_rate.onNs) /
               static_cast<double>(m_rate.onNs + m_rate.offNs);
    case RateMode::ramp:
        return m_rate.rampToPerSecond * m_share;
    case RateMode::max:
    case RateMode::fixed:
    case RateMode::poisson:
        break;
    }
    return m_rate.perSecond * m_share;
}

} // namespace ringscope
