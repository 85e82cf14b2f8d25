// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdint>
#include <ctime>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/workload/scoreboard_layout.h"

namespace ringscope {

// What the run tells a worker, and what its process must do. The worker's thread only.
class WorkerOrders {
public:
    // All must outlive it. mustLeave: set from a signal handler or another thread.
    WorkerOrders(layout::BoardControl& control, layout::WorkerBoard& board,
                 const std::atomic<bool>& mustLeave) noexcept
        : m_control(control)
        , m_board(board)
        , m_mustLeave(mustLeave) {}

    [[nodiscard]] layout::RunCommand command() const noexcept {
        // Acquire: pairs with the run's write; what it wrote before is there.
        return static_cast<layout::RunCommand>(
            std::atomic_ref<std::uint32_t>(m_control.command).load(std::memory_order_acquire));
    }
    [[nodiscard]] bool isLeaving() const noexcept {
        return m_mustLeave.load(std::memory_order_relaxed) ||
               command() >= layout::RunCommand::leave;
    }
    [[nodiscard]] bool isStopping() const noexcept {
        return m_mustLeave.load(std::memory_order_relaxed) || command() >= layout::RunCommand::stop;
    }
    [[nodiscard]] bool isDraining() const noexcept {
        return command() >= layout::RunCommand::drain;
    }
    // Warm-up ends while messages are under way, so it is looked up for each stamped one.
    [[nodiscard]] bool isMeasured(std::int64_t sentNs) const noexcept {
        return sentNs >= std::atomic_ref<std::int64_t>(m_control.measureFromNs)
                             .load(std::memory_order_relaxed);
    }
    [[nodiscard]] std::int64_t startNs() const noexcept { return m_control.startNs; }

    // The scenario's plan to kill this worker while it holds a slot: call when it does.
    void dieIfPlanned() const noexcept {
        auto signal = std::atomic_ref<std::uint32_t>(m_board.killSignal);
        if (const std::uint32_t planned = signal.load(std::memory_order_relaxed); planned != 0) {
            signal.store(0, std::memory_order_relaxed); // SIGSTOP comes back
            std::signal(static_cast<int>(planned), SIG_DFL);
            ::kill(::getpid(), static_cast<int>(planned));
        }
    }
    // In steps, so that a long wait does not outlast the run.
    template <typename Condition>
    void sleepUntil(std::int64_t dueNs, Condition&& isOver) const noexcept {
        for (std::int64_t now = monotonicNs(); now < dueNs && !isOver(); now = monotonicNs()) {
            sleepFor(std::min(dueNs - now, kLongestSleepNs));
        }
    }

    static void sleepFor(std::int64_t ns) noexcept {
        const timespec pause{ns / kNsPerSecond, ns % kNsPerSecond};
        ::clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, nullptr);
    }

private:
    static constexpr std::int64_t kLongestSleepNs = 10 * kNsPerMs;

    layout::BoardControl& m_control;
    layout::WorkerBoard& m_board;
    const std::atomic<bool>& m_mustLeave;
};

} // namespace ringscope
