// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/base/clock.h"
#include "core/ring/stuck_watch.h"
#include "core/session/participant_row.h"
#include "core/session/session.h"
#include "core/session/source.h"

namespace ringscope {

// A finding on the time axis for each claim that gets stuck, within a second of its holder's death
// or stop, and a marker when it is given back; and who uses the ring, each second, or at once when
// somebody is stuck; and a picture of the ring with the finding. Looks at the roster and at a few
// slots, at more of them for a picture.
class StuckSlotSource final : public Source {
public:
    // ring: this source's own observer. The cursor source's keeps count of what it read.
    explicit StuckSlotSource(std::shared_ptr<RingObserver> ring)
        : m_ring(ring)
        , m_watch(std::move(ring)) {}

    [[nodiscard]] std::string_view name() const override { return "stuck slots"; }
    [[nodiscard]] std::int64_t desiredPeriodNs() const override { return 250 * kNsPerMs; }
    void sample(std::int64_t nowNs, Session& session) override;

private:
    struct Known {
        StuckSlots stuck;
        std::int64_t sinceNs = 0; // when it was first seen held
    };

    void setFindings(const std::vector<StuckSlots>& found, std::int64_t nowNs, Session& session);
    [[nodiscard]] std::vector<ParticipantRow>
    participantsWith(const std::vector<StuckSlots>& found);
    [[nodiscard]] ParticipantRow rowOf(const Participant& participant);

    void keepPicture(const StuckSlots& stuck, std::int64_t nowNs, const std::string& text,
                     Session& session);

    std::shared_ptr<RingObserver> m_ring;
    StuckWatch m_watch;
    std::vector<Known> m_known;
    std::map<ProcessIdentity, std::string> m_commands; // of everybody in the roster
    std::vector<ParticipantRow> m_participants;
    std::int64_t m_participantsAtNs = 0;
    std::size_t m_pictures = 0;
};

} // namespace ringscope
