// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/slots/slot_counts.h"

#include <algorithm>

namespace ringscope {

namespace {

SlotCounts countBlock(const SlotBlock& block) {
    SlotCounts counts;
    const auto used = std::min<std::size_t>(block.count, kSlotsPerBlock);
    // A pass a state over runs that a byte can count: the compiler makes wide compares of it,
    // unlike of a table of counters.
    constexpr std::size_t kRun = 128;
    for (std::size_t first = 0; first < used; first += kRun) {
        const std::size_t end = std::min(used, first + kRun);
        for (std::size_t state = 0; state < kSlotStateCount; ++state) {
            std::uint8_t found = 0;
            for (std::size_t i = first; i < end; ++i) {
                found = static_cast<std::uint8_t>(
                    found + (block.states[i] == static_cast<SlotState>(state) ? 1 : 0));
            }
            counts.byState[state] += found;
        }
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
