// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "core/heap/profile_layout.h"

namespace ringscope::tracker {

// What is known of a live block; stack 0: nothing.
struct KnownBlock {
    std::uint64_t ticks = 0;
    std::uint32_t stack = 0;
    std::uint32_t size = 0;   // as in ShadowEntry
    std::uint64_t bytes = 0;  // of one of the blocks that it stands for
    std::uint64_t blocks = 1; // that it stands for: more than one only if it was sampled
    bool isSampled = false;
};

[[nodiscard]] inline std::uint32_t shadowSize(std::size_t bytes) noexcept {
    return bytes < kSizeElsewhere ? static_cast<std::uint32_t>(bytes) : kSizeElsewhere;
}

// The live blocks of which every one is recorded, by their addresses, in memory of the profile.
// For all threads and without a lock: the allocator hands an address from one owner to the next,
// and so orders what is done to its entry.
class BlockShadow {
public:
    // Where the parts of a profile are mapped.
    void use(unsigned char* profile) noexcept;

    // Where a block has its entry. Null where there is no room for it, or the address is none of
    // user space.
    [[nodiscard]] ShadowEntry* makePlaceOf(const void* block) noexcept { return find(block, true); }
    void put(ShadowEntry& entry, const void* block, const KnownBlock& known) const noexcept;
    // What was known of it is no more.
    [[nodiscard]] KnownBlock take(void* block) noexcept;

private:
    [[nodiscard]] ShadowEntry* find(const void* block, bool isToBeMade) noexcept;
    [[nodiscard]] std::uint32_t makeLeaf(std::atomic<std::uint32_t>& place) noexcept;

    ProfileHeader* m_header = nullptr;
    std::atomic<std::uint32_t>* m_directory = nullptr;
    unsigned char* m_entries = nullptr;
    unsigned m_shift = 5;
    std::size_t m_leafBytes = 0;
};

} // namespace ringscope::tracker
