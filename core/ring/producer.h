// SPDX-License-Identifier: MIT
#pragma once

#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "core/base/expected.h"
#include "core/ring/channel_end.h"
#include "core/ring/copy_bytes.h"
#include "core/ring/message.h"
#include "core/ring/roster.h"
#include "core/ring/segment.h"
#include "core/ring/wait.h"

namespace ringscope {

constexpr std::uint32_t kMaxBatch = 64;

// The producing end of one channel, with its place in the roster. One thread: the one that called
// join(). The segment must outlive it. No call of its hot path allocates, locks, reads a clock or
// enters the kernel (but to wake a sleeper that asked for it). At most one reservation at a time.
template <bool kRecordsIntent>
class BasicProducer {
public:
    // Errors: the roster is full (failed), the channel is not in use (usage).
    [[nodiscard]] static Expected<BasicProducer> join(const Segment& segment, std::size_t channel);

    // Slots claimed and not yet published. What is neither committed nor written when it is
    // destroyed or committed becomes a tombstone, which consumers skip.
    class Reservation {
    public:
        Reservation(const Reservation&) = delete;
        Reservation& operator=(const Reservation&) = delete;
        ~Reservation() {
            if (m_count != 0) {
                m_written = 0;
                commit();
            }
        }
        // False: the ring is full.
        explicit operator bool() const noexcept { return m_count != 0; }
        [[nodiscard]] std::uint32_t size() const noexcept { return m_count; }
        [[nodiscard]] std::uint64_t position(std::uint32_t index = 0) const noexcept {
            return m_first + index;
        }
        // Where the payload goes: the whole payload capacity.
        [[nodiscard]] std::span<std::byte> payload(std::uint32_t index = 0) const noexcept {
            assert(index < m_count);
            const ChannelView& view = m_producer->m_end.view();
            return {payloadOf(view.slot(m_first + index)), view.payloadCapacity};
        }
        // Completes one slot; commit() publishes it.
        void write(std::uint32_t index, const MessageHeader& header, std::size_t length) noexcept {
            assert(index < m_count && length <= m_producer->m_end.view().payloadCapacity);
            m_producer->fill(m_producer->m_end.view().slot(m_first + index), header, length);
            m_written |= std::uint64_t{1} << index;
        }
        void commit() noexcept;
        void commit(const MessageHeader& header, std::size_t length) noexcept {
            write(0, header, length);
            commit();
        }

    private:
        friend BasicProducer; // made by try_reserve() only
        Reservation(BasicProducer* producer, std::uint32_t most) noexcept
            : m_producer(producer)
            , m_count(producer->m_end.claim(most, &m_first)) {}

        BasicProducer* m_producer;
        std::uint64_t m_first = 0;
        std::uint32_t m_count;
        std::uint64_t m_written = 0; // bit per slot
    };

    // Copies a message in; false when the ring is full. payload.size() <= payloadCapacity().
    bool try_push(const MessageHeader& header, std::span<const std::byte> payload) noexcept {
        std::uint64_t position = 0;
        if (m_end.claim(1, &position) == 0) {
            return false;
        }
        // The slot's address is computed once: stores of payload bytes may alias everything, so
        // the compiler would do it again after each.
        layout::SlotHeader* const slot = m_end.view().slot(position);
        const std::size_t length = clamped(payload.size());
        m_lastPosition = position;
        fill(slot, header, length);
        copyBytes(payloadOf(slot), payload.data(), length);
        m_end.pass(slot, position);
        m_end.clearIntent();
        detail::messagePublished(m_end.view());
        return true;
    }
    // Claims a slot to write in place.
    [[nodiscard]] Reservation try_reserve() noexcept { return Reservation(this, 1); }
    // Claims up to most (at most kMaxBatch) slots with one CAS, as many as are free in a row.
    [[nodiscard]] Reservation try_reserve_batch(std::uint32_t most) noexcept {
        return Reservation(this, most < kMaxBatch ? most : kMaxBatch);
    }

    // Position of the message that try_push() published last.
    [[nodiscard]] std::uint64_t lastPosition() const noexcept { return m_lastPosition; }
    [[nodiscard]] std::uint32_t payloadCapacity() const noexcept {
        return m_end.view().payloadCapacity;
    }
    [[nodiscard]] const ChannelView& channel() const noexcept { return m_end.view(); }

private:
    BasicProducer(const ChannelView& view, RosterSeat seat) noexcept
        : m_seat(std::move(seat))
        , m_end(view, m_seat.entry())
        , m_senderPid(static_cast<std::uint32_t>(m_seat.entry()->pid)) {}

    [[nodiscard]] static std::byte* payloadOf(layout::SlotHeader* slot) noexcept {
        return reinterpret_cast<std::byte*>(slot) + layout::kPayloadOffset;
    }
    [[nodiscard]] std::size_t clamped(std::size_t length) const noexcept {
        assert(length <= m_end.view().payloadCapacity);
        return length <= m_end.view().payloadCapacity ? length : m_end.view().payloadCapacity;
    }
    void fill(layout::SlotHeader* slot, const MessageHeader& header,
              std::size_t length) const noexcept {
        slot->metadata = layout::MessageMetadata{header.messageId,
                                                 header.timestampNs,
                                                 m_end.view().channelId,
                                                 header.messageType,
                                                 m_senderPid,
                                                 layout::kRuntimeRingscope,
                                                 header.flags,
                                                 static_cast<std::uint32_t>(length),
                                                 0};
    }

    RosterSeat m_seat;
    detail::ChannelEnd<layout::Role::producer, kRecordsIntent> m_end;
    std::uint64_t m_lastPosition = 0;
    std::uint32_t m_senderPid;
};

using Producer = BasicProducer<true>;

template <bool kRecordsIntent>
Expected<BasicProducer<kRecordsIntent>> BasicProducer<kRecordsIntent>::join(const Segment& segment,
                                                                            std::size_t channel) {
    auto view = usableChannel(segment, channel);
    if (!view) {
        return view.error();
    }
    auto seat =
        RosterSeat::join(segment, layout::Role::producer, static_cast<std::uint32_t>(channel));
    if (!seat) {
        return seat.error();
    }
    return BasicProducer(*view, std::move(*seat));
}

template <bool kRecordsIntent>
void BasicProducer<kRecordsIntent>::Reservation::commit() noexcept {
    auto& end = m_producer->m_end;
    for (std::uint32_t index = 0; index < m_count; ++index) {
        layout::SlotHeader* const slot = end.view().slot(m_first + index);
        if ((m_written >> index & 1U) == 0) {
            slot->metadata = layout::tombstone(end.view().channelId);
        }
        end.pass(slot, m_first + index);
    }
    if (m_count != 0) {
        end.clearIntent();
        m_producer->m_lastPosition = m_first + m_count - 1;
        m_count = 0;
        detail::messagePublished(end.view());
    }
}

} // namespace ringscope
