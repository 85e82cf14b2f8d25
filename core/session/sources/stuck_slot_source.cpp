// SPDX-License-Identifier: MIT
#include "core/session/sources/stuck_slot_source.h"

#include <algorithm>

#include "core/base/units.h"

namespace ringscope {

namespace {

// Of one look; a crash of everybody should not bury the rest of the time axis.
constexpr std::size_t kMostFindings = 16;

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
    std::vector<Known> known;
    std::size_t unnamed = 0;
    std::size_t findings = 0;
    for (const StuckSlots& stuck : *found) {
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
            session.addMarker({nowNs, MarkerKind::finding, "stuck: " + describe(stuck)});
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

} // namespace ringscope
