// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "core/heap/profile_layout.h"
#include "core/heap/tracker/next_allocator.h"

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
    // Lets the memory of a block's entry be fetched, which takes as long as much of what is done
    // meanwhile.
    void fetch(const void* block) const noexcept {
        const auto address = reinterpret_cast<std::uintptr_t>(block);
        const std::size_t leafIndex = address >> kShadowLeafBits;
        const std::uint32_t leaf =
            leafIndex < kShadowLeaves ? m_directory[leafIndex].load(std::memory_order_relaxed) : 0;
        if (leaf != 0) [[likely]] {
            __builtin_prefetch(entryIn(leaf, address), 1);
        }
    }
    void put(ShadowEntry& entry, const void* block, const KnownBlock& known) const noexcept {
        const std::uintptr_t within = (std::uintptr_t{1} << m_shift) - 1;
        const auto eights =
            static_cast<std::uint32_t>((reinterpret_cast<std::uintptr_t>(block) & within) >> 3U);
        entry.ticks.store(known.ticks, std::memory_order_relaxed);
        entry.size.store(known.size, std::memory_order_relaxed);
        entry.stack.store(known.stack | eights << kShadowStackBits,
                          std::memory_order_release); // last: for who reads from outside
    }
    // What was known of it is no more. known is left as it is where nothing was.
    void take(void* block, KnownBlock& known) noexcept {
        ShadowEntry* const entry = find(block, false);
        const std::uint32_t stack =
            entry != nullptr ? entry->stack.load(std::memory_order_relaxed) & kShadowStackMask : 0;
        if (stack == 0) {
            return;
        }
        known.stack = stack;
        known.ticks = entry->ticks.load(std::memory_order_relaxed);
        known.size = entry->size.load(std::memory_order_relaxed);
        known.bytes = known.size != kSizeElsewhere ? known.size : usableBytes(block);
        entry->stack.store(0, std::memory_order_relaxed);
    }

private:
    [[nodiscard]] ShadowEntry* entryIn(std::uint32_t leaf, std::uintptr_t address) const noexcept {
        const std::uintptr_t inLeaf = address & ((std::uintptr_t{1} << kShadowLeafBits) - 1);
        return reinterpret_cast<ShadowEntry*>(m_entries + (leaf - 1) * m_leafBytes) +
               (inLeaf >> m_shift);
    }
    [[nodiscard]] ShadowEntry* find(const void* block, bool isToBeMade) noexcept {
        const auto address = reinterpret_cast<std::uintptr_t>(block);
        const std::size_t leafIndex = address >> kShadowLeafBits;
        if (leafIndex >= kShadowLeaves) {
            return nullptr;
        }
        std::uint32_t leaf = m_directory[leafIndex].load(std::memory_order_acquire);
        if (leaf == 0) [[unlikely]] {
            leaf = isToBeMade ? makeLeaf(m_directory[leafIndex]) : 0;
        }
        return leaf != 0 ? entryIn(leaf, address) : nullptr;
    }
    // Its number, or 0: there is no room.
    [[nodiscard]] std::uint32_t makeLeaf(std::atomic<std::uint32_t>& place) noexcept;

    ProfileHeader* m_header = nullptr;
    std::atomic<std::uint32_t>* m_directory = nullptr;
    unsigned char* m_entries = nullptr;
    unsigned m_shift = 5;
    std::size_t m_leafBytes = 0;
};

} // namespace ringscope::tracker
