// SPDX-License-Identifier: MIT
#include "core/heap/heap_growth.h"

#include <algorithm>

namespace ringscope {

void HeapGrowth::add(const HeapProfile& profile) {
    ++m_readings;
    for (const HeapStack& stack : profile.stacks) {
        const auto [at, isNew] = m_states.try_emplace(stack.number);
        State& state = at->second;
        GrowingStack& growth = state.growth;
        if (isNew) {
            growth.stack = stack.number;
            // One that came meanwhile had nothing before.
            growth.fromBytes = m_readings == 1 ? stack.sums.liveBytes : 0;
            growth.fromBlocks = m_readings == 1 ? stack.sums.liveBlocks : 0;
            growth.toBytes = growth.fromBytes;
        }
        growth.rises += stack.sums.liveBytes > growth.toBytes ? 1U : 0U;
        state.hasFallen = state.hasFallen || stack.sums.liveBytes < growth.toBytes;
        growth.toBytes = stack.sums.liveBytes;
        growth.toBlocks = stack.sums.liveBlocks;
        state.reading = m_readings;
    }
}

std::vector<GrowingStack> HeapGrowth::growing(std::uint32_t leastRises) const {
    std::vector<GrowingStack> found;
    for (const auto& [number, state] : m_states) {
        if (!state.hasFallen && state.growth.rises >= leastRises && state.reading == m_readings) {
            found.push_back(state.growth);
        }
    }
    std::sort(found.begin(), found.end(), [](const GrowingStack& a, const GrowingStack& b) {
        const std::uint64_t ofA = a.toBytes - a.fromBytes;
        const std::uint64_t ofB = b.toBytes - b.fromBytes;
        return ofA != ofB ? ofA > ofB : a.stack < b.stack;
    });
    return found;
}

} // namespace ringscope
