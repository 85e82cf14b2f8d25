// SPDX-License-Identifier: MIT
#include "core/memory/overlap_groups.h"

#include <cstddef>
#include <unordered_map>
#include <utility>

namespace ringscope {

namespace {

// The group that was begun last for a key, and how far it reaches on each side.
struct Open {
    std::size_t group = 0;
    std::uint64_t endBefore = 0;
    std::uint64_t endAfter = 0;
};

class Grouping {
public:
    void add(const KeyedRange& range, std::uint32_t index, bool isAfter) {
        const auto [found, isNew] = m_open.try_emplace(range.key);
        Open& open = found->second;
        // Only what lies on the other side can be the same memory.
        if (isNew || range.start >= (isAfter ? open.endBefore : open.endAfter)) {
            open = {m_groups.size(), 0, 0};
            m_groups.emplace_back();
        }
        OverlapGroup& group = m_groups[open.group];
        (isAfter ? group.after : group.before).push_back(index);
        (isAfter ? open.endAfter : open.endBefore) = range.end;
    }
    [[nodiscard]] std::vector<OverlapGroup> take() { return std::move(m_groups); }

private:
    std::unordered_map<std::uint32_t, Open> m_open;
    std::vector<OverlapGroup> m_groups;
};

} // namespace

std::vector<OverlapGroup> groupOverlaps(const std::vector<KeyedRange>& before,
                                        const std::vector<KeyedRange>& after) {
    Grouping grouping;
    std::uint32_t earlier = 0;
    std::uint32_t later = 0;
    while (earlier < before.size() || later < after.size()) {
        if (later == after.size() ||
            (earlier < before.size() && before[earlier].start <= after[later].start)) {
            grouping.add(before[earlier], earlier, false);
            ++earlier;
        } else {
            grouping.add(after[later], later, true);
            ++later;
        }
    }
    return grouping.take();
}

} // namespace ringscope
