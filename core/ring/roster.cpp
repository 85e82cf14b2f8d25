// SPDX-License-Identifier: MIT
#include "core/ring/roster.h"

#include <atomic>
#include <utility>

#include "core/base/clock.h"
#include "core/ring/channel_end.h"

namespace ringscope {

using detail::shared;

namespace {

// The rest of an entry whose owner word is ours already. confirmed comes last.
void fillEntry(layout::RosterEntry& entry, const ProcessIdentity& process,
               const ThreadIdentity& thread, layout::Role role, std::uint32_t channel,
               std::uint64_t ticket) noexcept {
    // Relaxed: a joiner that looks for entries left behind may read them meanwhile; its CAS then
    // fails.
    constexpr auto kRelaxed = std::memory_order_relaxed;
    shared(entry.pid).store(process.pid, kRelaxed);
    shared(entry.tid).store(thread.tid, kRelaxed);
    shared(entry.processStartTicks).store(process.startTicks, kRelaxed);
    shared(entry.threadStartTicks).store(thread.startTicks, kRelaxed);
    shared(entry.pidNamespace).store(process.pidNamespace, kRelaxed);
    shared(entry.role).store(role, kRelaxed);
    shared(entry.channel).store(channel, kRelaxed);
    shared(entry.joinedNs).store(static_cast<std::uint64_t>(wallClockNs()), kRelaxed);
    shared(entry.intentFirst).store(0, std::memory_order_relaxed);
    shared(entry.intent).store(0, std::memory_order_relaxed);
    shared(entry.activity).store(0, std::memory_order_relaxed);
    // Release: pairs with the acquire of whoever reads the entry in this mapping.
    shared(entry.confirmed).store(ticket, std::memory_order_release);
}

bool tryTake(layout::RosterEntry& entry, std::uint64_t expected, std::uint64_t ticket) noexcept {
    // Acquire: pairs with the release in leave() of the last owner. Release: for repair.
    return shared(entry.owner)
        .compare_exchange_strong(expected, ticket, std::memory_order_acq_rel,
                                 std::memory_order_relaxed);
}

// An entry whose owner is dead and whose intent is clear may change hands: nothing is lost by it.
bool isLeftBehind(layout::RosterEntry& entry, std::uint64_t* owner) {
    *owner = shared(entry.owner).load(std::memory_order_acquire);
    layout::RosterEntry copy{};
    copy.owner = *owner;
    copy.confirmed = shared(entry.confirmed).load(std::memory_order_acquire);
    if (*owner == 0 || copy.confirmed != *owner) {
        return false; // half registered: left to repair
    }
    constexpr auto kRelaxed = std::memory_order_relaxed;
    copy.pid = shared(entry.pid).load(kRelaxed);
    copy.tid = shared(entry.tid).load(kRelaxed);
    copy.processStartTicks = shared(entry.processStartTicks).load(kRelaxed);
    copy.threadStartTicks = shared(entry.threadStartTicks).load(kRelaxed);
    copy.pidNamespace = shared(entry.pidNamespace).load(kRelaxed);
    const auto participants = participantsIn(&copy, 1);
    return participants.size() == 1 && livenessOf(participants.front()) == Liveness::dead &&
           shared(entry.intent).load(std::memory_order_acquire) == 0;
}

// /proc/TID is there for every thread, though only leaders are listed.
Liveness livenessOfTicket(std::uint64_t ticket) {
    if (((ticket ^ selfProcess().pidNamespace) & 0xFFFFU) != 0) {
        return Liveness::unknown;
    }
    const auto tid = static_cast<std::int32_t>(ticket >> 42U);
    const auto thread = threadOf(tid, tid);
    const bool isSame =
        thread && layout::packTicket(thread->tid, thread->startTicks, ticket & 0xFFFFU) == ticket;
    return isSame ? Liveness::alive : Liveness::dead;
}

Error rosterIsFull(const Segment& segment) {
    return makeError(ErrorKind::failed,
                     "ring segment " + segment.name() + ": its roster is full (" +
                         std::to_string(segment.rosterEntryCount()) +
                         " threads, roles and channels); use fewer workers or create the ring "
                         "with a larger roster");
}

} // namespace

Expected<RosterSeat> RosterSeat::join(const Segment& segment, layout::Role role,
                                      std::uint32_t channel) {
    const ProcessIdentity process = selfProcess();
    const ThreadIdentity thread = selfThread();
    const std::uint64_t ticket =
        layout::packTicket(thread.tid, thread.startTicks, process.pidNamespace);
    layout::RosterEntry* entries = segment.rosterEntries();
    if (entries == nullptr) {
        auto own = std::make_unique<layout::RosterEntry>();
        own->owner = ticket;
        fillEntry(*own, process, thread, role, channel, ticket);
        RosterSeat seat(own.get());
        seat.m_private = std::move(own);
        return seat;
    }
    for (std::uint32_t index = 0; index < segment.rosterEntryCount(); ++index) {
        if (shared(entries[index].owner).load(std::memory_order_relaxed) == 0 &&
            tryTake(entries[index], 0, ticket)) {
            fillEntry(entries[index], process, thread, role, channel, ticket);
            return RosterSeat(&entries[index]);
        }
    }
    for (std::uint32_t index = 0; index < segment.rosterEntryCount(); ++index) {
        std::uint64_t owner = 0;
        if (isLeftBehind(entries[index], &owner) && tryTake(entries[index], owner, ticket)) {
            fillEntry(entries[index], process, thread, role, channel, ticket);
            return RosterSeat(&entries[index]);
        }
    }
    return rosterIsFull(segment);
}

RosterSeat::RosterSeat(RosterSeat&& other) noexcept
    : m_private(std::move(other.m_private))
    , m_entry(std::exchange(other.m_entry, nullptr)) {}

RosterSeat& RosterSeat::operator=(RosterSeat&& other) noexcept {
    std::swap(m_private, other.m_private);
    std::swap(m_entry, other.m_entry);
    return *this;
}

RosterSeat::~RosterSeat() {
    leave();
}

void RosterSeat::leave() noexcept {
    if (m_entry == nullptr) {
        return;
    }
    // In this order: between the two the entry reads as half gone, never as somebody else's.
    shared(m_entry->confirmed).store(0, std::memory_order_release);
    shared(m_entry->owner).store(0, std::memory_order_release); // pairs with tryTake()
    m_entry = nullptr;
}

std::vector<Participant> participantsIn(const layout::RosterEntry* entries, std::size_t count) {
    std::vector<Participant> participants;
    for (std::size_t index = 0; index < count; ++index) {
        const layout::RosterEntry& entry = entries[index];
        if (entry.owner == 0) {
            continue;
        }
        Participant one;
        one.entry = static_cast<std::uint32_t>(index);
        one.ticket = entry.owner;
        one.isConfirmed = entry.confirmed == entry.owner;
        if (one.isConfirmed) {
            one.process = {entry.pid, entry.processStartTicks, entry.pidNamespace};
            one.thread = {entry.tid, entry.threadStartTicks};
            one.role = entry.role;
            one.channel = entry.channel;
            one.joinedNs = entry.joinedNs;
            one.activity = entry.activity;
            one.intentFirst = entry.intentFirst;
            one.intentCount = static_cast<std::uint32_t>(entry.intent & layout::kIntentCountMask);
            one.isClaimed = (entry.intent & layout::kIntentClaimed) != 0;
        } else {
            one.thread.tid = static_cast<std::int32_t>(entry.owner >> 42U);
        }
        participants.push_back(one);
    }
    return participants;
}

Liveness livenessOf(const Participant& participant) {
    if (!participant.isConfirmed) {
        return livenessOfTicket(participant.ticket);
    }
    return livenessOf(participant.process, participant.thread);
}

} // namespace ringscope
