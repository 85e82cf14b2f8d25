// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <cstdint>

namespace ringscope {

// xoshiro256** by Blackman and Vigna, seeded by splitmix64: a few instructions a number, and the
// same numbers everywhere for the same seed and worker. Value type.
class WorkerRandom {
public:
    WorkerRandom(std::uint64_t seed, std::uint64_t worker) noexcept {
        std::uint64_t state = seed * 0x9E3779B97F4A7C15 + worker + 1;
        for (std::uint64_t& word : m_state) {
            state += 0x9E3779B97F4A7C15;
            std::uint64_t z = state;
            z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27U)) * 0x94D049BB133111EB;
            word = z ^ (z >> 31U);
        }
    }

    std::uint64_t next() noexcept {
        const std::uint64_t result = rotate(m_state[1] * 5, 7) * 9;
        const std::uint64_t shifted = m_state[1] << 17U;
        m_state[2] ^= m_state[0];
        m_state[3] ^= m_state[1];
        m_state[1] ^= m_state[2];
        m_state[0] ^= m_state[3];
        m_state[2] ^= shifted;
        m_state[3] = rotate(m_state[3], 45);
        return result;
    }
    // In [0, 1).
    double uniform() noexcept { return static_cast<double>(next() >> 11U) * 0x1.0p-53; }
    // In [low, high].
    std::uint64_t between(std::uint64_t low, std::uint64_t high) noexcept {
        return low + static_cast<std::uint64_t>(uniform() * static_cast<double>(high - low + 1));
    }
    // Mean 1.
    double exponential() noexcept { return -std::log1p(-uniform()); }
    // Mean 0, variance 1 (Box and Muller, one of the two).
    double normal() noexcept {
        constexpr double kTwoPi = 6.283185307179586;
        return std::sqrt(2 * exponential()) * std::cos(kTwoPi * uniform());
    }

private:
    static std::uint64_t rotate(std::uint64_t value, unsigned by) noexcept {
        return value << by | value >> (64 - by);
    }
    std::uint64_t m_state[4];
};

} // namespace ringscope
