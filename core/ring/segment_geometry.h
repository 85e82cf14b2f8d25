// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/base/expected.h"
#include "core/base/process_identity.h"
#include "core/ring/ring_layout.h"

namespace ringscope {

// How long who opens a segment waits for its creator; one that lives takes milliseconds.
inline constexpr std::chrono::milliseconds kSegmentCreationTime{1000};

// Checked geometry of a segment: what is left of its header once nothing in it is hostile any more.
// Channels that are not in use have capacity 0.
struct SegmentGeometry {
    struct Channel {
        std::uint32_t channelId = 0;
        std::uint64_t capacity = 0;
        std::uint64_t bandOffset = 0;
        std::uint32_t slotStride = 0;
        std::uint32_t payloadCapacity = 0;
        bool wakesDmxpConsumers = false;
        std::string name;
    };
    std::uint64_t bytes = 0;      // of the file
    bool isDmxpCompatible = true; // DMXP's magic
    bool hasExtension = false;    // false: created by DMXP; no roster, no creator
    std::uint64_t rosterOffset = 0;
    std::uint32_t rosterEntries = 0;
    ProcessIdentity creator;
    std::uint64_t createdNs = 0;   // Unix time
    std::vector<Channel> channels; // up to the last one in use; index = place in the segment
    // Why a channel of a segment that DMXP created cannot be used; its capacity is 0 here. The
    // others can: nobody checks what DMXP clients make of one.
    std::vector<std::string> leftOut;
};

// The header and channel table as read from the file.
struct SegmentHead {
    layout::Header header;
    layout::Channel channels[layout::kMaxChannels];
};
static_assert(sizeof(SegmentHead) == layout::kHeaderBytes);

// A copy of the file's first bytes, once its creator has finished it; waits for that up to timeout.
// Errors: cannot be read (target); cut short or still not finished (damaged).
[[nodiscard]] Expected<std::unique_ptr<SegmentHead>>
readReadyHead(int fd, const std::string& name, std::chrono::milliseconds timeout);

// Waits up to timeout until the slots of every channel have their sequences: DMXP publishes a
// channel's capacity before. Error (damaged): they still have not, and which.
[[nodiscard]] Expected<void> awaitInitialisedSlots(int fd, const std::string& name,
                                                   const SegmentGeometry& geometry,
                                                   std::chrono::milliseconds timeout);

// Checks a copy of a segment's first bytes against the file's size. Errors (damaged) name the
// field. ready is not looked at.
[[nodiscard]] Expected<SegmentGeometry>
checkGeometry(const std::string& name, const SegmentHead& head, std::uint64_t fileBytes);

} // namespace ringscope
