// SPDX-License-Identifier: MIT
#include "core/workload/ring_remainder.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/ring/ring_layout.h"
#include "core/workload/message_body.h"

namespace ringscope {

namespace {

constexpr std::uint64_t kChunkBytes = std::uint64_t{1} << 20U;
// Slots wider than this are read one by one, only their header.
constexpr std::uint32_t kWideStride = 8192;

std::uint64_t channelOffset(std::uint32_t channel) {
    return sizeof(layout::Header) + std::uint64_t{channel} * sizeof(layout::Channel);
}

} // namespace

Expected<RingRemainder> RingRemainder::open(const std::string& ringName,
                                            const SegmentGeometry& geometry) {
    FileDescriptor file(::shm_open(("/" + ringName).c_str(), O_RDONLY | O_CLOEXEC, 0));
    if (!file.isOpen()) {
        return systemError(ErrorKind::target, "ring segment " + ringName + ": cannot be opened",
                           errno);
    }
    return RingRemainder(std::move(file), geometry);
}

std::uint64_t RingRemainder::fullestChannel(std::uint32_t channels) const {
    std::uint64_t fullest = 0;
    for (std::uint32_t channel = 0; channel < channels; ++channel) {
        const Cursors cursors = cursorsOf(channel);
        // Head is read after tail here, so it may have passed it.
        const std::uint64_t used = cursors.tail - std::min(cursors.head, cursors.tail);
        fullest = std::max(fullest, std::min(used, m_geometry.channels[channel].capacity));
    }
    return fullest;
}

bool RingRemainder::isPublished(std::uint32_t channel, std::uint64_t position) const {
    if (channel >= m_geometry.channels.size()) {
        return false;
    }
    const SegmentGeometry::Channel& band = m_geometry.channels[channel];
    layout::SlotHeader slot{};
    const std::uint64_t index = position & (band.capacity - 1);
    if (!readAt(&slot, sizeof(slot), band.bandOffset + index * band.slotStride)) {
        return false;
    }
    const bool isRepaired = slot.sequence == position + 1 &&
                            layout::isTombstone(slot.metadata.flags, slot.metadata.messageType,
                                                slot.metadata.payloadLength);
    return slot.sequence > position && !isRepaired;
}

std::vector<MessageInRing> RingRemainder::messages(std::optional<std::uint32_t> type) const {
    std::vector<MessageInRing> found;
    for (std::uint32_t channel = 0; channel < m_geometry.channels.size(); ++channel) {
        if (m_geometry.channels[channel].capacity != 0) {
            addMessages(channel, type, found);
        }
    }
    return found;
}

std::uint64_t RingRemainder::consumed(std::uint32_t channels) const {
    std::uint64_t positions = 0;
    for (std::uint32_t channel = 0; channel < channels; ++channel) {
        positions += cursorsOf(channel).head;
    }
    return positions;
}

std::vector<std::uint64_t> RingRemainder::tails(std::uint32_t channels) const {
    std::vector<std::uint64_t> found;
    for (std::uint32_t channel = 0; channel < channels; ++channel) {
        found.push_back(cursorsOf(channel).tail);
    }
    return found;
}

bool RingRemainder::isConsumedUpTo(const std::vector<std::uint64_t>& tails) const {
    for (std::uint32_t channel = 0; channel < tails.size(); ++channel) {
        if (cursorsOf(channel).head < tails[channel]) {
            return false;
        }
    }
    return true;
}

void RingRemainder::addMessages(std::uint32_t channel, std::optional<std::uint32_t> type,
                                std::vector<MessageInRing>& found) const {
    const auto isOurs = [type](const layout::MessageMetadata& metadata) {
        return !type || metadata.messageType == *type;
    };
    const SegmentGeometry::Channel& band = m_geometry.channels[channel];
    const Cursors cursors = cursorsOf(channel);
    const bool isWide = band.slotStride > kWideStride;
    const std::uint64_t perRead =
        isWide ? 1 : std::clamp<std::uint64_t>(kChunkBytes / band.slotStride, 1, band.capacity);
    std::vector<std::byte> bytes(isWide ? sizeof(layout::SlotHeader) : perRead * band.slotStride);
    for (std::uint64_t first = 0; first < band.capacity; first += perRead) {
        const std::uint64_t count = std::min(perRead, band.capacity - first);
        const std::size_t length =
            isWide ? bytes.size() : static_cast<std::size_t>(count) * band.slotStride;
        if (!readAt(bytes.data(), length, band.bandOffset + first * band.slotStride)) {
            return;
        }
        for (std::uint64_t index = 0; index < count; ++index) {
            layout::SlotHeader slot;
            std::memcpy(&slot, bytes.data() + index * band.slotStride, sizeof(slot));
            // Published and not released: sequence = position + 1, and the slot is position's.
            const std::uint64_t position = slot.sequence - 1;
            if ((position & (band.capacity - 1)) != first + index || position >= cursors.tail ||
                !isOurs(slot.metadata) ||
                layout::isTombstone(slot.metadata.flags, slot.metadata.messageType,
                                    slot.metadata.payloadLength)) {
                continue;
            }
            found.push_back({senderOfMessageId(slot.metadata.messageId), channel,
                             sequenceOfMessageId(slot.metadata.messageId),
                             position < cursors.head});
        }
    }
}

RingRemainder::Cursors RingRemainder::cursorsOf(std::uint32_t channel) const {
    layout::Channel words{};
    if (!readAt(&words, sizeof(words), channelOffset(channel))) {
        return {};
    }
    return {words.head, words.tail};
}

bool RingRemainder::readAt(void* to, std::size_t bytes, std::uint64_t offset) const {
    auto* at = static_cast<char*>(to);
    while (bytes > 0) {
        const ssize_t got = ::pread(m_file.get(), at, bytes, static_cast<off_t>(offset));
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return false;
        }
        at += got;
        offset += static_cast<std::uint64_t>(got);
        bytes -= static_cast<std::size_t>(got);
    }
    return true;
}

} // namespace ringscope
