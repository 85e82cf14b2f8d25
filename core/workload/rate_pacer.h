// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "core/workload/run_plan.h"
#include "core/workload/worker_random.h"

namespace ringscope {

// When each message of one producer is meant to be sent. The times follow from the rate alone,
// never from how long sending took, so a latency measured from them has no coordinated omission.
// Pure: it reads no clock. One thread.
class RatePacer {
public:
    RatePacer(const layout::RunPlan& plan, std::uint32_t producer, std::int64_t startNs) noexcept;

    // False: as fast as possible (max, or bursts without a rate): messages have no intended time.
    [[nodiscard]] bool hasTimes() const noexcept { return m_hasTimes; }
    // The next message's time. Only when hasTimes().
    [[nodiscard]] std::int64_t next() noexcept;
    // Bursts without a rate: the end of the silence that nowNs falls in, or nowNs.
    [[nodiscard]] std::int64_t openFrom(std::int64_t nowNs) const noexcept;
    [[nodiscard]] bool hasSilences() const noexcept {
        return !m_hasTimes && m_mode == RateMode::bursts;
    }

private:
    [[nodiscard]] double secondsOfNumber(double number) const noexcept;

    RateMode m_mode;
    bool m_hasTimes;
    double m_perSecond; // of all producers
    double m_rampTo;
    double m_rampSeconds;
    std::int64_t m_onNs;
    std::int64_t m_offNs;
    std::int64_t m_startNs;
    double m_producers;
    double m_number; // of the next message, counted over all producers
    double m_poissonSeconds = 0;
    WorkerRandom m_random;
};

} // namespace ringscope
