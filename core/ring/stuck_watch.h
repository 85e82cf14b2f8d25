// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/expected.h"
#include "core/base/process_identity.h"
#include "core/ring/blocked.h"
#include "core/ring/ring_observer.h"

namespace ringscope {

// Consecutive positions that somebody claimed and has not passed on, because he is dead or stopped
// or has taken longer than the threshold.
struct StuckSlots {
    std::uint32_t channel = 0;
    std::uint64_t capacity = 0;
    std::uint64_t firstPosition = 0; // its slot is this modulo capacity
    std::uint64_t count = 0;
    bool isWriting = false; // false: reading
    // Since it was first seen held; somebody may have held it longer.
    std::int64_t heldNs = 0;
    std::optional<Participant> holder; // empty: not registered
    Liveness holderLiveness = Liveness::unknown;
    Blocked blocked = Blocked::nothingYet;
    // While nothing is blocked yet: positions until the cursor comes. Afterwards: messages that
    // wait behind it (consumers) or 0 (producers: the ring is full).
    std::uint64_t distance = 0;

    [[nodiscard]] std::uint64_t firstSlot() const noexcept {
        return firstPosition & (capacity - 1);
    }
};

// Looks for slots that are stuck, without reading the band: the intents of the roster, and the two
// slots of each channel at which its cursors stand. A look costs the roster, the channel table and
// /proc/PID/stat of those that hold something: some 0.1 ms; where more than 65,536 slots are
// claimed at once those of the last entries are left out. One thread; the observer must not be used
// by another meanwhile.
class StuckWatch {
public:
    static constexpr std::int64_t kDefaultThresholdNs = 1'000'000'000;

    explicit StuckWatch(std::shared_ptr<RingObserver> ring,
                        std::int64_t thresholdNs = kDefaultThresholdNs)
        : m_ring(std::move(ring))
        , m_thresholdNs(thresholdNs) {}

    // What is stuck now, by channel and position. A holder that is dead or stopped is told at once,
    // another one when two looks a threshold apart agree. nowNs: monotonic. Errors (damaged): cut
    // short.
    [[nodiscard]] Expected<std::vector<StuckSlots>> look(std::int64_t nowNs);
    // Whether the last look saw something held that is not stuck yet.
    [[nodiscard]] bool hasCandidates() const noexcept { return m_hasCandidates; }
    // The roster as the last look found it.
    [[nodiscard]] const std::vector<Participant>& participants() const noexcept {
        return m_participants;
    }

private:
    struct Held { // a position that was seen held
        std::uint64_t activity = 0;
        std::int64_t sinceNs = 0;
    };
    using Key = std::pair<std::uint32_t, std::uint64_t>; // channel, position * 2 + isWriting

    void addIntent(const Participant& participant, std::int64_t nowNs);
    void addCursorSlots(const ChannelCursors& cursors, std::int64_t nowNs);
    [[nodiscard]] bool isHeld(std::uint32_t channel, std::uint64_t position, bool isWriting) const;
    [[nodiscard]] std::int64_t heldNs(std::uint32_t channel, std::uint64_t position, bool isWriting,
                                      std::uint64_t activity, std::int64_t nowNs);
    [[nodiscard]] bool isCovered(std::uint32_t channel, std::uint64_t position,
                                 bool isWriting) const;
    void judge(StuckSlots& stuck) const;

    std::shared_ptr<RingObserver> m_ring;
    std::int64_t m_thresholdNs;
    std::map<Key, Held> m_before;
    // Of the look that goes on.
    std::map<Key, Held> m_seen;
    std::vector<ChannelCursors> m_cursors;
    std::vector<Participant> m_participants;
    std::vector<StuckSlots> m_found;
    std::uint64_t m_budget = 0; // what may still be read, so that a hostile roster ends
    bool m_hasCandidates = false;
};

// "channel 0, position 14003 (slot 5811): reading for 4.2 s, held by consumer pid 5108 thread 5108
// (ringscope-worker), dead; producers cannot pass"
[[nodiscard]] std::string describe(const StuckSlots& stuck);
[[nodiscard]] const char* nameOf(Liveness liveness);

} // namespace ringscope
