// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>

#include "core/base/clock.h"
#include "core/memory/self_cost.h"
#include "core/session/session.h"
#include "core/session/source.h"

namespace ringscope {

// What Ringscope itself takes, all its threads together: `ringscope.cpu` and `ringscope.rss`, and
// the session's SelfCost for the status bar.
class SelfSource final : public Source {
public:
    explicit SelfSource(Session& session);

    [[nodiscard]] std::string_view name() const override { return "own cost"; }
    [[nodiscard]] std::int64_t desiredPeriodNs() const override { return kNsPerSecond; }
    void sample(std::int64_t nowNs, Session& session) override;

private:
    GroupId m_group;
    std::optional<SelfUsage> m_before;
};

} // namespace ringscope
