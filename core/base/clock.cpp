// SPDX-License-Identifier: MIT
#include "core/base/clock.h"

#include <ctime>

namespace ringscope {

namespace {

std::int64_t readClock(clockid_t id) noexcept {
    timespec now{};
    clock_gettime(id, &now);
    return std::int64_t{now.tv_sec} * kNsPerSecond + now.tv_nsec;
}

} // namespace

std::int64_t monotonicNs() noexcept {
    return readClock(CLOCK_MONOTONIC);
}
std::int64_t wallClockNs() noexcept {
    return readClock(CLOCK_REALTIME);
}
std::int64_t suspendedNs() noexcept {
    return readClock(CLOCK_BOOTTIME) - readClock(CLOCK_MONOTONIC);
}

std::int64_t ThreadCpuClock::nowNs() const {
    return readClock(CLOCK_THREAD_CPUTIME_ID);
}

} // namespace ringscope
