// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/expected.h"
#include "core/base/process_identity.h"
#include "core/ring/ring_layout.h"
#include "core/ring/roster.h"
#include "core/ring/segment.h"

namespace ringscope {

// Gives back what dead participants hold, so that the others go on. The contract, and why it is
// safe while they run at full speed, is docs/ring.md.

struct RepairOptions {
    bool isDryRun = false; // says what it would do; takes no lock, writes nothing
    bool isForced = false; // acts also on what is undecidable: a living owner's message may be lost
                           // and its ring wedged a lap later
    std::optional<std::int32_t> pid;      // only what this process held
    std::optional<std::uint32_t> channel; // only on this one, by its index
    // How long it waits for a living participant that is in the few instructions around its claim,
    // and for another repair to end.
    std::chrono::milliseconds patience{200};
};

// A slot that was given back, or would be in a dry run.
struct RepairedSlot {
    Participant holder; // dead
    std::uint64_t position = 0;
    std::uint64_t slot = 0;
    // Of the message in it, when a consumer held it.
    std::uint64_t messageId = 0;
    std::uint32_t senderPid = 0;
    bool isLost = false;     // a message went with its consumer
    bool wasClaimed = false; // the claimed bit said so; false: nobody else can own it
    bool isForced = false;   // undecidable, done all the same
};

// Somebody who may own a slot that a dead participant was about to claim.
struct RepairRival {
    std::int32_t pid = 0;
    std::int32_t tid = 0; // 0: not in the roster, it maps the segment
    Liveness liveness = Liveness::unknown;
};

// What was left alone, with the reason.
struct RefusedRepair {
    Participant holder; // dead
    std::uint64_t position = 0;
    std::vector<RepairRival> waitsFor; // empty: its entry makes no sense
    std::string reason;                // one sentence for the user
};

struct RepairReport {
    std::vector<RepairedSlot> slots;
    std::vector<RefusedRepair> refused;
    std::uint32_t deadParticipants = 0;
    std::uint32_t entriesFreed = 0; // places in the roster
    // Since the segment's creation, over all channels.
    std::uint64_t tombstonesInAll = 0;
    std::uint64_t lostInAll = 0;
};

// Errors (failed): the segment has no roster (DMXP created it), another repair goes on; (target):
// the file under the segment's name is not the one that is mapped, or may not be opened.
[[nodiscard]] Expected<RepairReport> repairRing(const Segment& segment,
                                                const RepairOptions& options = {});

} // namespace ringscope
