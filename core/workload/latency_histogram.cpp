// SPDX-License-Identifier: MIT
#include "core/workload/latency_histogram.h"

#include <algorithm>
#include <cmath>

namespace ringscope {

static_assert(latencyBucketOf(0) == 0 && latencyBucketOf(127) == 127);
static_assert(latencyBucketOf(128) == 128 && latencyBucketOf(129) == 128);
static_assert(latencyBucketOf(~std::uint64_t{0}) == kLatencyBuckets - 1);
static_assert(latencyBucketFloor(kLatencyBuckets - 1) + latencyBucketWidth(kLatencyBuckets - 1) ==
              std::uint64_t{1} << kLatencyTopBits);

LatencyHistogram::LatencyHistogram(const LatencyBuckets& buckets)
    : m_counts(buckets.counts, buckets.counts + kLatencyBuckets)
    , m_sumNs(buckets.sumNs)
    , m_maxNs(buckets.maxNs) {
    for (const std::uint64_t count : m_counts) {
        m_count += count;
    }
}

void LatencyHistogram::add(const LatencyHistogram& other) {
    if (other.m_count == 0) {
        return;
    }
    m_counts.resize(kLatencyBuckets);
    for (std::size_t bucket = 0; bucket < kLatencyBuckets; ++bucket) {
        m_counts[bucket] += other.m_counts[bucket];
    }
    m_count += other.m_count;
    m_sumNs += other.m_sumNs;
    m_maxNs = std::max(m_maxNs, other.m_maxNs);
}

LatencyHistogram LatencyHistogram::since(const LatencyHistogram& earlier) const {
    if (earlier.m_count == 0) {
        return *this;
    }
    LatencyHistogram difference;
    difference.m_counts.resize(kLatencyBuckets);
    for (std::size_t bucket = 0; bucket < kLatencyBuckets; ++bucket) {
        const std::uint64_t came =
            m_counts[bucket] - std::min(m_counts[bucket], earlier.m_counts[bucket]);
        difference.m_counts[bucket] = came;
        difference.m_count += came;
        if (came > 0) {
            difference.m_maxNs =
                std::min(m_maxNs, latencyBucketFloor(bucket) + latencyBucketWidth(bucket) - 1);
        }
    }
    difference.m_sumNs = m_sumNs - std::min(m_sumNs, earlier.m_sumNs);
    return difference;
}

std::uint64_t LatencyHistogram::percentileNs(double share) const {
    if (m_count == 0) {
        return 0;
    }
    const auto wanted = static_cast<std::uint64_t>(
        std::ceil(std::clamp(share, 0.0, 1.0) * static_cast<double>(m_count)));
    std::uint64_t seen = 0;
    for (std::size_t bucket = 0; bucket < kLatencyBuckets; ++bucket) {
        seen += m_counts[bucket];
        if (seen >= std::max<std::uint64_t>(wanted, 1)) {
            const std::uint64_t middle =
                latencyBucketFloor(bucket) + (latencyBucketWidth(bucket) - 1) / 2;
            return std::min(middle, m_maxNs);
        }
    }
    return m_maxNs;
}

} // namespace ringscope
