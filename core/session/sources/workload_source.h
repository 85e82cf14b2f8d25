// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>

#include "core/base/clock.h"
#include "core/session/session.h"
#include "core/session/source.h"
#include "core/session/workload_driver.h"

namespace ringscope {

// What the workers of a workload count: `messages.sent`, `messages.received`,
// `messages.full_waits`, `messages.empty_waits`, and `latency.p50`, `.p90`, `.p99`, `.p999`, `.max`
// of each 100 ms.
class WorkloadSource final : public Source {
public:
    // driver outlives the source.
    WorkloadSource(const WorkloadDriver& driver, Session& session);

    [[nodiscard]] std::string_view name() const override { return "workload"; }
    [[nodiscard]] std::int64_t desiredPeriodNs() const override { return 10 * kNsPerMs; }
    void sample(std::int64_t nowNs, Session& session) override;

private:
    void sampleLatency(const WorkloadPicture& picture, Session& session);

    const WorkloadDriver& m_driver;
    GroupId m_messages;
    GroupId m_latency;
    std::int64_t m_newestNs = 0; // of the reading that was appended last
    std::shared_ptr<const LatencyHistogram> m_before;
};

} // namespace ringscope
