// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/ring/slot_snapshot.h"
#include "core/session/session_view.h"

namespace ringscope {

// Who has a slot, as far as the roster says.
struct SlotOwner {
    std::int32_t pid = 0;
    std::int32_t tid = 0;
    std::string worker; // "P2", "C0"; empty when it is none of the session's workers
    bool isProducer = false;
    bool isClaimed = false;

    bool operator==(const SlotOwner&) const = default;
};

// Everything a snapshot says about one slot, worked out but not put into words. Times are
// nanoseconds.
struct SlotFacts {
    std::uint64_t slot = 0;
    SlotState state = SlotState::free;
    std::uint64_t sequence = 0;
    // Of the message that is in the slot or, when it is free, that comes next. Empty when the
    // sequence belongs to no position of this slot, as in a damaged or hostile segment.
    std::optional<std::uint64_t> position;
    std::uint64_t lap = 0;
    std::int64_t stateForNs = 0;     // how long the sequence had not changed when it was read
    bool isSinceFirstSeen = false;   // it has not changed since observing began: at least that long
    std::int64_t pictureAgeNs = 0;   // how long ago it was read
    bool isHeld = false;             // writing, reading or stuck: somebody has to be the holder
    std::optional<SlotOwner> holder; // empty when held by nobody that is registered
    bool hasMessage = false;         // the metadata is that of the message in the slot
    std::optional<SlotMetadata> metadata;
    std::string sender; // the worker whose pid the metadata names; empty when unknown
};

// Empty when the slot is outside the ring or has not been read yet. nowNs is on the monotonic
// clock; workers may be null.
[[nodiscard]] std::optional<SlotFacts> slotFacts(const SlotSnapshot& snapshot, std::uint64_t slot,
                                                 const std::vector<WorkerRow>* workers,
                                                 std::int64_t nowNs);

// "P2", "C0", or "pid 4711" for a process that was only attached to.
[[nodiscard]] std::string workerLabel(const WorkerRow& worker);

} // namespace ringscope
