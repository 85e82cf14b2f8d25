// SPDX-License-Identifier: MIT
#include "core/heap/tracker/sample_table.h"

#include "core/heap/sampling.h"
#include "core/heap/tracker/next_allocator.h"

namespace ringscope::tracker {

namespace {

constexpr std::uint64_t kIsBeingWritten = 1; // no block begins there
constexpr std::uint8_t kUncountable = 255;   // as many or more: never falls again

// Neighbours in the heap are neighbours here, so that a small heap touches few pages. There are
// places enough: samples are some 64 regions apart on average, and what is 1 GiB apart begins
// elsewhere.
std::size_t firstPlaceOf(std::uint64_t address) noexcept {
    constexpr std::uint64_t kApart = 0x9e37; // odd, so that all differ
    const std::uint64_t first =
        (address >> kSampleRegionBits) + (address >> (kSampleRegionBits + kSampleBits)) * kApart;
    return static_cast<std::size_t>(first) & (kSampleCount - 1);
}

std::size_t placeAt(std::size_t first, std::size_t step) noexcept {
    return (first + step) & (kSampleCount - 1);
}

// change: 1 or -1.
void addToRegion(const void* block, int change) noexcept {
    RegionCount& count = g_sampleRegions[sampleRegionOf(block)];
    std::uint8_t before = count.load(std::memory_order_relaxed);
    while (before != kUncountable &&
           !count.compare_exchange_weak(before, static_cast<std::uint8_t>(before + change),
                                        std::memory_order_relaxed, std::memory_order_relaxed)) {
    }
}

} // namespace

RegionCount* g_sampleRegions = nullptr;

void SampleTable::use(unsigned char* profile) noexcept {
    const auto* header = reinterpret_cast<const ProfileHeader*>(profile);
    m_blocks = reinterpret_cast<SampledBlock*>(profile + header->samplesAt);
    m_period = header->samplePeriod;
    g_sampleRegions = reinterpret_cast<RegionCount*>(profile + header->sampleRegionsAt);
}

bool SampleTable::put(const void* block, const KnownBlock& known) noexcept {
    const auto address = reinterpret_cast<std::uint64_t>(block);
    const std::size_t first = firstPlaceOf(address);
    for (std::size_t step = 0; step < kSampleWindow; ++step) {
        SampledBlock& place = m_blocks[placeAt(first, step)];
        std::uint64_t empty = 0;
        if (place.address.load(std::memory_order_relaxed) != 0 ||
            !place.address.compare_exchange_strong(
                empty, kIsBeingWritten, std::memory_order_relaxed, std::memory_order_relaxed)) {
            continue;
        }
        place.ticks.store(known.ticks, std::memory_order_relaxed);
        place.size.store(known.size, std::memory_order_relaxed);
        place.stack.store(known.stack, std::memory_order_relaxed);
        // Before the block is its owner's, so that the free finds it.
        addToRegion(block, 1);
        place.address.store(address, std::memory_order_release); // for who reads from outside
        return true;
    }
    return false;
}

KnownBlock SampleTable::take(void* block) noexcept {
    KnownBlock known;
    const auto address = reinterpret_cast<std::uint64_t>(block);
    const std::size_t first = firstPlaceOf(address);
    for (std::size_t step = 0; step < kSampleWindow; ++step) {
        SampledBlock& place = m_blocks[placeAt(first, step)];
        if (place.address.load(std::memory_order_relaxed) != address) {
            continue;
        }
        known.isSampled = true;
        known.ticks = place.ticks.load(std::memory_order_relaxed);
        known.size = place.size.load(std::memory_order_relaxed);
        known.stack = place.stack.load(std::memory_order_relaxed);
        known.bytes = known.size != kSizeElsewhere ? known.size : usableBytes(block);
        known.blocks = sampleWeight(known.bytes, m_period, address, known.ticks);
        addToRegion(block, -1);
        place.address.store(0, std::memory_order_relaxed);
        return known;
    }
    return known;
}

} // namespace ringscope::tracker
