// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

#include "core/base/process_identity.h"
#include "core/ring/blocked.h"

namespace ringscope {

// Somebody who uses the ring: a place in its roster, or a stuck claim that no place of the roster
// owns up to (of a DMXP client, say; then pid and what follows from it is empty).
struct ParticipantRow {
    bool isRegistered = true;
    bool isProducer = false;
    std::uint32_t channel = 0;
    std::uint32_t entry = 0; // index in the roster
    std::int32_t pid = 0;
    std::int32_t tid = 0;
    std::uint64_t startTicks = 0; // of the thread; since boot
    std::string command;          // as it was while the process lived
    Liveness liveness = Liveness::unknown;
    std::int64_t joinedNs = 0; // Unix time
    std::uint64_t claims = 0;  // so far
    // What it holds that is stuck; heldCount 0: nothing.
    std::uint64_t heldFirst = 0; // position
    std::uint64_t heldCount = 0;
    std::uint64_t firstSlot = 0;
    std::int64_t heldNs = 0; // at least
    Blocked blocked = Blocked::nothingYet;
    std::uint64_t distance = 0; // as StuckSlots has it

    bool operator==(const ParticipantRow&) const = default;
};

} // namespace ringscope
