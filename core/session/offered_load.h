// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/workload/scenario.h"

namespace ringscope {

// What the producers of a scenario mean to send to one channel, whether or not the ring has room:
// the open loop's arrivals, on the schedule of RatePacer. Pure.
class OfferedLoad {
public:
    // Empty when nobody can say beforehand: producers send as fast as they can, answer each other,
    // die or join at times of their own, or share their channels unevenly.
    [[nodiscard]] static std::optional<OfferedLoad> of(const Scenario& scenario);

    // Messages that are due within the first seconds of the schedule.
    [[nodiscard]] double dueBy(double seconds) const;
    // When so many are due: the inverse of dueBy().
    [[nodiscard]] double secondsOf(double messages) const;
    // In the long run: of bursts with their silences, of a ramp where it ends.
    [[nodiscard]] double perSecond() const;

private:
    explicit OfferedLoad(const RateSettings& rate, double share, double most)
        : m_rate(rate)
        , m_share(share)
        , m_most(most) {}

    RateSettings m_rate;
    double m_share; // of the channel in the rate of all producers
    double m_most;  // messages; infinite without a limit
};

} // namespace ringscope
