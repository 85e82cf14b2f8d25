// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "core/ring/ring_observer.h"
#include "core/session/session.h"
#include "core/session/source.h"

namespace ringscope {

// Cursors of all channels of a ring: `ring.fill` (of the fullest channel) and, for each channel N
// in use, `ring.chN.fill`, `ring.chN.sent` and `ring.chN.received`. Keeps the session's RingTarget
// up to date as well.
//
// Asks for the wanted period; with more than 20 channels for one that keeps it at 64,000 values a
// second, because the history of 256 channels at 1 kHz would take 8 MB a second.
class RingCursorSource final : public Source {
public:
    RingCursorSource(std::shared_ptr<RingObserver> ring, std::int64_t periodNs, Session& session);

    [[nodiscard]] std::string_view name() const override { return "cursors"; }
    [[nodiscard]] std::int64_t desiredPeriodNs() const override { return m_periodNs; }
    void sample(std::int64_t nowNs, Session& session) override;

private:
    void describeRing(std::span<const ChannelCursors> cursors, Session& session) const;

    // Constant after construction.
    std::shared_ptr<RingObserver> m_ring;
    std::size_t m_channels;
    std::int64_t m_periodNs;
    GroupId m_group;

    std::int64_t m_nextTargetNs = 0; // when the RingTarget is due
    std::vector<double> m_row;
};

} // namespace ringscope
