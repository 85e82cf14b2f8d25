// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace ringscope {

// What each message of a workload says of itself at the start of its payload, so that delivery can
// be checked. The message id of its slot (messageIdOf()) says the same a second time.
struct MessageStamp {
    std::uint64_t sequence = 0; // counts the messages of its sender on its channel
    std::int64_t sentNs = 0;    // monotonic; when it was meant to be sent; 0 = not stamped
    std::uint16_t sender = 0;
    std::uint16_t channel = 0;
    std::uint32_t checksum = 0; // of the whole payload, with 0 in this place
};
static_assert(sizeof(MessageStamp) == 24);

constexpr std::uint32_t kWorkloadMessageType = 0x31435352; // "RSC1"
// In a ring that others use too each run has a type of its own, by which it tells its messages from
// those of others, also of other runs: "RS" and a number.
[[nodiscard]] constexpr std::uint32_t sharedMessageType(std::uint16_t number) noexcept {
    return std::uint32_t{number} << 16U | 0x5352U;
}
// Of either kind.
[[nodiscard]] constexpr bool isWorkloadMessageType(std::uint32_t type) noexcept {
    return (type & 0xFFFFU) == (kWorkloadMessageType & 0xFFFFU);
}
constexpr std::uint32_t kMessageIdSequenceBits = 48;

[[nodiscard]] constexpr std::uint64_t messageIdOf(std::uint32_t sender,
                                                  std::uint64_t sequence) noexcept {
    return std::uint64_t{sender} << kMessageIdSequenceBits |
           (sequence & ((std::uint64_t{1} << kMessageIdSequenceBits) - 1));
}
[[nodiscard]] constexpr std::uint32_t senderOfMessageId(std::uint64_t id) noexcept {
    return static_cast<std::uint32_t>(id >> kMessageIdSequenceBits);
}
[[nodiscard]] constexpr std::uint64_t sequenceOfMessageId(std::uint64_t id) noexcept {
    return id & ((std::uint64_t{1} << kMessageIdSequenceBits) - 1);
}

namespace detail {

// Four lanes of multiply and xor-shift: every byte counts, at some bytes a cycle. It finds torn and
// mixed up messages; it is no protection against an attacker.
class ChecksumLanes {
public:
    explicit ChecksumLanes(std::uint64_t length) noexcept
        : m_lanes{length, ~length, kMultiplier, 1} {}

    void mix(std::size_t lane, const std::byte* from, std::size_t bytes) noexcept {
        std::uint64_t word = 0;
        std::memcpy(&word, from, bytes);
        m_lanes[lane] = (m_lanes[lane] ^ word) * kMultiplier;
        m_lanes[lane] ^= m_lanes[lane] >> 29U;
    }
    void mixBlock(const std::byte* from) noexcept {
        mix(0, from, 8);
        mix(1, from + 8, 8);
        mix(2, from + 16, 8);
        mix(3, from + 24, 8);
    }
    void mixRest(const std::byte* from, std::size_t bytes) noexcept {
        for (std::size_t lane = 0; bytes > 0; ++lane) {
            const std::size_t some = bytes < 8 ? bytes : 8;
            mix(lane, from, some);
            from += some;
            bytes -= some;
        }
    }
    [[nodiscard]] std::uint32_t sum() const noexcept {
        std::uint64_t sum = 0;
        for (const std::uint64_t lane : m_lanes) {
            sum = (sum ^ lane) * kMultiplier;
            sum ^= sum >> 32U;
        }
        return static_cast<std::uint32_t>(sum);
    }

private:
    static constexpr std::uint64_t kMultiplier = 0x9E3779B97F4A7C15;
    std::uint64_t m_lanes[4];
};

} // namespace detail

// Of a payload that starts with stamp, whatever stands in its checksum. At least 24 bytes.
[[nodiscard]] inline std::uint32_t messageChecksum(MessageStamp stamp,
                                                   std::span<const std::byte> payload) noexcept {
    stamp.checksum = 0;
    detail::ChecksumLanes lanes(payload.size());
    std::byte head[32];
    std::size_t headBytes = payload.size() < sizeof(head) ? payload.size() : sizeof(head);
    headBytes = headBytes < sizeof(stamp) ? sizeof(stamp) : headBytes;
    std::memcpy(head, &stamp, sizeof(stamp));
    std::memcpy(head + sizeof(stamp), payload.data() + sizeof(stamp), headBytes - sizeof(stamp));
    if (headBytes < sizeof(head)) {
        lanes.mixRest(head, headBytes);
        return lanes.sum();
    }
    lanes.mixBlock(head);
    std::size_t at = sizeof(head);
    for (; at + 32 <= payload.size(); at += 32) {
        lanes.mixBlock(payload.data() + at);
    }
    lanes.mixRest(payload.data() + at, payload.size() - at);
    return lanes.sum();
}

// Writes the stamp with its checksum at the start of a payload whose other bytes are in place.
inline void sealMessage(std::span<std::byte> payload, MessageStamp stamp) noexcept {
    stamp.checksum = messageChecksum(stamp, payload);
    std::memcpy(payload.data(), &stamp, sizeof(stamp));
}

// False: the payload is not what was sealed; stamp is as it stands there, as far as it goes.
[[nodiscard]] inline bool openMessage(std::span<const std::byte> payload,
                                      MessageStamp* stamp) noexcept {
    if (payload.size() < sizeof(MessageStamp)) {
        *stamp = MessageStamp{};
        return false;
    }
    std::memcpy(stamp, payload.data(), sizeof(*stamp));
    return stamp->checksum == messageChecksum(*stamp, payload);
}

} // namespace ringscope
