// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

namespace ringscope {

// One thread that runs, or ran and whose slot nobody took since. A block counts where it was
// allocated and where it was freed, so frees may exceed allocations here. Bytes are usable bytes.
struct HeapThreadCounters {
    std::int32_t tid = 0;
    std::string name; // as it was when the thread first allocated, or when it ended
    bool isRunning = false;
    std::uint64_t allocations = 0;
    std::uint64_t frees = 0;
    std::uint64_t reallocations = 0;
    std::uint64_t allocatedBytes = 0;
    std::uint64_t freedBytes = 0;

    bool operator==(const HeapThreadCounters&) const = default;
};

} // namespace ringscope
