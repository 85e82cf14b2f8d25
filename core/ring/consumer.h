// SPDX-License-Identifier: MIT
#pragma once

#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>

#include "core/base/expected.h"
#include "core/ring/channel_end.h"
#include "core/ring/copy_bytes.h"
#include "core/ring/message.h"
#include "core/ring/producer.h"
#include "core/ring/roster.h"
#include "core/ring/segment.h"
#include "core/ring/wait.h"

namespace ringscope {

// The consuming end of one channel, with its place in the roster: the mirror of BasicProducer. One
// thread: the one that called join(). Tombstones are skipped and counted. At most one peek at a
// time.
template <bool kRecordsIntent>
class BasicConsumer {
public:
    // Errors: the roster is full (failed), the channel is not in use (usage).
    [[nodiscard]] static Expected<BasicConsumer> join(const Segment& segment, std::size_t channel);

    // Messages claimed and not yet released, read in place. Released by the destructor at the
    // latest; a consumer that dies before takes them with it.
    class Peek {
    public:
        Peek(const Peek&) = delete;
        Peek& operator=(const Peek&) = delete;
        ~Peek() { release(); }
        // False: the ring is empty.
        explicit operator bool() const noexcept { return m_live != 0; }
        [[nodiscard]] std::uint32_t size() const noexcept {
            return static_cast<std::uint32_t>(std::popcount(m_live));
        }
        // index < size(); tombstones are not among them.
        [[nodiscard]] MessageView message(std::uint32_t index = 0) const noexcept {
            const std::uint64_t position = m_first + slotOffset(index);
            return m_consumer->viewOf(m_consumer->m_end.view().slot(position), position);
        }
        [[nodiscard]] std::uint64_t position(std::uint32_t index = 0) const noexcept {
            return m_first + slotOffset(index);
        }
        void release() noexcept {
            if (m_count != 0) {
                m_consumer->releaseRun(m_first, m_count);
                m_count = 0;
                m_live = 0;
            }
        }

    private:
        friend BasicConsumer; // made by try_peek() only
        Peek(BasicConsumer* consumer, std::uint32_t most) noexcept
            : m_consumer(consumer) {
            do {
                m_count = consumer->m_end.claim(most, &m_first);
                m_live = consumer->liveOf(m_first, m_count);
                if (m_count != 0 && m_live == 0) {
                    consumer->releaseRun(m_first, m_count); // nothing but tombstones
                }
            } while (m_count != 0 && m_live == 0);
        }
        [[nodiscard]] std::uint32_t slotOffset(std::uint32_t index) const noexcept {
            assert(index < size());
            std::uint64_t live = m_live;
            if ((live & (live + 1)) == 0) { // no tombstone in between
                return index;
            }
            for (; index > 0; --index) {
                live &= live - 1;
            }
            return static_cast<std::uint32_t>(std::countr_zero(live));
        }

        BasicConsumer* m_consumer;
        std::uint64_t m_first = 0;
        std::uint32_t m_count = 0;
        std::uint64_t m_live = 0; // bit per claimed slot that is no tombstone
    };

    // Copies the next message out; empty when there is none. payloadLength is the message's: more
    // than buffer.size() means that it was cut.
    std::optional<ReceivedHeader> try_pop(std::span<std::byte> buffer) noexcept {
        std::uint64_t position = 0;
        while (m_end.claim(1, &position) != 0) {
            layout::SlotHeader* const slot = m_end.view().slot(position);
            const MessageView view = viewOf(slot, position);
            const std::size_t length = view.payload.size();
            copyBytes(buffer.data(), view.payload.data(),
                      length < buffer.size() ? length : buffer.size());
            m_end.pass(slot, position);
            m_end.clearIntent();
            detail::slotsReleased(m_end.view(), position, 1);
            if (!isTombstone(view.header)) {
                return view.header;
            }
            ++m_tombstones;
        }
        return std::nullopt;
    }
    // Claims a message to read in place.
    [[nodiscard]] Peek try_peek() noexcept { return Peek(this, 1); }
    // Claims up to most (at most kMaxBatch) messages with one CAS, as many as are ready in a row.
    [[nodiscard]] Peek try_peek_batch(std::uint32_t most) noexcept {
        return Peek(this, most < kMaxBatch ? most : kMaxBatch);
    }

    // Abandoned or repaired slots met so far.
    [[nodiscard]] std::uint64_t tombstonesSkipped() const noexcept { return m_tombstones; }
    [[nodiscard]] const ChannelView& channel() const noexcept { return m_end.view(); }

private:
    BasicConsumer(const ChannelView& view, RosterSeat seat) noexcept
        : m_seat(std::move(seat))
        , m_end(view, m_seat.entry()) {}

    [[nodiscard]] static bool isTombstone(const ReceivedHeader& header) noexcept {
        return layout::isTombstone(header.flags, header.messageType, header.payloadLength);
    }
    [[nodiscard]] MessageView viewOf(layout::SlotHeader* slot,
                                     std::uint64_t position) const noexcept {
        const layout::MessageMetadata& from = slot->metadata;
        // Relaxed atomic, so that it is read once: nobody may change it between check and use.
        const std::uint32_t stored =
            detail::shared(slot->metadata.payloadLength).load(std::memory_order_relaxed);
        const std::uint32_t length =
            stored <= m_end.view().payloadCapacity ? stored : m_end.view().payloadCapacity;
        return MessageView{
            ReceivedHeader{position, from.messageId, from.timestampNs, from.channelId,
                           from.messageType, from.senderPid, length, from.senderRuntime, from.flags,
                           stored},
            {reinterpret_cast<const std::byte*>(slot) + layout::kPayloadOffset, length}};
    }
    [[nodiscard]] std::uint64_t liveOf(std::uint64_t first, std::uint32_t count) noexcept {
        std::uint64_t live = 0;
        for (std::uint32_t index = 0; index < count; ++index) {
            const layout::MessageMetadata& from = m_end.view().slot(first + index)->metadata;
            if (layout::isTombstone(from.flags, from.messageType, from.payloadLength)) {
                ++m_tombstones;
            } else {
                live |= std::uint64_t{1} << index;
            }
        }
        return live;
    }
    void releaseRun(std::uint64_t first, std::uint32_t count) noexcept {
        for (std::uint32_t index = 0; index < count; ++index) {
            m_end.pass(m_end.view().slot(first + index), first + index);
        }
        m_end.clearIntent();
        detail::slotsReleased(m_end.view(), first, count);
    }

    RosterSeat m_seat;
    detail::ChannelEnd<layout::Role::consumer, kRecordsIntent> m_end;
    std::uint64_t m_tombstones = 0;
};

using Consumer = BasicConsumer<true>;

template <bool kRecordsIntent>
Expected<BasicConsumer<kRecordsIntent>> BasicConsumer<kRecordsIntent>::join(const Segment& segment,
                                                                            std::size_t channel) {
    auto view = usableChannel(segment, channel);
    if (!view) {
        return view.error();
    }
    auto seat =
        RosterSeat::join(segment, layout::Role::consumer, static_cast<std::uint32_t>(channel));
    if (!seat) {
        return seat.error();
    }
    return BasicConsumer(*view, std::move(*seat));
}

} // namespace ringscope
