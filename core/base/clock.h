// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstdint>

namespace ringscope {

constexpr std::int64_t kNsPerUs = 1'000;
constexpr std::int64_t kNsPerMs = 1'000'000;
constexpr std::int64_t kNsPerSecond = 1'000'000'000;

// CLOCK_MONOTONIC in nanoseconds: the one clock of all samples and latencies, comparable between
// processes.
[[nodiscard]] std::int64_t monotonicNs() noexcept;
// CLOCK_REALTIME in nanoseconds since 1970: for anchors and DMXP's timestamp_ns only.
[[nodiscard]] std::int64_t wallClockNs() noexcept;
// CLOCK_BOOTTIME minus CLOCK_MONOTONIC in nanoseconds: grows by the time the machine was suspended.
[[nodiscard]] std::int64_t suspendedNs() noexcept;

// Where time comes from, so that tests can hold it still. Any thread.
class Clock {
public:
    Clock() = default;
    Clock(const Clock&) = delete;
    Clock& operator=(const Clock&) = delete;
    virtual ~Clock() = default;
    [[nodiscard]] virtual std::int64_t nowNs() const = 0;
};

class MonotonicClock final : public Clock {
public:
    [[nodiscard]] std::int64_t nowNs() const override { return monotonicNs(); }
};

// CPU time that the calling thread has used so far: what a piece of work costs, whoever else runs.
class ThreadCpuClock final : public Clock {
public:
    [[nodiscard]] std::int64_t nowNs() const override;
};

// Time that moves only when told to.
class ManualClock final : public Clock {
public:
    explicit ManualClock(std::int64_t startNs = 0)
        : m_nowNs(startNs) {}
    [[nodiscard]] std::int64_t nowNs() const override {
        return m_nowNs.load(std::memory_order_relaxed);
    }
    void advanceNs(std::int64_t ns) { m_nowNs.fetch_add(ns, std::memory_order_relaxed); }

private:
    std::atomic<std::int64_t> m_nowNs;
};

} // namespace ringscope
