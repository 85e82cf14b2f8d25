// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "core/ring/ring_layout.h"

namespace ringscope {

// What a producer says about a message; channel, sender and length are filled in by its handle.
struct MessageHeader {
    std::uint64_t messageId = 0;
    std::uint64_t timestampNs = 0; // Unix time; 0 = not stamped
    std::uint32_t messageType = 0;
    std::uint16_t flags = 0; // 0x8000 is Ringscope's (tombstone)
};

// What a consumer gets: the header as stored, with the length clamped to what a slot can hold.
// DMXP stores any length: more than payloadLength in storedLength means that the sender had more to
// say than a slot holds, and the rest was never there.
struct ReceivedHeader {
    std::uint64_t position = 0; // counts the channel's messages from its creation
    std::uint64_t messageId = 0;
    std::uint64_t timestampNs = 0;
    std::uint32_t channelId = 0;
    std::uint32_t messageType = 0;
    std::uint32_t senderPid = 0;
    std::uint32_t payloadLength = 0;
    std::uint16_t senderRuntime = 0;
    std::uint16_t flags = 0;
    std::uint32_t storedLength = 0;

    [[nodiscard]] bool isCut() const noexcept { return storedLength > payloadLength; }
};

// A message read in place. Valid until its consumer releases it.
struct MessageView {
    ReceivedHeader header;
    std::span<const std::byte> payload;
};

// A slot to write in place. Valid until its producer commits or abandons it.
struct SlotToWrite {
    std::uint64_t position = 0;
    std::span<std::byte> payload; // the whole payload capacity
};

} // namespace ringscope
