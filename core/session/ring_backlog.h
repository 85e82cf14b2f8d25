// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/ring/slot_snapshot.h"

namespace ringscope {

class RingObserver;

// Messages of one sender among those that wait in a channel.
struct QueuedBy {
    std::int32_t pid = 0;                // as the slots name it; 0: they do not
    std::optional<std::uint32_t> worker; // of a workload of ours: its number, producers first
    std::uint64_t messages = 0;          // of those that were looked at

    bool operator==(const QueuedBy&) const = default;
};

// Who filled a channel: what its slots between head and tail say of their messages.
struct ChannelBacklog {
    std::uint32_t channel = 0;
    std::uint64_t waiting = 0;     // messages between head and tail
    std::uint64_t lookedAt = 0;    // of them published, and read; all, or evenly spread
    std::vector<QueuedBy> senders; // most messages first
    // Of the oldest message that carries a time stamp; the oldest of all is as old at least.
    std::optional<std::int64_t> stampedAgeNs;

    bool operator==(const ChannelBacklog&) const = default;
};

// Reads the headers of at most `most` waiting messages, by pread. wallNs: Unix time, for stamps.
// What is received or overwritten meanwhile is left out.
[[nodiscard]] ChannelBacklog readBacklog(const RingObserver& ring, const ChannelCursors& cursors,
                                         std::uint64_t most, std::int64_t wallNs);

// "sender 3 (pid 4711) 62 %, sender 1 (pid 4712) 38 %": the largest few. Empty without a message.
[[nodiscard]] std::string backlogShares(const ChannelBacklog& backlog);

} // namespace ringscope
