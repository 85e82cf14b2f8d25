// SPDX-License-Identifier: MIT
#include "core/workload/delivery_check.h"

#include <algorithm>
#include <bit>
#include <iterator>
#include <set>
#include <tuple>

namespace ringscope {

namespace {

constexpr std::uint64_t kBits = layout::kReceiptBlockBits;

std::uint64_t bitsOf(const ReceivedSet::Words& words) {
    std::uint64_t bits = 0;
    for (const std::uint64_t word : words) {
        bits += static_cast<std::uint64_t>(std::popcount(word));
    }
    return bits;
}

} // namespace

std::uint64_t ReceivedSet::merge(std::uint64_t block, const Words& words) {
    if (isComplete(block)) {
        return bitsOf(words);
    }
    Words& known = m_open[block];
    std::uint64_t repeated = 0;
    std::uint64_t all = ~std::uint64_t{0};
    for (std::size_t index = 0; index < words.size(); ++index) {
        repeated += static_cast<std::uint64_t>(std::popcount(known[index] & words[index]));
        m_count += static_cast<std::uint64_t>(std::popcount(~known[index] & words[index]));
        known[index] |= words[index];
        all &= known[index];
    }
    if (all == ~std::uint64_t{0}) {
        m_open.erase(block);
        complete(block);
    }
    return repeated;
}

bool ReceivedSet::isComplete(std::uint64_t block) const {
    const auto after = m_complete.upper_bound(block);
    return after != m_complete.begin() && block < std::prev(after)->second;
}

void ReceivedSet::complete(std::uint64_t block) {
    std::uint64_t first = block;
    std::uint64_t end = block + 1;
    auto after = m_complete.upper_bound(block);
    if (after != m_complete.end() && after->first == end) {
        end = after->second;
        after = m_complete.erase(after);
    }
    if (after != m_complete.begin() && std::prev(after)->second == first) {
        std::prev(after)->second = end;
    } else {
        m_complete.emplace(first, end);
    }
}

bool ReceivedSet::contains(std::uint64_t sequence) const {
    const auto open = m_open.find(sequence / kBits);
    if (open != m_open.end()) {
        return (open->second[sequence % kBits / 64] >> (sequence % 64) & 1U) != 0;
    }
    return isComplete(sequence / kBits);
}

std::uint64_t ReceivedSet::countBelow(std::uint64_t sequence) const {
    // Receipts of what nobody sent are rare: count them, not the others.
    std::uint64_t beyond = 0;
    for (auto open = m_open.lower_bound(sequence / kBits); open != m_open.end(); ++open) {
        for (std::uint64_t bit = 0; bit < kBits; ++bit) {
            const bool isSet = (open->second[bit / 64] >> (bit % 64) & 1U) != 0;
            beyond += isSet && open->first * kBits + bit >= sequence ? 1U : 0U;
        }
    }
    for (const auto& [first, end] : m_complete) {
        if (end * kBits > sequence) {
            beyond += end * kBits - std::max(sequence, first * kBits);
        }
    }
    return m_count - std::min(beyond, m_count);
}

void ReceivedSet::closeOldest() {
    const auto oldest = m_open.begin();
    const std::uint64_t block = oldest->first;
    m_open.erase(oldest);
    complete(block);
}

DeliveryCheck::DeliveryCheck(std::uint32_t senders, std::uint32_t channels)
    : m_channels(channels)
    , m_pairs(std::size_t{senders} * channels) {}

void DeliveryCheck::merge(std::uint64_t pair, std::uint64_t block, const std::uint64_t* words) {
    ReceivedSet::Words copy;
    std::copy_n(words, copy.size(), copy.begin());
    if (pair >= m_pairs.size()) {
        m_corrupted += bitsOf(copy);
        return;
    }
    ReceivedSet& received = m_pairs[pair];
    m_openBlocks -= received.openBlocks();
    m_duplicated += received.merge(block, copy);
    if (m_openBlocks + received.openBlocks() > kMaxOpenBlocks && received.openBlocks() > 0) {
        received.closeOldest();
        m_isExact = false;
    }
    m_openBlocks += received.openBlocks();
}

bool DeliveryCheck::isReceived(const MessageInRing& message) const {
    const std::uint64_t pair = std::uint64_t{message.sender} * m_channels + message.channel;
    return pair < m_pairs.size() && m_pairs[pair].contains(message.sequence);
}

DeliveryCounts DeliveryCheck::verdict(const Evidence& evidence) const {
    DeliveryCounts counts;
    counts.duplicated = m_duplicated + evidence.duplicated;
    counts.reordered = evidence.reordered;
    counts.corrupted = m_corrupted + evidence.corrupted;
    counts.isExact = m_isExact;
    counts.foreign = evidence.foreign;
    std::uint64_t identified = 0;
    for (std::size_t pair = 0; pair < m_pairs.size(); ++pair) {
        const std::uint64_t sent = pair < evidence.sent.size() ? evidence.sent[pair] : 0;
        const std::uint64_t received = m_pairs[pair].countBelow(sent);
        counts.sent += sent;
        identified += received;
        counts.corrupted += m_pairs[pair].count() - received; // nobody sent these
    }
    std::set<std::tuple<std::uint32_t, std::uint32_t, std::uint64_t>> seen;
    for (const MessageInRing& message : evidence.inRing) {
        const std::uint64_t pair = std::uint64_t{message.sender} * m_channels + message.channel;
        if (pair >= evidence.sent.size() || message.sequence >= evidence.sent[pair]) {
            ++counts.corrupted;
        } else if (isReceived(message)) {
            // Its consumer recorded the receipt and died before it released the slot; in a slot
            // that nobody claimed it is the same message a second time.
            counts.duplicated += message.isClaimed ? 0 : 1;
        } else if (!seen.insert({message.sender, message.channel, message.sequence}).second) {
            ++counts.duplicated;
        } else {
            ++counts.inRing;
            counts.unreleased += message.isClaimed ? 1 : 0;
        }
    }
    for (const MessageInRing& message : evidence.taken) {
        const std::uint64_t pair = std::uint64_t{message.sender} * m_channels + message.channel;
        const bool wasSent = pair < evidence.sent.size() && message.sequence < evidence.sent[pair];
        if (wasSent && !isReceived(message) &&
            seen.insert({message.sender, message.channel, message.sequence}).second) {
            ++counts.lostWithHolder;
        }
    }
    // What was too broken to say which message it is was received all the same.
    const std::uint64_t missing = counts.sent - std::min(counts.sent, identified + counts.inRing);
    const std::uint64_t nameless = std::min(missing, evidence.unidentified);
    counts.received = identified + nameless;
    // What a dead consumer had was claimed as well, and taken by nobody else.
    const std::uint64_t held = counts.unreleased + counts.lostWithHolder;
    const std::uint64_t unnamed = missing - nameless;
    counts.takenByOthers = std::min(unnamed - std::min(unnamed, counts.lostWithHolder),
                                    evidence.claimed - std::min(evidence.claimed, held));
    counts.lost = missing - nameless - counts.takenByOthers;
    return counts;
}

} // namespace ringscope
