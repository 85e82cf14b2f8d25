// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstdint>

#include "core/ring/channel_end.h"
#include "core/ring/ring_layout.h"
#include "core/ring/segment.h"

namespace ringscope {

// How a thread waits for a message or for space.
//   spinYield: 64 pauses, then it yields its core at every further look.
//   futex:     64 pauses, then it sleeps. The sleeper raises a flag that one publisher takes away
//              by exchange(0), so one sleep costs one wake-up; the wake-up that races with falling
//              asleep is made up for by a bound on the sleep (1 ms for consumers, 2 ms for
//              producers) in place of a fence on every message.
enum class WaitPolicy { spinYield, futex };

// Waits on one side of one channel. It counts the times it had to. Its owner's thread only.
class ChannelWaiter {
public:
    // role producer waits for space, consumer for messages.
    ChannelWaiter(const ChannelView& view, layout::Role role, WaitPolicy policy) noexcept;

    // Repeats attempt() until it returns true; false when isStopped() said so first. Both noexcept.
    template <typename Attempt, typename IsStopped>
    bool until(Attempt&& attempt, IsStopped&& isStopped) noexcept {
        if (attempt()) {
            return true;
        }
        begin();
        while (!isStopped()) {
            pause();
            if (attempt()) {
                end();
                return true;
            }
        }
        end();
        return false;
    }

    // The same in steps, for loops that have other things to do: begin() when the first attempt
    // failed, pause() before each further one (at most 2 ms), end() when one succeeded.
    void begin() noexcept;
    void pause() noexcept;
    void end() noexcept;

    // Times an attempt had to wait: full_waits of producers, empty_waits of consumers.
    [[nodiscard]] std::uint64_t waits() const noexcept { return m_waits; }

private:
    void sleep() noexcept;

    layout::Channel* m_channel;
    layout::Role m_role;
    WaitPolicy m_policy;
    std::uint32_t m_looks = 0;
    std::uint32_t m_signalSeen = 0;
    bool m_isFlagRaised = false;
    std::uint64_t m_waits = 0;
};

namespace detail {

// Slow paths of the two below: exchange the flag, wake one. noexcept, one system call.
void wakeConsumer(layout::Channel& channel) noexcept;
void wakeProducer(layout::Channel& channel) noexcept;
void signalDmxpConsumer(layout::Channel& channel) noexcept;

// After publishing.
inline void messagePublished(const ChannelView& view) noexcept {
    if (view.wakesDmxpConsumers) {
        signalDmxpConsumer(*view.shared);
    } else if (shared(view.shared->consumersAsleep).load(std::memory_order_relaxed) != 0) {
        wakeConsumer(*view.shared);
    }
}

// After releasing [first, first + count). Producers are looked after once every capacity / 8
// positions: waking one for every slot would put it back to sleep at once.
inline void slotsReleased(const ChannelView& view, std::uint64_t first,
                          std::uint32_t count) noexcept {
    const std::uint64_t stepMask = view.mask >> 3U; // capacity / 8 - 1; 0 for the smallest rings
    if ((first & ~stepMask) != ((first + count) & ~stepMask) &&
        shared(view.shared->producersAsleep).load(std::memory_order_relaxed) != 0) {
        wakeProducer(*view.shared);
    }
}

} // namespace detail

} // namespace ringscope
