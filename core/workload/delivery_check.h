// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <vector>

#include "core/workload/scoreboard_layout.h"

namespace ringscope {

// The delivery check's verdict. sent = received + inRing + takenByOthers + lost.
struct DeliveryCounts {
    std::uint64_t sent = 0;           // published, also by a worker that died
    std::uint64_t received = 0;       // with a receipt, each message once
    std::uint64_t lost = 0;           // published, and neither received nor in the ring
    std::uint64_t lostWithHolder = 0; // of lost: in a slot that was taken from a dead consumer
    std::uint64_t duplicated = 0;     // beyond the first
    std::uint64_t reordered = 0;      // per producer and channel, within one consumer
    std::uint64_t corrupted = 0;      // checksum or identity did not fit
    std::uint64_t inRing = 0;         // published, no receipt, still in a slot
    std::uint64_t unreleased = 0;     // of inRing: claimed by a consumer that died
    // In a ring that others use too: messages of ours that their consumers took, as far as what is
    // missing can be told from what is lost, and messages of theirs that our consumers got.
    std::uint64_t takenByOthers = 0;
    std::uint64_t foreign = 0;
    bool isExact = true; // false: too much was lost to remember each message

    [[nodiscard]] bool isClean() const noexcept {
        return lost == lostWithHolder && duplicated == 0 && reordered == 0 && corrupted == 0;
    }
    bool operator==(const DeliveryCounts&) const = default;
};

// A message that a slot of the ring still holds.
struct MessageInRing {
    std::uint32_t sender = 0;
    std::uint32_t channel = 0;
    std::uint64_t sequence = 0;
    bool isClaimed = false; // by a consumer that has not released it
};

// Which messages of one sender on one channel were received: a bitmap of 4096 messages for each
// block that is not complete, and intervals of the complete ones. While nothing is lost, open
// blocks are those in flight, so memory does not grow with the number of messages.
class ReceivedSet {
public:
    using Words = std::array<std::uint64_t, layout::kReceiptBlockWords>;

    // Returns how many of these were there already.
    std::uint64_t merge(std::uint64_t block, const Words& words);
    [[nodiscard]] bool contains(std::uint64_t sequence) const;
    // Distinct messages, and those among them below a sequence.
    [[nodiscard]] std::uint64_t count() const noexcept { return m_count; }
    [[nodiscard]] std::uint64_t countBelow(std::uint64_t sequence) const;
    [[nodiscard]] std::size_t openBlocks() const noexcept { return m_open.size(); }
    // Gives up the oldest open block: what it lacks will be missing, what comes late is a
    // duplicate.
    void closeOldest();

private:
    void complete(std::uint64_t block);
    [[nodiscard]] bool isComplete(std::uint64_t block) const;

    std::map<std::uint64_t, Words> m_open;
    std::map<std::uint64_t, std::uint64_t> m_complete; // first -> one beyond the last, no two touch
    std::uint64_t m_count = 0;
};

// Puts the receipts of all consumers together, in the run's memory and outside the measured
// processes. Exact whatever the ring did, as long as at most kMaxOpenBlocks blocks (some 40 MB)
// wait for what is missing. One thread.
class DeliveryCheck {
public:
    static constexpr std::size_t kMaxOpenBlocks = 65'536;

    DeliveryCheck(std::uint32_t senders, std::uint32_t channels);

    // A block of receipts from one consumer; of a pair that does not exist it counts as corrupted.
    void merge(std::uint64_t pair, std::uint64_t block, const std::uint64_t* words);
    [[nodiscard]] bool isReceived(const MessageInRing& message) const;

    struct Evidence {
        std::vector<std::uint64_t> sent;   // by pair: sender * channels + channel
        std::vector<MessageInRing> inRing; // every published message in a slot
        std::vector<MessageInRing> taken;  // by repair, with the slots of dead consumers
        std::uint64_t duplicated = 0;      // as consumers saw them themselves
        std::uint64_t reordered = 0;
        std::uint64_t corrupted = 0;
        std::uint64_t unidentified = 0; // of corrupted: it cannot be told which message
        std::uint64_t foreign = 0;
        // In a ring that others use too: positions that were claimed and that our consumers did not
        // get a message from.
        std::uint64_t claimed = 0;
    };
    // Once all receipts are merged.
    [[nodiscard]] DeliveryCounts verdict(const Evidence& evidence) const;

private:
    std::uint32_t m_channels;
    std::vector<ReceivedSet> m_pairs;
    std::uint64_t m_duplicated = 0;
    std::uint64_t m_corrupted = 0;
    std::size_t m_openBlocks = 0;
    bool m_isExact = true;
};

} // namespace ringscope
