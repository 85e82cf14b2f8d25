// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "core/ring/ring_reader.h"
#include "core/session/session.h"
#include "core/session/source.h"

namespace ringscope {

// Cursors of all channels of a ring: `ring.fill` (of the fullest channel) and, for each channel N
// in use, `ring.chN.fill`, `ring.chN.sent` and `ring.chN.received`. Keeps the session's RingTarget
// up to date as well.
//
// A channel that appears later gets its tracks then, in a group of its own; one that is removed has
// gaps. Whoever owns the observer refreshes it.
//
// Asks for the wanted period; with more than 20 channels for one that keeps it at 64,000 values a
// second, because the history of 256 channels at 1 kHz would take 8 MB a second.
class RingCursorSource final : public Source {
public:
    RingCursorSource(std::shared_ptr<RingReader> ring, std::int64_t periodNs, Session& session);

    [[nodiscard]] std::string_view name() const override { return "cursors"; }
    [[nodiscard]] std::int64_t desiredPeriodNs() const override { return m_periodNs; }
    void sample(std::int64_t nowNs, Session& session) override;

private:
    struct Group { // tracks that were added together
        GroupId id;
        std::vector<double> row;
    };
    struct Place { // of a channel's three values
        std::size_t group = 0;
        std::size_t column = 0;
    };

    void addChannels(Session& session);
    void describeRing(std::span<const ChannelCursors> cursors, Session& session) const;

    // Constant after construction.
    std::shared_ptr<RingReader> m_ring;
    std::int64_t m_periodNs = 0;

    std::vector<Group> m_groups;                // ring.fill is the first value of the first
    std::vector<std::optional<Place>> m_places; // by channel
    std::uint64_t m_generation = 0;             // of the observer's geometry
    std::int64_t m_nextTargetNs = 0;            // when the RingTarget is due
};

} // namespace ringscope
