// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string_view>
#include <utility>

#include "core/base/clock.h"
#include "core/ring/ring_observer.h"
#include "core/session/session.h"
#include "core/session/source.h"

namespace ringscope {

// Who filled each channel, twice a second: the session's backlogs. Reads a thousand slot headers a
// look at most, shared out over the channels.
class RingBacklogSource final : public Source {
public:
    // ring: this source's own observer. The cursor source's keeps count of what it read.
    explicit RingBacklogSource(std::shared_ptr<RingObserver> ring)
        : m_ring(std::move(ring)) {}

    [[nodiscard]] std::string_view name() const override { return "backlog"; }
    [[nodiscard]] std::int64_t desiredPeriodNs() const override { return 500 * kNsPerMs; }
    void sample(std::int64_t nowNs, Session& session) override;

private:
    std::shared_ptr<RingObserver> m_ring;
};

} // namespace ringscope
