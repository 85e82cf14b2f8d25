// SPDX-License-Identifier: MIT
#include "core/session/sources/stuck_slot_source.h"

#include <algorithm>
#include <map>
#include <set>

#include "core/base/units.h"

namespace ringscope {

namespace {

// Of one look; a crash of everybody should not bury the rest of the time axis.
constexpr std::size_t kMostFindings = 16;
// Of the participants while nobody is stuck: each costs a look into /proc.
constexpr std::int64_t kParticipantsPeriodNs = kNsPerSecond;
// That are shown besides those who hold what is stuck: a roster may have 65,536 entries, and a look
// at all of them would take a second.
constexpr std::size_t kMostParticipants = 4096;
// Of one session, and what is read for each: about 2 ms of copying.
constexpr std::size_t kMostPictures = 64;
constexpr std::uint64_t kBytesPerPicture = std::uint64_t{16} << 20U;

bool isSameClaim(const StuckSlots& a, const StuckSlots& b) {
    // The claim of a batch shrinks from its front as it is given back, so its end names it.
    return a.channel == b.channel && a.isWriting == b.isWriting &&
           a.firstPosition + a.count == b.firstPosition + b.count;
}

std::string returnText(const StuckSlots& stuck, std::int64_t heldNs) {
    return "channel " + std::to_string(stuck.channel) + ", position " +
           std::to_string(stuck.firstPosition) + " is passed on again after " +
           formatDuration(heldNs);
}

} // namespace

void StuckSlotSource::sample(std::int64_t nowNs, Session& session) {
    const auto found = m_watch.look(nowNs);
    if (!found) {
        return; // cut short or gone: the target says so
    }
    if (!found->empty() || !m_known.empty() || m_participantsAtNs == 0 ||
        nowNs - m_participantsAtNs >= kParticipantsPeriodNs) {
        m_participants = participantsWith(*found);
        session.setParticipants(m_participants);
        m_participantsAtNs = nowNs;
    }
    setFindings(*found, nowNs, session);
}

void StuckSlotSource::setFindings(const std::vector<StuckSlots>& found, std::int64_t nowNs,
                                  Session& session) {
    std::vector<Known> known;
    std::size_t unnamed = 0;
    std::size_t findings = 0;
    for (const StuckSlots& stuck : found) {
        const auto before = std::find_if(m_known.begin(), m_known.end(), [&](const Known& one) {
            return isSameClaim(one.stuck, stuck);
        });
        if (before != m_known.end()) {
            known.push_back({stuck, before->sinceNs});
            m_known.erase(before);
            continue;
        }
        known.push_back({stuck, nowNs - stuck.heldNs});
        if (findings < kMostFindings) {
            const std::string text = "stuck: " + describe(stuck);
            session.addMarker({nowNs, MarkerKind::finding, text});
            if (findings == 0) {
                keepPicture(stuck, nowNs, text, session);
            }
            ++findings;
        } else {
            ++unnamed;
        }
    }
    if (unnamed > 0) {
        session.addMarker(
            {nowNs, MarkerKind::finding,
             "stuck: " + std::to_string(unnamed) + " more claims; ringscope-cli ring names them"});
    }
    for (const Known& gone : m_known) {
        session.addMarker({nowNs, MarkerKind::phase, returnText(gone.stuck, nowNs - gone.sinceNs)});
    }
    m_known = std::move(known);
}

ParticipantRow StuckSlotSource::rowOf(const Participant& participant) {
    ParticipantRow row;
    row.isProducer = participant.role == layout::Role::producer;
    row.channel = participant.channel;
    row.entry = participant.entry;
    row.pid = participant.process.pid;
    row.tid = participant.thread.tid;
    row.startTicks = participant.thread.startTicks;
    row.liveness = livenessOf(participant);
    row.joinedNs = static_cast<std::int64_t>(participant.joinedNs);
    row.claims = participant.activity;
    const bool isDead = row.liveness == Liveness::dead; // then the pid may be another's
    const auto known = m_commands.find(participant.process);
    if (known != m_commands.end()) {
        row.command = known->second;
    } else if (!isDead) {
        row.command = m_commands[participant.process] = processName(row.pid);
    }
    return row;
}

std::vector<ParticipantRow>
StuckSlotSource::participantsWith(const std::vector<StuckSlots>& found) {
    std::vector<ParticipantRow> rows;
    std::map<std::uint32_t, std::size_t> rowOfEntry;
    std::set<ProcessIdentity> present;
    const auto add = [&](const Participant& participant) {
        if (rowOfEntry.emplace(participant.entry, rows.size()).second) {
            present.insert(participant.process);
            rows.push_back(rowOf(participant));
        }
    };
    const std::vector<Participant>& participants = m_watch.participants();
    for (std::size_t i = 0; i < participants.size() && i < kMostParticipants; ++i) {
        add(participants[i]);
    }
    for (const StuckSlots& stuck : found) {
        if (stuck.holder) {
            add(*stuck.holder);
        }
    }
    std::erase_if(m_commands, [&](const auto& known) { return !present.contains(known.first); });
    for (const StuckSlots& stuck : found) {
        if (!stuck.holder) {
            ParticipantRow unregistered;
            unregistered.isRegistered = false;
            unregistered.isProducer = stuck.isWriting;
            unregistered.channel = stuck.channel;
            rows.push_back(std::move(unregistered));
        }
        ParticipantRow* row =
            stuck.holder ? &rows[rowOfEntry.at(stuck.holder->entry)] : &rows.back();
        row->heldFirst = stuck.firstPosition;
        row->heldCount = stuck.count;
        row->firstSlot = stuck.firstSlot();
        row->heldNs = stuck.heldNs;
        row->blocked = stuck.blocked;
        row->distance = stuck.distance;
    }
    return rows;
}

// The picture is the first of its observer, which cannot know yet how long a slot has been held.
void StuckSlotSource::keepPicture(const StuckSlots& stuck, std::int64_t nowNs,
                                  const std::string& text, Session& session) {
    const SegmentGeometry::Channel& channel = m_ring->geometry().channels[stuck.channel];
    if (m_pictures == kMostPictures || channel.slotStride == 0) {
        return;
    }
    const std::uint64_t budget =
        std::max<std::uint64_t>(kBytesPerPicture / channel.slotStride, kSlotsPerBlock);
    auto scanned = m_ring->scan(stuck.channel, budget, nowNs, stuck.firstSlot());
    if (!scanned) {
        return;
    }
    auto picture = std::make_shared<SlotSnapshot>(**scanned);
    std::shared_ptr<SlotBlock> marked; // the picture's own copy of a block
    for (std::uint64_t i = 0; i < std::min(stuck.count, stuck.capacity); ++i) {
        const std::uint64_t slot = (stuck.firstPosition + i) & (stuck.capacity - 1);
        auto& block = picture->blocks[slot / kSlotsPerBlock];
        if (!block) {
            continue;
        }
        if (block != marked) {
            marked = std::make_shared<SlotBlock>(*block);
            block = marked;
        }
        marked->states[slot % kSlotsPerBlock] = SlotState::stuck;
    }
    ++m_pictures;
    session.addStall(std::make_shared<const StallPicture>(
        StallPicture{nowNs, text, std::move(picture), m_participants}));
}

} // namespace ringscope
