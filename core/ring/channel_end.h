// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstdint>

#include "core/ring/ring_layout.h"
#include "core/ring/segment.h"

namespace ringscope::detail {

template <typename T>
[[nodiscard]] std::atomic_ref<T> shared(T& word) noexcept {
    static_assert(std::atomic_ref<T>::is_always_lock_free);
    return std::atomic_ref<T>(word);
}

// The claiming half of Vyukov's bounded MPMC queue, the same for both sides: a producer claims at
// tail a slot whose sequence is p, a consumer at head one whose sequence is p + 1.
//
//   claim:    intent {p, n} -> CAS cursor p -> p + n -> intent gets its claimed bit
//   use:      the slots are ours, whoever dies now
//   finish:   one release store of each sequence -> intent cleared
//
// The intent is stored before the CAS, so that somebody can tell which slots a thread held that
// died anywhere in between. kRecordsIntent = false exists for the benchmark that measures its cost.
template <layout::Role kRole, bool kRecordsIntent>
class ChannelEnd {
public:
    static constexpr std::uint64_t kClaimable = kRole == layout::Role::producer ? 0 : 1;

    ChannelEnd(const ChannelView& view, layout::RosterEntry* entry) noexcept
        : m_view(view)
        , m_cursor(kRole == layout::Role::producer ? &view.shared->tail : &view.shared->head)
        , m_entry(entry) {}

    [[nodiscard]] const ChannelView& view() const noexcept { return m_view; }

    // Claims up to most consecutive positions from *first on; 0 when there is none to have. A
    // sequence that fits nothing reads as "none": a hostile segment stops us, it does not spin us.
    [[nodiscard]] std::uint32_t claim(std::uint32_t most, std::uint64_t* first) noexcept {
        const auto cursor = shared(*m_cursor);
        std::uint64_t position = cursor.load(std::memory_order_relaxed);
        bool isRecorded = false;
        for (;;) {
            const std::uint32_t count = claimableFrom(position, most);
            if (count == 0) {
                // Whoever changed that sequence moved the cursor before, so an unchanged cursor
                // means full or empty, and not that we are late.
                const std::uint64_t again = cursor.load(std::memory_order_relaxed);
                if (again == position) {
                    if (isRecorded) {
                        clearIntent();
                    }
                    return 0;
                }
                position = again;
                continue;
            }
            recordIntent(position, count);
            isRecorded = true;
            // Release: who reads the new cursor (acquire, in repair) reads our intent.
            if (cursor.compare_exchange_strong(position, position + count,
                                               std::memory_order_release,
                                               std::memory_order_relaxed)) {
                confirmIntent(count);
                *first = position;
                return count;
            }
        }
    }

    // Hands the slot to the other side. Pairs with the acquire in claimableFrom().
    void pass(layout::SlotHeader* slot, std::uint64_t position) const noexcept {
        const std::uint64_t next =
            kRole == layout::Role::producer ? position + 1 : position + m_view.mask + 1;
        shared(slot->sequence).store(next, std::memory_order_release);
    }

    // After the last pass() of a claim. Pairs with the acquire of whoever reads the intent.
    void clearIntent() const noexcept {
        if constexpr (kRecordsIntent) {
            shared(m_entry->intent).store(0, std::memory_order_release);
        }
    }

private:
    [[nodiscard]] std::uint32_t claimableFrom(std::uint64_t position,
                                              std::uint32_t most) const noexcept {
        std::uint32_t count = 0;
        // Acquire: pairs with the release in pass() of the other side.
        while (count < most && count <= m_view.mask &&
               shared(m_view.slot(position + count)->sequence).load(std::memory_order_acquire) ==
                   position + count + kClaimable) {
            ++count;
        }
        return count;
    }

    void recordIntent(std::uint64_t position, std::uint32_t count) const noexcept {
        if constexpr (kRecordsIntent) {
            // Relaxed: the release of the CAS publishes both.
            shared(m_entry->intentFirst).store(position, std::memory_order_relaxed);
            shared(m_entry->intent).store(count, std::memory_order_relaxed);
        }
    }
    void confirmIntent(std::uint32_t count) noexcept {
        if constexpr (kRecordsIntent) {
            // Release: who reads the bit reads the position that it speaks of, not the one before
            // (repair asks this of the living).
            shared(m_entry->intent)
                .store(count | layout::kIntentClaimed, std::memory_order_release);
            shared(m_entry->activity).store(++m_activity, std::memory_order_relaxed);
        }
    }

    ChannelView m_view;
    std::uint64_t* m_cursor;
    layout::RosterEntry* m_entry;
    std::uint64_t m_activity = 0;
};

} // namespace ringscope::detail
