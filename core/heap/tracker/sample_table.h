// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "core/heap/profile_layout.h"
#include "core/heap/tracker/block_shadow.h"

namespace ringscope::tracker {

// Regions of the address space by how many sampled blocks begin in them, so that a block that was
// not sampled mostly costs one load when it is freed. Regions 1 GiB apart share a count.
constexpr unsigned kSampleRegionBits = 13;
constexpr std::size_t kSampleRegions = std::size_t{1} << 17U;
using RegionCount = std::atomic<std::uint8_t>;
// Of the profile that is written; of no samples before there is one.
[[gnu::visibility("hidden")]] extern RegionCount* g_sampleRegions;

inline std::size_t sampleRegionOf(const void* block) noexcept {
    return (reinterpret_cast<std::uintptr_t>(block) >> kSampleRegionBits) % kSampleRegions;
}

// The live blocks that were recorded by chance, in memory of the profile. For all threads, signal
// handlers too, and without a lock: a place is taken by one exchange, and a block is looked for in
// all places that it may have, so that nothing has to mark those that were left.
class SampleTable {
public:
    // Where the parts of a profile are mapped.
    void use(unsigned char* profile) noexcept;

    // False: there is no room.
    [[nodiscard]] bool put(const void* block, const KnownBlock& known) noexcept;
    // What was known of it is no more.
    [[nodiscard]] KnownBlock take(void* block) noexcept;

private:
    SampledBlock* m_blocks = nullptr;
    std::uint64_t m_period = 0;
};

} // namespace ringscope::tracker
