// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "core/ring/slot_snapshot.h"

namespace ringscope {

// Makes the snapshot of a ring whose slots between head and tail are ready, then changes single
// slots. Sequences fit the states, as in a real segment.
class SlotSnapshotBuilder {
public:
    SlotSnapshotBuilder(std::uint64_t capacity, std::uint64_t head, std::uint64_t tail) {
        m_snapshot.timeNs = 5'000'000'000;
        m_snapshot.epochNs = 1'000'000'000;
        m_snapshot.cursors = {0, capacity, head, tail};
        m_snapshot.payloadCapacity = 1024;
        for (std::uint64_t first = 0; first < capacity; first += kSlotsPerBlock) {
            auto block = std::make_shared<SlotBlock>();
            block->readAtNs = m_snapshot.timeNs;
            block->count = static_cast<std::uint32_t>(
                std::min<std::uint64_t>(kSlotsPerBlock, capacity - first));
            for (std::uint32_t i = 0; i < block->count; ++i) {
                const std::uint64_t position = positionOf(first + i);
                const bool isReady = position < tail;
                block->states[i] = isReady ? SlotState::ready : SlotState::free;
                block->sequences[i] = isReady ? position + 1 : position;
                block->changedAtMs[i] = 3'000;
            }
            m_snapshot.blocks.push_back(std::move(block));
        }
    }

    // The slot's block becomes another one, as when it is read again.
    SlotSnapshotBuilder& set(std::uint64_t slot, SlotState state) {
        return change(slot, [&](SlotBlock& block, std::size_t i) { block.states[i] = state; });
    }
    SlotSnapshotBuilder& set(std::uint64_t slot, SlotState state, std::uint64_t sequence) {
        return change(slot, [&](SlotBlock& block, std::size_t i) {
            block.states[i] = state;
            block.sequences[i] = sequence;
        });
    }
    SlotSnapshotBuilder& changedAtMs(std::uint64_t slot, std::uint32_t ms) {
        return change(slot, [&](SlotBlock& block, std::size_t i) { block.changedAtMs[i] = ms; });
    }
    SlotSnapshotBuilder& unread(std::size_t block) {
        m_snapshot.blocks[block] = nullptr;
        return *this;
    }
    SlotSnapshotBuilder& readBefore(std::size_t block, std::int64_t ns) {
        return change(block * kSlotsPerBlock, [&](SlotBlock& read, std::size_t /*slot*/) {
            read.readAtNs = m_snapshot.timeNs - ns;
        });
    }
    SlotSnapshotBuilder& holder(const SlotHolder& holder) {
        m_snapshot.holders.push_back(holder);
        return *this;
    }
    SlotSnapshotBuilder& detail(const SlotDetail& detail) {
        m_snapshot.detail = detail;
        return *this;
    }
    SlotSnapshotBuilder& cursors(std::uint64_t head, std::uint64_t tail) {
        m_snapshot.cursors.head = head;
        m_snapshot.cursors.tail = tail;
        return *this;
    }

    [[nodiscard]] std::shared_ptr<const SlotSnapshot> build() const {
        return std::make_shared<const SlotSnapshot>(m_snapshot);
    }

private:
    // The first position at or after head that lies in the slot.
    [[nodiscard]] std::uint64_t positionOf(std::uint64_t slot) const {
        const ChannelCursors& c = m_snapshot.cursors;
        const std::uint64_t inLap = c.head % c.capacity;
        return c.head - inLap + slot + (slot < inLap ? c.capacity : 0);
    }
    SlotSnapshotBuilder& change(std::uint64_t slot,
                                const std::function<void(SlotBlock&, std::size_t)>& apply) {
        auto& shared = m_snapshot.blocks[slot / kSlotsPerBlock];
        auto copy = std::make_shared<SlotBlock>(*shared);
        apply(*copy, slot % kSlotsPerBlock);
        shared = std::move(copy);
        return *this;
    }

    SlotSnapshot m_snapshot;
};

} // namespace ringscope
