// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/expected.h"
#include "core/base/process_identity.h"
#include "core/ring/roster.h"
#include "core/ring/segment_geometry.h"
#include "core/ring/slot_snapshot.h"

namespace ringscope {

// A ring segment found under /dev/shm, ours or DMXP's. A value type.
struct SegmentSummary {
    std::string name;
    std::uint64_t bytes = 0;
    std::string problem; // why it cannot be used; the fields below are then what could be read
    std::vector<std::string>
        layoutOff; // what the self-check of the layout found, cut to a few slots
    bool isDmxpCompatible = false;
    bool hasExtension = false; // false: DMXP created it; creator and participants unknown
    ProcessIdentity creator;   // pid 0: unknown
    Liveness creatorLiveness = Liveness::unknown;
    std::vector<ChannelCursors> channels; // those in use
    std::vector<Participant> participants;
    std::uint32_t liveParticipants = 0; // those not known to be dead
    std::vector<std::int32_t> mappedBy; // pids, as far as /proc may be read
    bool isOrphaned = false;            // the sweep may remove it
    std::string keptBecause;            // when not orphaned: what keeps it
};

// Every ring segment on this machine that may be read, by name. Reads, never maps.
[[nodiscard]] std::vector<SegmentSummary> listSegments();

// Unlinks a segment. Errors: missing or not permitted (target); it is no ring (failed); a live
// participant or a mapping keeps it (failed, unless forced).
enum class RemovePolicy : std::uint8_t { refuseWhileInUse, force };
[[nodiscard]] Expected<void> removeSegment(const std::string& name,
                                           RemovePolicy policy = RemovePolicy::refuseWhileInUse);

} // namespace ringscope
