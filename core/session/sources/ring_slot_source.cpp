// SPDX-License-Identifier: MIT
#include "core/session/sources/ring_slot_source.h"

#include <algorithm>
#include <utility>

namespace ringscope {

namespace {

// About 0.2 ms of copying.
constexpr std::uint64_t kBytesPerScan = std::uint64_t{2} << 20U;
constexpr std::uint64_t kBytesOfLastScan = std::uint64_t{128} << 20U;
constexpr std::int64_t kLookedAtPeriodNs = 50 * kNsPerMs;
// So that each snapshot of the file is new, and a slot counts as stuck after 1.5 s at most.
constexpr std::int64_t kUnseenPeriodNs = 500 * kNsPerMs;

} // namespace

RingSlotSource::RingSlotSource(std::shared_ptr<RingObserver> ring,
                               std::shared_ptr<const SlotWatch> watch)
    : m_ring(std::move(ring))
    , m_watch(std::move(watch)) {}

std::int64_t RingSlotSource::desiredPeriodNs() const {
    return m_watch->isLookedAt ? kLookedAtPeriodNs : kUnseenPeriodNs;
}

void RingSlotSource::sample(std::int64_t nowNs, Session& session) {
    sampleUpTo(kBytesPerScan, nowNs, session);
}

void RingSlotSource::sampleLast(std::int64_t nowNs, Session& session) {
    sampleUpTo(kBytesOfLastScan, nowNs, session);
}

void RingSlotSource::sampleUpTo(std::uint64_t bytes, std::int64_t nowNs, Session& session) {
    const auto& channels = m_ring->geometry().channels;
    if (m_watch->channel >= channels.size() || channels[m_watch->channel].slotStride == 0) {
        return; // no such channel: what was shown before stays
    }
    const SegmentGeometry::Channel& channel = channels[m_watch->channel];
    std::optional<std::uint64_t> detailOf = m_watch->detailOf;
    if (detailOf && *detailOf >= channel.capacity) {
        detailOf.reset();
    }
    const std::uint64_t budget =
        std::max<std::uint64_t>(bytes / channel.slotStride, kSlotsPerBlock);
    if (auto snapshot = m_ring->scan(m_watch->channel, budget, nowNs, detailOf)) {
        session.setSlotSnapshot(std::move(*snapshot));
    }
}

} // namespace ringscope
