// SPDX-License-Identifier: MIT
#include "core/ring/wait.h"

#include <cerrno>
#include <ctime>
#include <linux/futex.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/base/clock.h"

namespace ringscope {

namespace {

constexpr std::uint32_t kPauses = 64;

void pauseProcessor() noexcept {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#endif
}

// Shared futexes: the word lies in memory that other processes map. True: somebody woke us.
bool futexWait(std::uint32_t* word, std::uint32_t seen, std::int64_t boundNs) noexcept {
    const timespec bound{0, boundNs};
    return ::syscall(SYS_futex, word, FUTEX_WAIT, seen, &bound, nullptr, 0) == 0;
}

void futexWakeOne(std::uint32_t* word) noexcept {
    ::syscall(SYS_futex, word, FUTEX_WAKE, 1, nullptr, nullptr, 0);
}

void wake(std::uint32_t& flag, std::uint32_t& word) noexcept {
    using detail::shared;
    // One publisher gets the flag and makes the one system call. Acquire: pairs with the release
    // in pause().
    if (shared(flag).exchange(0, std::memory_order_acquire) != 0) {
        shared(word).fetch_add(1, std::memory_order_release); // pairs with the load in pause()
        futexWakeOne(&word);
    }
}

struct Words {
    std::uint32_t& flag;
    std::uint32_t& sleepers;
    std::uint32_t& word;
};

Words wordsOf(layout::Channel& channel, layout::Role role) noexcept {
    return role == layout::Role::producer
               ? Words{channel.producersAsleep, channel.producerSleepers, channel.spaceSignal}
               : Words{channel.consumersAsleep, channel.consumerSleepers, channel.signal};
}

} // namespace

namespace detail {

void wakeConsumer(layout::Channel& channel) noexcept {
    wake(channel.consumersAsleep, channel.signal);
}

void wakeProducer(layout::Channel& channel) noexcept {
    wake(channel.producersAsleep, channel.spaceSignal);
}

void signalDmxpConsumer(layout::Channel& channel) noexcept {
    shared(channel.signal).fetch_add(1, std::memory_order_release); // pairs with DMXP's acquire
    futexWakeOne(&channel.signal);
}

} // namespace detail

ChannelWaiter::ChannelWaiter(const ChannelView& view, layout::Role role, WaitPolicy policy) noexcept
    : m_channel(view.shared)
    , m_role(role)
    , m_policy(policy) {}

void ChannelWaiter::begin() noexcept {
    m_looks = 0;
    m_isFlagRaised = false;
    ++m_waits;
}

void ChannelWaiter::pause() noexcept {
    if (m_looks < kPauses) {
        ++m_looks;
        pauseProcessor();
    } else if (m_policy == WaitPolicy::spinYield) {
        ::sched_yield();
    } else if (!m_isFlagRaised) {
        // Raised before the last look: a message published after that look finds the flag.
        const Words words = wordsOf(*m_channel, m_role);
        m_signalSeen = detail::shared(words.word).load(std::memory_order_acquire);
        detail::shared(words.flag).store(1, std::memory_order_release);
        m_isFlagRaised = true;
    } else {
        sleep();
    }
}

void ChannelWaiter::sleep() noexcept {
    using detail::shared;
    const std::int64_t boundNs = m_role == layout::Role::consumer ? kNsPerMs : 2 * kNsPerMs;
    const Words words = wordsOf(*m_channel, m_role);
    // Counts only: relaxed. One that dies asleep leaves it too high, which costs a needless
    // wake-up per sleep.
    shared(words.sleepers).fetch_add(1, std::memory_order_relaxed);
    const bool isWoken = futexWait(&words.word, m_signalSeen, boundNs);
    const std::uint32_t before = shared(words.sleepers).fetch_sub(1, std::memory_order_relaxed);
    if (isWoken && before > 1) {
        shared(words.flag).store(1, std::memory_order_release); // the next one's turn
    }
    m_isFlagRaised = false;
}

void ChannelWaiter::end() noexcept {
    m_looks = 0;
}

} // namespace ringscope
