// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <limits>
#include <optional>

namespace ringscope {

// A gap in a track.
constexpr double kGap = std::numeric_limits<double>::quiet_NaN();

// As a sample: exact below 2^53, which bytes and counts of one machine never reach.
[[nodiscard]] inline double sampleOf(std::uint64_t value) noexcept {
    return static_cast<double>(value);
}

// Sum over processes of a number that some kernels do not report: a gap unless one did.
class OptionalSum {
public:
    void add(std::uint64_t value) noexcept {
        m_sum += value;
        m_isKnown = true;
    }
    void add(std::optional<std::uint64_t> value) noexcept {
        if (value) {
            add(*value);
        }
    }
    [[nodiscard]] double sample() const noexcept { return m_isKnown ? sampleOf(m_sum) : kGap; }

private:
    std::uint64_t m_sum = 0;
    bool m_isKnown = false;
};

// A total that only rises, made of one process's counter: counts from where observing began.
class RisingCounter {
public:
    // baseline: what the counter stood at when its rise became ours.
    explicit RisingCounter(std::uint64_t baseline = 0)
        : m_baseline(baseline)
        , m_newest(baseline) {}
    void update(std::uint64_t value) noexcept { m_newest = value > m_newest ? value : m_newest; }
    [[nodiscard]] std::uint64_t rise() const noexcept { return m_newest - m_baseline; }

private:
    std::uint64_t m_baseline;
    std::uint64_t m_newest;
};

} // namespace ringscope
