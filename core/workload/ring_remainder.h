// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/expected.h"
#include "core/base/file_descriptor.h"
#include "core/ring/segment_geometry.h"
#include "core/workload/delivery_check.h"

namespace ringscope {

// What the delivery check must know of the ring itself, read by pread from the segment's file. The
// file stays readable after its name is gone. One thread.
class RingRemainder {
public:
    // Errors (target): the segment cannot be opened.
    [[nodiscard]] static Expected<RingRemainder> open(const std::string& ringName,
                                                      const SegmentGeometry& geometry);

    // Messages in the fullest of the first `channels` channels just now.
    [[nodiscard]] std::uint64_t fullestChannel(std::uint32_t channels) const;
    // Whether the message of that position was published. Asked before anybody can go round the
    // ring and before it is repaired, the slot's sequence tells it exactly.
    [[nodiscard]] bool isPublished(std::uint32_t channel, std::uint64_t position) const;
    // Every published message that is still in a slot, once no worker is left. type: only those of
    // this message type; empty = every one.
    [[nodiscard]] std::vector<MessageInRing>
    messages(std::optional<std::uint32_t> type = std::nullopt) const;
    // Positions that consumers have claimed so far, of the first `channels` channels together.
    [[nodiscard]] std::uint64_t consumed(std::uint32_t channels) const;
    // Where the next message would go, of each of the first `channels` channels.
    [[nodiscard]] std::vector<std::uint64_t> tails(std::uint32_t channels) const;
    // Whether consumers have claimed all that lay before these tails.
    [[nodiscard]] bool isConsumedUpTo(const std::vector<std::uint64_t>& tails) const;

private:
    RingRemainder(FileDescriptor file, const SegmentGeometry& geometry)
        : m_file(std::move(file))
        , m_geometry(geometry) {}
    struct Cursors {
        std::uint64_t head = 0;
        std::uint64_t tail = 0;
    };
    [[nodiscard]] Cursors cursorsOf(std::uint32_t channel) const;
    void addMessages(std::uint32_t channel, std::optional<std::uint32_t> type,
                     std::vector<MessageInRing>& found) const;
    bool readAt(void* to, std::size_t bytes, std::uint64_t offset) const;

    FileDescriptor m_file;
    SegmentGeometry m_geometry;
};

} // namespace ringscope
