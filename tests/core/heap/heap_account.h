// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>

namespace ringscope {

// What heap_target says it did; written to its standard output as it is.
struct HeapAccount {
    std::uint64_t allocations = 0;
    std::uint64_t frees = 0;
    std::uint64_t reallocations = 0;
    std::uint64_t allocatedBytes = 0;
    std::uint64_t freedBytes = 0;

    bool operator==(const HeapAccount&) const = default;
};

// Blocks of this size are told from those of the C library's threads by their size class (896 up to
// 1023 usable bytes).
constexpr std::size_t kMarkedBytes = 900;

} // namespace ringscope
