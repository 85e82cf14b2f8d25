// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/ring/slot_snapshot.h"

namespace ringscope {

// Slots by state; those that were never read are in none.
struct SlotCounts {
    std::array<std::uint64_t, kSlotStateCount> byState{};
    std::uint64_t unread = 0;

    [[nodiscard]] std::uint64_t of(SlotState state) const noexcept {
        return byState[static_cast<std::size_t>(state)];
    }
    bool operator==(const SlotCounts&) const = default;
};

// Counts anew only the blocks whose pointer changed since the last snapshot. GUI thread.
class SlotCounter {
public:
    const SlotCounts& update(const std::shared_ptr<const SlotSnapshot>& snapshot);

private:
    std::vector<std::shared_ptr<const SlotBlock>> m_blocks; // as counted
    std::vector<SlotCounts> m_counts;                       // of each block
    SlotCounts m_total;
};

} // namespace ringscope
