// SPDX-License-Identifier: MIT
#include "core/heap/tracker/block_shadow.h"

namespace ringscope::tracker {

void BlockShadow::use(unsigned char* profile) noexcept {
    m_header = reinterpret_cast<ProfileHeader*>(profile);
    m_directory =
        reinterpret_cast<std::atomic<std::uint32_t>*>(profile + m_header->shadowDirectoryAt);
    m_entries = profile + m_header->shadowAt;
    m_shift = m_header->shadowShift;
    m_leafBytes = (std::size_t{1} << (kShadowLeafBits - m_shift)) * sizeof(ShadowEntry);
}

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

} // namespace ringscope::tracker
