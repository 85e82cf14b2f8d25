// SPDX-License-Identifier: MIT
#include "core/session/ring_backlog.h"

#include <algorithm>
#include <map>
#include <random>

#include "core/base/units.h"
#include "core/ring/ring_observer.h"
#include "core/workload/message_body.h"

namespace ringscope {

namespace {

constexpr std::size_t kMostNamed = 4;

using Sender = std::pair<std::int32_t, std::optional<std::uint32_t>>;

Sender senderOf(const SlotMetadata& metadata) {
    const auto pid = static_cast<std::int32_t>(metadata.senderPid);
    return isWorkloadMessageType(metadata.messageType)
               ? Sender{pid, senderOfMessageId(metadata.messageId)}
               : Sender{pid, std::nullopt};
}

} // namespace

ChannelBacklog readBacklog(const RingObserver& ring, const ChannelCursors& cursors,
                           std::uint64_t most, std::int64_t wallNs) {
    ChannelBacklog backlog;
    backlog.channel = cursors.channel;
    backlog.waiting = cursors.used();
    const std::uint64_t step =
        most == 0 ? 0 : std::max<std::uint64_t>((backlog.waiting + most - 1) / most, 1);
    std::map<Sender, std::uint64_t> messages;
    // One of each `step` messages, not at equal distances: producers that take turns would have the
    // same ones looked at always.
    std::minstd_rand random(static_cast<std::minstd_rand::result_type>(cursors.head + 1));
    for (std::uint64_t first = 0; step > 0 && first < backlog.waiting; first += step) {
        const std::uint64_t in = std::min(step, backlog.waiting - first);
        // The oldest always: its age is asked for.
        const std::uint64_t position = cursors.head + first + (first == 0 ? 0 : random() % in);
        const auto slot =
            ring.slotDetail(cursors.channel, position & (cursors.capacity - 1), wallNs);
        if (!slot || slot->sequence != position + 1) {
            continue; // cut short; not published yet, or received meanwhile
        }
        ++backlog.lookedAt;
        ++messages[senderOf(slot->metadata)];
        const auto stamp = static_cast<std::int64_t>(slot->metadata.timestampNs);
        if (!backlog.stampedAgeNs && stamp > 0 && stamp <= wallNs) {
            backlog.stampedAgeNs = wallNs - stamp;
        }
    }
    for (const auto& [sender, count] : messages) {
        backlog.senders.push_back({sender.first, sender.second, count});
    }
    std::stable_sort(backlog.senders.begin(), backlog.senders.end(),
                     [](const QueuedBy& a, const QueuedBy& b) { return a.messages > b.messages; });
    return backlog;
}

std::string backlogShares(const ChannelBacklog& backlog) {
    std::string text;
    for (std::size_t i = 0; i < backlog.senders.size() && i < kMostNamed; ++i) {
        const QueuedBy& sender = backlog.senders[i];
        const std::string pid =
            sender.pid == 0 ? "senders that give no pid" : "pid " + std::to_string(sender.pid);
        text +=
            (i == 0 ? "" : ", ") +
            (sender.worker ? "sender " + std::to_string(*sender.worker) + " (" + pid + ")" : pid) +
            " " +
            formatValue(100 * static_cast<double>(sender.messages) /
                            static_cast<double>(backlog.lookedAt),
                        Unit::percent);
    }
    if (backlog.senders.size() > kMostNamed) {
        text += " and " + std::to_string(backlog.senders.size() - kMostNamed) + " more";
    }
    return text;
}

} // namespace ringscope
