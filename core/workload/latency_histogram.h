// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace ringscope {

// Log-linear buckets as in HdrHistogram: exact below 64 ns, then 64 buckets an octave, so a bucket
// is at most 1/64 of its value wide and a percentile, quoted as the bucket's middle, is off by at
// most 0.8 %. Above 2^40 ns (18 minutes) everything is in the last bucket; the maximum is exact.
constexpr std::uint32_t kLatencySubBits = 6;
constexpr std::uint32_t kLatencyTopBits = 40;
constexpr std::size_t kLatencyBuckets = std::size_t{kLatencyTopBits - kLatencySubBits + 1}
                                        << kLatencySubBits;

[[nodiscard]] constexpr std::size_t latencyBucketOf(std::uint64_t ns) noexcept {
    const auto bits = static_cast<std::uint32_t>(std::bit_width(ns));
    if (bits <= kLatencySubBits) {
        return static_cast<std::size_t>(ns);
    }
    if (bits > kLatencyTopBits) {
        return kLatencyBuckets - 1;
    }
    // The leading bit is the octave; the kLatencySubBits below it say where in it.
    const std::uint32_t shift = bits - kLatencySubBits - 1;
    return (static_cast<std::size_t>(shift) << kLatencySubBits) +
           static_cast<std::size_t>(ns >> shift);
}
// Smallest value of a bucket, and how many values it holds.
[[nodiscard]] constexpr std::uint64_t latencyBucketFloor(std::size_t bucket) noexcept {
    if (bucket < (std::size_t{2} << kLatencySubBits)) {
        return bucket;
    }
    const std::size_t shift = (bucket >> kLatencySubBits) - 1;
    return static_cast<std::uint64_t>((bucket & ((1U << kLatencySubBits) - 1)) +
                                      (1U << kLatencySubBits))
           << shift;
}
[[nodiscard]] constexpr std::uint64_t latencyBucketWidth(std::size_t bucket) noexcept {
    return bucket < (std::size_t{2} << kLatencySubBits)
               ? 1
               : std::uint64_t{1} << ((bucket >> kLatencySubBits) - 1);
}

// As one worker writes it into shared memory: plain relaxed stores of its only writer.
struct LatencyBuckets {
    std::uint64_t maxNs;
    std::uint64_t sumNs;
    std::uint64_t counts[kLatencyBuckets];

    void record(std::uint64_t ns) noexcept {
        add(counts[latencyBucketOf(ns)], 1);
        add(sumNs, ns);
        if (ns > maxNs) {
            std::atomic_ref<std::uint64_t>(maxNs).store(ns, std::memory_order_relaxed);
        }
    }

private:
    static void add(std::uint64_t& word, std::uint64_t by) noexcept {
        // Relaxed: one writer, and readers take each number for itself.
        std::atomic_ref<std::uint64_t>(word).store(word + by, std::memory_order_relaxed);
    }
};

// What was measured so far, by one worker or by several together. Value type.
class LatencyHistogram {
public:
    LatencyHistogram() = default;
    explicit LatencyHistogram(const LatencyBuckets& buckets);

    void add(const LatencyHistogram& other);
    // What came since an earlier state of the same histogram; its maximum is the highest bucket's
    // upper end, since a maximum cannot be taken apart.
    [[nodiscard]] LatencyHistogram since(const LatencyHistogram& earlier) const;

    [[nodiscard]] std::uint64_t count() const noexcept { return m_count; }
    [[nodiscard]] std::uint64_t maxNs() const noexcept { return m_maxNs; }
    [[nodiscard]] double meanNs() const noexcept {
        return m_count == 0 ? 0.0 : static_cast<double>(m_sumNs) / static_cast<double>(m_count);
    }
    // The value that share (0 to 1) of the measurements do not exceed; 0 when there are none. Off
    // by at most 0.8 %.
    [[nodiscard]] std::uint64_t percentileNs(double share) const;

private:
    std::vector<std::uint64_t> m_counts; // kLatencyBuckets, or empty when nothing was measured
    std::uint64_t m_count = 0;
    std::uint64_t m_sumNs = 0;
    std::uint64_t m_maxNs = 0;
};

} // namespace ringscope
