// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/ring/slot_snapshot.h"
#include "core/session/participant_row.h"

namespace ringscope {

// The ring at the moment a claim was found stuck, kept whether or not anybody looked. Immutable.
struct StallPicture {
    std::int64_t timeNs = 0;                          // monotonic; of its finding on the time axis
    std::string text;                                 // the finding's
    std::shared_ptr<const SlotSnapshot> slotSnapshot; // of its channel; never null
    std::vector<ParticipantRow> participants;
};

} // namespace ringscope
