// SPDX-License-Identifier: MIT
#include "core/heap/tracker/block_shadow.h"

#include "core/heap/tracker/next_allocator.h"

namespace ringscope::tracker {

void BlockShadow::use(unsigned char* profile) noexcept {
    m_header = reinterpret_cast<ProfileHeader*>(profile);
    m_directory =
        reinterpret_cast<std::atomic<std::uint32_t>*>(profile + m_header->shadowDirectoryAt);
    m_entries = profile + m_header->shadowAt;
    m_shift = m_header->shadowShift;
    m_leafBytes = (std::size_t{1} << (kShadowLeafBits - m_shift)) * sizeof(ShadowEntry);
}

// Its number, or 0.
std::uint32_t BlockShadow::makeLeaf(std::atomic<std::uint32_t>& place) noexcept {
    std::uint32_t used = m_header->leavesUsed.load(std::memory_order_relaxed);
    while (used < m_header->leafCount &&
           !m_header->leavesUsed.compare_exchange_weak(used, used + 1, std::memory_order_relaxed,
                                                       std::memory_order_relaxed)) {
    }
    if (used >= m_header->leafCount) {
        return 0;
    }
    // If another thread was faster, ours stays unused.
    std::uint32_t leaf = 0;
    const std::uint32_t ours = used + 1;
    return place.compare_exchange_strong(leaf, ours, std::memory_order_acq_rel,
                                         std::memory_order_acquire)
               ? ours
               : leaf;
}

ShadowEntry* BlockShadow::find(const void* block, bool isToBeMade) noexcept {
    const auto address = reinterpret_cast<std::uintptr_t>(block);
    const std::size_t leafIndex = address >> kShadowLeafBits;
    if (leafIndex >= kShadowLeaves) {
        return nullptr;
    }
    std::uint32_t leaf = m_directory[leafIndex].load(std::memory_order_acquire);
    if (leaf == 0) [[unlikely]] {
        leaf = isToBeMade ? makeLeaf(m_directory[leafIndex]) : 0;
        if (leaf == 0) {
            return nullptr;
        }
    }
    const std::uintptr_t inLeaf = address & ((std::uintptr_t{1} << kShadowLeafBits) - 1);
    return reinterpret_cast<ShadowEntry*>(m_entries + (leaf - 1) * m_leafBytes) +
           (inLeaf >> m_shift);
}

void BlockShadow::put(ShadowEntry& entry, const void* block,
                      const KnownBlock& known) const noexcept {
    const std::uintptr_t within = (std::uintptr_t{1} << m_shift) - 1;
    const auto eights =
        static_cast<std::uint32_t>((reinterpret_cast<std::uintptr_t>(block) & within) >> 3U);
    entry.ticks.store(known.ticks, std::memory_order_relaxed);
    entry.size.store(known.size, std::memory_order_relaxed);
    entry.stack.store(known.stack | eights << kShadowStackBits,
                      std::memory_order_release); // last: for who reads from outside
}

KnownBlock BlockShadow::take(void* block) noexcept {
    KnownBlock known;
    ShadowEntry* const entry = find(block, false);
    if (entry == nullptr) {
        return known;
    }
    known.stack = entry->stack.load(std::memory_order_relaxed) & kShadowStackMask;
    if (known.stack == 0) {
        return known;
    }
    known.ticks = entry->ticks.load(std::memory_order_relaxed);
    known.size = entry->size.load(std::memory_order_relaxed);
    known.bytes = known.size != kSizeElsewhere ? known.size : usableBytes(block);
    entry->stack.store(0, std::memory_order_relaxed);
    return known;
}

} // namespace ringscope::tracker
