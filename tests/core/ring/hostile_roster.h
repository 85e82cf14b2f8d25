// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "core/base/process_identity.h"
#include "core/ring/ring_layout.h"
#include "core/ring/segment.h"
#include "tests/core/ring/ring_builders.h"

namespace ringscope {

// A ring whose roster of the largest size is full of the same dead producer, who has just claimed
// the whole lap before it was sure.
inline Segment segmentFullOfTheDead(std::uint64_t capacity, std::uint32_t claimed) {
    SegmentSpec spec = specOf(capacity, 16);
    spec.rosterEntries = layout::kMaxRosterEntries;
    Segment segment = makeSegment(spec);
    const ProcessIdentity self = selfProcess();
    for (std::uint32_t index = 0; index < segment.rosterEntryCount(); ++index) {
        layout::RosterEntry& entry = segment.rosterEntries()[index];
        entry.owner = entry.confirmed = 1;
        entry.pid = entry.tid = self.pid;
        entry.processStartTicks = self.startTicks + 1; // another process had the pid
        entry.pidNamespace = self.pidNamespace;
        entry.role = layout::Role::producer;
        entry.intent = claimed;
    }
    segment.channel(0).shared->tail = capacity;
    return segment;
}

} // namespace ringscope
