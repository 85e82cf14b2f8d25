// SPDX-License-Identifier: MIT
#include "core/ring/stuck_watch.h"

#include <algorithm>

#include "core/base/clock.h"
#include "core/base/units.h"

namespace ringscope {

namespace {

// Ours are at most 64; what a hostile entry says must not keep us busy.
constexpr std::uint64_t kMostSlotsOfAnIntent = 1024;
// Nor what a roster full of them says. Of one look, in readings of a slot, some 0.1 s of them; a
// look at /proc costs as much as 16.
constexpr std::uint64_t kCostOfALook = std::uint64_t{1} << 16U;
constexpr std::uint64_t kCostOfLiveness = 16;

bool isBefore(std::uint64_t position, std::uint64_t cursor) noexcept {
    return static_cast<std::int64_t>(position - cursor) < 0;
}

std::string plural(std::uint64_t count, const std::string& one) {
    return std::to_string(count) + " " + one + (count == 1 ? "" : "s");
}

std::string holderText(const StuckSlots& stuck) {
    if (!stuck.holder) {
        return "holder not registered";
    }
    const Participant& holder = *stuck.holder;
    const std::string command = processName(holder.process.pid);
    // The pid of a dead one may be another's by now.
    const bool isNamed = !command.empty() && stuck.holderLiveness != Liveness::dead;
    return std::string("held by ") + (stuck.isWriting ? "producer" : "consumer") + " pid " +
           std::to_string(holder.process.pid) + " thread " + std::to_string(holder.thread.tid) +
           (isNamed ? " (" + command + ")" : "") + ", " + nameOf(stuck.holderLiveness);
}

std::string blockedText(const StuckSlots& stuck) {
    switch (stuck.blocked) {
    case Blocked::consumers:
        return "consumers cannot pass, " + plural(stuck.distance, "message") +
               (stuck.distance == 1 ? " waits" : " wait") + " behind it";
    case Blocked::producers:
        return "producers cannot pass, the ring is full for them";
    case Blocked::nothingYet:
        break;
    }
    return std::string(stuck.isWriting ? "consumers" : "producers") +
           " will stand still at it in " + plural(stuck.distance, "message");
}

} // namespace

const char* nameOf(Liveness liveness) {
    switch (liveness) {
    case Liveness::alive:
        return "alive";
    case Liveness::stopped:
        return "stopped";
    case Liveness::dead:
        return "dead";
    case Liveness::unknown:
        break;
    }
    return "of another pid namespace";
}

std::string describe(const StuckSlots& stuck) {
    std::string text = "channel " + std::to_string(stuck.channel) + ", position " +
                       std::to_string(stuck.firstPosition);
    if (stuck.count > 1) {
        text += " to " + std::to_string(stuck.firstPosition + stuck.count - 1);
    }
    text += " (slot " + std::to_string(stuck.firstSlot()) +
            (stuck.count > 1 ? " and on): " : "): ") + (stuck.isWriting ? "writing" : "reading");
    if (stuck.heldNs > 0) {
        text += " for at least " + formatDuration(stuck.heldNs);
    }
    return text + ", " + holderText(stuck) + "; " + blockedText(stuck);
}

Expected<std::vector<StuckSlots>> StuckWatch::look(std::int64_t nowNs) {
    m_seen.clear();
    m_found.clear();
    m_hasCandidates = false;
    m_budget = kCostOfALook;
    if (const auto changes = m_ring->refresh(); changes && !changes->empty()) {
        m_before.clear(); // what was held there was another channel's
    }
    // Cursors before intents before sequences, as docs/ring-abi.md rules it.
    const auto cursors = m_ring->cursors();
    if (!cursors) {
        return cursors.error();
    }
    m_cursors.assign(cursors->begin(), cursors->end());
    auto participants = m_ring->participants();
    if (!participants) {
        return participants.error();
    }
    m_participants = std::move(*participants);
    for (const Participant& participant : m_participants) {
        addIntent(participant, nowNs);
    }
    for (const ChannelCursors& channel : m_cursors) {
        addCursorSlots(channel, nowNs);
    }
    m_before.swap(m_seen);
    std::sort(m_found.begin(), m_found.end(), [](const StuckSlots& a, const StuckSlots& b) {
        return std::pair(a.channel, a.firstPosition) < std::pair(b.channel, b.firstPosition);
    });
    return m_found;
}

void StuckWatch::addIntent(const Participant& participant, std::int64_t nowNs) {
    const bool isWriting = participant.role == layout::Role::producer;
    const auto cursors = std::find_if(m_cursors.begin(), m_cursors.end(), [&](const auto& one) {
        return one.channel == participant.channel;
    });
    if (!participant.isConfirmed || participant.intentCount == 0 || cursors == m_cursors.end() ||
        (!isWriting && participant.role != layout::Role::consumer) ||
        participant.intentCount > std::min(cursors->capacity, kMostSlotsOfAnIntent) ||
        participant.intentCount + kCostOfLiveness > m_budget) {
        return;
    }
    m_budget -= participant.intentCount;
    const std::uint64_t cursor = isWriting ? cursors->tail : cursors->head;
    StuckSlots stuck;
    for (std::uint64_t index = 0; index < participant.intentCount; ++index) {
        const std::uint64_t position = participant.intentFirst + index;
        if (isBefore(position, cursor) && isHeld(participant.channel, position, isWriting)) {
            stuck.firstPosition = stuck.count == 0 ? position : stuck.firstPosition;
            stuck.count = position - stuck.firstPosition + 1;
        }
    }
    if (stuck.count == 0) {
        return;
    }
    stuck.channel = participant.channel;
    stuck.capacity = cursors->capacity;
    stuck.isWriting = isWriting;
    stuck.holder = participant;
    stuck.heldNs =
        heldNs(participant.channel, stuck.firstPosition, isWriting, participant.activity, nowNs);
    stuck.holderLiveness = livenessOf(participant);
    m_budget -= kCostOfLiveness;
    if (stuck.holderLiveness == Liveness::dead || stuck.holderLiveness == Liveness::stopped ||
        stuck.heldNs >= m_thresholdNs) {
        judge(stuck);
        m_found.push_back(stuck);
    } else {
        m_hasCandidates = true;
    }
}

// What blocks a channel shows at its cursors, whoever holds it.
void StuckWatch::addCursorSlots(const ChannelCursors& cursors, std::int64_t nowNs) {
    const auto look = [&](std::uint64_t position, bool isWriting) {
        if (!isHeld(cursors.channel, position, isWriting) ||
            isCovered(cursors.channel, position, isWriting)) {
            return;
        }
        StuckSlots stuck;
        stuck.channel = cursors.channel;
        stuck.capacity = cursors.capacity;
        stuck.firstPosition = position;
        stuck.count = 1;
        stuck.isWriting = isWriting;
        stuck.heldNs = heldNs(cursors.channel, position, isWriting, 0, nowNs);
        if (stuck.heldNs >= m_thresholdNs) {
            judge(stuck);
            m_found.push_back(stuck);
        } else {
            m_hasCandidates = true;
        }
    };
    if (isBefore(cursors.head, cursors.tail)) {
        look(cursors.head, true);
    }
    if (cursors.tail >= cursors.capacity &&
        isBefore(cursors.tail - cursors.capacity, cursors.head)) {
        look(cursors.tail - cursors.capacity, false);
    }
}

bool StuckWatch::isHeld(std::uint32_t channel, std::uint64_t position, bool isWriting) const {
    const std::uint64_t capacity = m_ring->geometry().channels[channel].capacity;
    const auto detail = m_ring->slotDetail(channel, position & (capacity - 1), 0);
    return detail && detail->sequence == (isWriting ? position : position + 1);
}

std::int64_t StuckWatch::heldNs(std::uint32_t channel, std::uint64_t position, bool isWriting,
                                std::uint64_t activity, std::int64_t nowNs) {
    const Key key{channel, position * 2 + (isWriting ? 1 : 0)};
    const auto before = m_before.find(key);
    const bool isSame = before != m_before.end() && before->second.activity == activity;
    const std::int64_t since = isSame ? before->second.sinceNs : nowNs;
    m_seen[key] = {activity, since};
    return nowNs - since;
}

bool StuckWatch::isCovered(std::uint32_t channel, std::uint64_t position, bool isWriting) const {
    return std::any_of(m_participants.begin(), m_participants.end(), [&](const Participant& one) {
        return one.isConfirmed && one.channel == channel &&
               (one.role == layout::Role::producer) == isWriting &&
               position - one.intentFirst < one.intentCount;
    });
}

void StuckWatch::judge(StuckSlots& stuck) const {
    const auto cursors = std::find_if(m_cursors.begin(), m_cursors.end(), [&](const auto& one) {
        return one.channel == stuck.channel;
    });
    const std::uint64_t stop =
        stuck.isWriting ? stuck.firstPosition : stuck.firstPosition + stuck.capacity;
    const std::uint64_t cursor = stuck.isWriting ? cursors->head : cursors->tail;
    if (isBefore(cursor, stop)) {
        stuck.distance = stop - cursor;
        return;
    }
    stuck.blocked = stuck.isWriting ? Blocked::consumers : Blocked::producers;
    const std::uint64_t end = stuck.firstPosition + stuck.count;
    stuck.distance = stuck.isWriting && isBefore(end, cursors->tail) ? cursors->tail - end : 0;
}

} // namespace ringscope
