// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/slots/slot_counts.h"

#include <algorithm>

namespace ringscope {

namespace {

SlotCounts countBlock(const SlotBlock& block) {
    SlotCounts counts;
    const auto used = std::min<std::size_t>(block.count, kSlotsPerBlock);
    // A pass a state: the compiler turns each into wide compares, unlike a table of counters.
    for (std::size_t state = 0; state < kSlotStateCount; ++state) {
        counts.byState[state] = static_cast<std::uint64_t>(std::count(
            block.states.begin(), block.states.begin() + static_cast<std::ptrdiff_t>(used),
            static_cast<SlotState>(state)));
    }
    return counts;
}

} // namespace

const SlotCounts& SlotCounter::update(const std::shared_ptr<const SlotSnapshot>& snapshot) {
    if (!snapshot) {
        *this = SlotCounter();
        return m_total;
    }
    m_blocks.resize(snapshot->blocks.size());
    m_counts.resize(snapshot->blocks.size());
    m_total = SlotCounts();
    std::uint64_t read = 0;
    for (std::size_t index = 0; index < m_blocks.size(); ++index) {
        if (m_blocks[index] != snapshot->blocks[index]) {
            m_blocks[index] = snapshot->blocks[index];
            m_counts[index] = m_blocks[index] ? countBlock(*m_blocks[index]) : SlotCounts();
        }
        for (std::size_t state = 0; state < kSlotStateCount; ++state) {
            m_total.byState[state] += m_counts[index].byState[state];
            read += m_counts[index].byState[state];
        }
    }
    m_total.unread = snapshot->cursors.capacity > read ? snapshot->cursors.capacity - read : 0;
    return m_total;
}

} // namespace ringscope
