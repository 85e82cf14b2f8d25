// SPDX-License-Identifier: MIT
#pragma once

#include <bit>
#include <cstdint>

// Which blocks are recorded where not all are, and how many each of them stands for. Points are
// thrown on the bytes that a thread asks for, at random and one in kSamplePeriod bytes on average
// (a Poisson process), and a block is recorded when one falls on it. So a block of n bytes is
// recorded with the chance p = 1 - exp(-n / period), and counts as 1/p blocks: then sums over any
// set of blocks are right on average, whatever their sizes. After "Poisson sampling" in tcmalloc's
// and Perfetto's documentation; without libm, which the tracker does not link.
namespace ringscope {

constexpr std::uint64_t kSamplePeriod = std::uint64_t{512} << 10U;

// e^-x for x >= 0, to 1e-12.
[[nodiscard]] constexpr double expMinus(double x) noexcept {
    if (x > 700) {
        return 0;
    }
    double part = x;
    unsigned halvings = 0;
    for (; part > 0.5; part /= 2) {
        ++halvings;
    }
    double term = 1;
    double sum = 1;
    for (int i = 1; i < 14; ++i) {
        term *= -part / i;
        sum += term;
    }
    for (; halvings > 0; --halvings) {
        sum *= sum;
    }
    return sum;
}

// -ln(u) for 0 < u <= 1, to 1e-6.
[[nodiscard]] constexpr double minusLog(double u) noexcept {
    const auto bits = std::bit_cast<std::uint64_t>(u);
    const int exponent = static_cast<int>(bits >> 52U) - 1023;
    const auto mantissa = std::bit_cast<double>((bits & ((std::uint64_t{1} << 52U) - 1)) |
                                                (std::uint64_t{1023} << 52U));
    const double t = (mantissa - 1) / (mantissa + 1);
    const double square = t * t;
    double power = t;
    double sum = 0;
    for (int i = 1; i < 14; i += 2, power *= square) {
        sum += power / i;
    }
    constexpr double kLn2 = 0.693147180559945309;
    return -(static_cast<double>(exponent) * kLn2 + 2 * sum);
}

// A step of splitmix64 (Steele, Lea, Flood 2014): changes state, gives 64 bits.
[[nodiscard]] constexpr std::uint64_t nextRandom(std::uint64_t& state) noexcept {
    state += 0x9e3779b97f4a7c15U;
    std::uint64_t z = state;
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31U);
}

// In (0, 1].
[[nodiscard]] constexpr double unitOf(std::uint64_t random) noexcept {
    return static_cast<double>((random >> 11U) + 1) * 0x1p-53;
}

// Bytes to the next point.
[[nodiscard]] constexpr std::int64_t nextSampleIn(std::uint64_t& random,
                                                  std::uint64_t period) noexcept {
    return static_cast<std::int64_t>(minusLog(unitOf(nextRandom(random))) *
                                     static_cast<double>(period)) +
           1;
}

// How many blocks a recorded one of so many bytes stands for: 1/p, of which the fraction is thrown
// for with what is known of the block, so that the same comes out when it is freed.
[[nodiscard]] constexpr std::uint64_t sampleWeight(std::uint64_t bytes, std::uint64_t period,
                                                   std::uint64_t address,
                                                   std::uint64_t ticks) noexcept {
    const double ratio = static_cast<double>(bytes != 0 ? bytes : 1) / static_cast<double>(period);
    // Below, 1 - e^-x would lose digits.
    const double blocks = ratio < 1e-3 ? 1 / ratio + 0.5 + ratio / 12 : 1 / (1 - expMinus(ratio));
    std::uint64_t seed = address ^ std::rotl(ticks, 32);
    return static_cast<std::uint64_t>(blocks + unitOf(nextRandom(seed)) - 0x1p-53);
}

} // namespace ringscope
