// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ringscope {

// What a slot is doing, derived from its sequence and the channel's cursors (docs/ring-abi.md). The
// order is the severity: where several slots share a pixel the largest value is shown.
enum class SlotState : std::uint8_t { free, ready, reading, writing, stuck };
constexpr std::size_t kSlotStateCount = 5;

// Positions count messages from the channel's creation; the slot of position p is p mod capacity,
// its lap p / capacity.
struct ChannelCursors {
    std::uint32_t channel = 0;
    std::uint64_t capacity = 0; // slots
    std::uint64_t head = 0;     // next position to consume
    std::uint64_t tail = 0;     // next position to produce

    // Cursors that rest while the slot at tail is still held from the lap before: producers find no
    // room, whatever lies between head and tail (docs/tracks.md). Only cursors() of RingObserver
    // says.
    bool isBlocked = false;

    // Slots that producers cannot have.
    [[nodiscard]] std::uint64_t taken() const noexcept { return isBlocked ? capacity : used(); }
    // Slots between head and tail, never more than capacity whatever a hostile segment says.
    [[nodiscard]] std::uint64_t used() const noexcept {
        const std::uint64_t distance = tail - head;
        return distance <= capacity ? distance : (tail < head ? 0 : capacity);
    }
};

constexpr std::size_t kSlotsPerBlock = 4096;

// A run of slots read at one instant. Immutable once published, shared by snapshots until it is
// read again, so a widget repaints only the blocks whose pointer changed.
struct SlotBlock {
    std::int64_t readAtNs = 0; // monotonic
    std::uint32_t count = 0;   // slots in this block; less than kSlotsPerBlock only in the last
    std::array<SlotState, kSlotsPerBlock> states{};
    std::array<std::uint64_t, kSlotsPerBlock> sequences{};
    // When the observer last saw the slot change (its sequence, or whether somebody holds it), in
    // milliseconds since SlotSnapshot::epochNs. A held slot's age is counted from here.
    std::array<std::uint32_t, kSlotsPerBlock> changedAtMs{};
    // When this block was read for the first time. A slot that "changed" then was not seen to
    // change at all: it has been as it is for that long at least.
    std::uint32_t firstReadMs = 0;

    [[nodiscard]] bool isSinceFirstRead(std::size_t i) const noexcept {
        return changedAtMs[i] == firstReadMs;
    }
};

// What a participant's roster entry says it holds.
struct SlotHolder {
    std::uint64_t firstPosition = 0;
    std::uint32_t count = 0;
    std::int32_t pid = 0;
    std::int32_t tid = 0;
    bool isProducer = false;
    bool isClaimed = false; // false: it may have died in the few instructions around its CAS
};

// The message header of a slot (DMXP's metadata). In a slot being written it is last lap's.
struct SlotMetadata {
    std::uint64_t messageId = 0;
    std::uint64_t timestampNs = 0; // Unix time; 0 = not stamped
    std::uint32_t channelId = 0;
    std::uint32_t messageType = 0;
    std::uint32_t senderPid = 0; // the producer's, never the holder's
    std::uint16_t senderRuntime = 0;
    std::uint16_t flags = 0;
    std::uint32_t payloadLength = 0; // as stored; a hostile one may exceed the payload capacity
};

// One slot that somebody asked about.
struct SlotDetail {
    std::uint64_t slot = 0;
    std::uint64_t sequence = 0;
    SlotMetadata metadata;
    std::int64_t readAtNs = 0;
};

// The slots of one channel as seen from outside. Immutable; parts may be older than timeNs, each
// block says how old.
struct SlotSnapshot {
    std::int64_t timeNs = 0;
    std::int64_t epochNs = 0;
    ChannelCursors cursors;
    std::string channelName;
    std::uint32_t slotStride = 0;
    std::uint32_t payloadCapacity = 0;
    std::vector<std::shared_ptr<const SlotBlock>>
        blocks; // slot i is in blocks[i / kSlotsPerBlock]; null = not read yet
    std::vector<SlotHolder> holders;
    std::optional<SlotDetail> detail; // of the slot that was asked for last
};

} // namespace ringscope
