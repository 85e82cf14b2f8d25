// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "core/heap/heap_profile.h"

namespace ringscope {

// A call stack whose live bytes have only risen.
struct GrowingStack {
    std::uint32_t stack = 0; // HeapStack::number
    std::uint64_t fromBytes = 0;
    std::uint64_t toBytes = 0;
    std::uint64_t fromBlocks = 0;
    std::uint64_t toBlocks = 0;
    std::uint32_t rises = 0;
};

// Compares readings of one process's profile with each other. What grows need not be a leak (a
// cache that fills), and a leak that stands still does not show: a second opinion beside
// findLeaks(). One thread.
class HeapGrowth {
public:
    void add(const HeapProfile& profile);

    // Those that have never fallen and have risen at leastRises of the times, most growth first.
    [[nodiscard]] std::vector<GrowingStack> growing(std::uint32_t leastRises) const;
    [[nodiscard]] std::uint32_t readings() const { return m_readings; }

private:
    struct State {
        GrowingStack growth;
        std::uint32_t reading = 0; // the last that had it
        bool hasFallen = false;
    };
    std::unordered_map<std::uint32_t, State> m_states; // by stack
    std::uint32_t m_readings = 0;
};

} // namespace ringscope
