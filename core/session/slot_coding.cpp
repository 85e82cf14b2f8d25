// SPDX-License-Identifier: MIT
#include "core/session/slot_coding.h"

#include <algorithm>

namespace ringscope {

namespace {

constexpr std::uint64_t kMaxSlots = std::uint64_t{1} << 24U;
constexpr std::uint64_t kMaxHolders = 65'536;
constexpr unsigned kSinceFirstRead = 0x80; // in a slot's state

void putText(std::string& to, const std::string& text) {
    putVarint(to, text.size());
    to += text;
}

std::string readText(ByteReader& from) {
    return std::string(from.take(from.varint()));
}

void putHolder(std::string& to, const SlotHolder& holder) {
    putVarint(to, holder.firstPosition);
    putVarint(to, holder.count);
    putSigned(to, holder.pid);
    putSigned(to, holder.tid);
    to.push_back(static_cast<char>((holder.isProducer ? 1 : 0) | (holder.isClaimed ? 2 : 0)));
}

SlotHolder readHolder(ByteReader& from) {
    SlotHolder holder;
    holder.firstPosition = from.varint();
    holder.count = static_cast<std::uint32_t>(from.varint());
    holder.pid = static_cast<std::int32_t>(from.signedVarint());
    holder.tid = static_cast<std::int32_t>(from.signedVarint());
    const auto flags = from.fixed<std::uint8_t>();
    holder.isProducer = (flags & 1U) != 0;
    holder.isClaimed = (flags & 2U) != 0;
    return holder;
}

// Wrapping, because a hostile segment may hold any sequence.
std::int64_t difference(std::uint64_t a, std::uint64_t b) {
    return static_cast<std::int64_t>(a - b);
}

void putBlock(std::string& to, std::size_t index, const SlotBlock& block) {
    putVarint(to, index);
    putSigned(to, block.readAtNs);
    putVarint(to, block.count);
    for (std::size_t i = 0; i < block.count; ++i) {
        const auto state = static_cast<unsigned>(block.states[i]);
        to.push_back(static_cast<char>(state | (block.isSinceFirstRead(i) ? kSinceFirstRead : 0U)));
    }
    std::uint64_t sequence = 0;
    std::uint32_t changedAtMs = 0;
    for (std::size_t i = 0; i < block.count; ++i) {
        putSigned(to, difference(block.sequences[i], sequence));
        sequence = block.sequences[i];
    }
    for (std::size_t i = 0; i < block.count; ++i) {
        putSigned(to, std::int64_t{block.changedAtMs[i]} - std::int64_t{changedAtMs});
        changedAtMs = block.changedAtMs[i];
    }
}

std::shared_ptr<const SlotBlock> readBlock(ByteReader& from, std::size_t expectedCount) {
    auto block = std::make_shared<SlotBlock>();
    block->readAtNs = from.signedVarint();
    block->count = static_cast<std::uint32_t>(from.varint());
    if (from.hasFailed() || block->count != expectedCount) {
        return nullptr;
    }
    const std::string_view states = from.take(block->count);
    if (states.size() != block->count) {
        return nullptr;
    }
    for (std::size_t i = 0; i < states.size(); ++i) {
        const unsigned state = static_cast<unsigned char>(states[i]) & ~kSinceFirstRead;
        if (state >= kSlotStateCount) {
            return nullptr;
        }
        block->states[i] = static_cast<SlotState>(state);
    }
    std::uint64_t sequence = 0;
    for (std::size_t i = 0; i < block->count; ++i) {
        sequence += static_cast<std::uint64_t>(from.signedVarint());
        block->sequences[i] = sequence;
    }
    std::uint64_t changedAtMs = 0;
    for (std::size_t i = 0; i < block->count; ++i) {
        changedAtMs += static_cast<std::uint64_t>(from.signedVarint());
        block->changedAtMs[i] = static_cast<std::uint32_t>(changedAtMs);
        // The same for all that have it; without any nobody asks.
        if ((static_cast<unsigned char>(states[i]) & kSinceFirstRead) != 0) {
            block->firstReadMs = block->changedAtMs[i];
        }
    }
    return from.hasFailed() ? nullptr : block;
}

std::size_t blockCountOf(std::uint64_t capacity) {
    return static_cast<std::size_t>((capacity + kSlotsPerBlock - 1) / kSlotsPerBlock);
}

} // namespace

std::string SlotEncoder::encode(const SlotSnapshot& snapshot) {
    if (snapshot.cursors.channel != m_channel || m_written.size() != snapshot.blocks.size()) {
        m_channel = snapshot.cursors.channel;
        m_written.assign(snapshot.blocks.size(), nullptr);
        m_next = 0;
    }
    std::string bytes;
    putSigned(bytes, snapshot.timeNs);
    putSigned(bytes, snapshot.epochNs);
    putVarint(bytes, snapshot.cursors.channel);
    putVarint(bytes, snapshot.cursors.capacity);
    putVarint(bytes, snapshot.cursors.head);
    putVarint(bytes, snapshot.cursors.tail);
    putText(bytes, snapshot.channelName);
    putVarint(bytes, snapshot.slotStride);
    putVarint(bytes, snapshot.payloadCapacity);
    putVarint(bytes, snapshot.holders.size());
    for (const SlotHolder& holder : snapshot.holders) {
        putHolder(bytes, holder);
    }
    std::size_t written = 0;
    const std::size_t count = snapshot.blocks.size();
    for (std::size_t tried = 0; tried < count && written < kMaxBlocksPerFrame; ++tried) {
        const std::size_t index = m_next;
        m_next = (m_next + 1) % count;
        const auto& block = snapshot.blocks[index];
        if (block && block != m_written[index]) {
            putBlock(bytes, index, *block);
            m_written[index] = block;
            ++written;
        }
    }
    return bytes;
}

std::shared_ptr<const SlotSnapshot> decodeSlots(ByteReader from,
                                                const std::shared_ptr<const SlotSnapshot>& before) {
    auto snapshot = std::make_shared<SlotSnapshot>();
    snapshot->timeNs = from.signedVarint();
    snapshot->epochNs = from.signedVarint();
    snapshot->cursors.channel = static_cast<std::uint32_t>(from.varint());
    snapshot->cursors.capacity = from.varint();
    snapshot->cursors.head = from.varint();
    snapshot->cursors.tail = from.varint();
    snapshot->channelName = readText(from);
    snapshot->slotStride = static_cast<std::uint32_t>(from.varint());
    snapshot->payloadCapacity = static_cast<std::uint32_t>(from.varint());
    const std::uint64_t holders = from.varint();
    const std::uint64_t capacity = snapshot->cursors.capacity;
    if (from.hasFailed() || capacity > kMaxSlots || holders > kMaxHolders) {
        return nullptr;
    }
    for (std::uint64_t i = 0; i < holders && !from.hasFailed(); ++i) {
        snapshot->holders.push_back(readHolder(from));
    }
    const bool isSameChannel = before && before->cursors.channel == snapshot->cursors.channel &&
                               before->cursors.capacity == capacity;
    snapshot->blocks.resize(blockCountOf(capacity));
    if (isSameChannel) {
        snapshot->blocks = before->blocks;
    }
    while (!from.isAtEnd() && !from.hasFailed()) {
        const std::uint64_t index = from.varint();
        if (index >= snapshot->blocks.size()) {
            return nullptr;
        }
        const auto expected = static_cast<std::size_t>(
            std::min<std::uint64_t>(kSlotsPerBlock, capacity - index * kSlotsPerBlock));
        snapshot->blocks[index] = readBlock(from, expected);
        if (!snapshot->blocks[index]) {
            return nullptr;
        }
    }
    return from.hasFailed() ? nullptr : snapshot;
}

} // namespace ringscope
