// SPDX-License-Identifier: MIT
#include "core/memory/system_memory.h"

#include "core/memory/proc_text.h"

namespace ringscope {

std::optional<SystemMemory> parseMeminfo(std::string_view text) {
    SystemMemory memory;
    std::optional<std::uint64_t> total;
    std::optional<std::uint64_t> hugePages;
    std::optional<std::uint64_t> hugePageSize;
    proc::forEachField(text, [&](std::string_view key, std::string_view rest) {
        if (key == "HugePages_Total") { // a count, without a unit
            hugePages = proc::parseUnsigned(proc::takeWord(rest));
            return;
        }
        const auto bytes = proc::parseKilobytes(rest);
        if (key == "MemTotal") {
            total = bytes;
        } else if (key == "MemFree") {
            memory.free = bytes.value_or(0);
        } else if (key == "MemAvailable") {
            memory.available = bytes;
        } else if (key == "Shmem") {
            memory.shmem = bytes;
        } else if (key == "SwapTotal") {
            memory.swapTotal = bytes.value_or(0);
        } else if (key == "SwapFree") {
            memory.swapFree = bytes.value_or(0);
        } else if (key == "Hugetlb") { // of all sizes; not in older kernels
            memory.hugetlb = bytes;
        } else if (key == "Hugepagesize") {
            hugePageSize = bytes;
        }
    });
    if (!total) {
        return std::nullopt;
    }
    memory.total = *total;
    if (!memory.hugetlb && hugePages && hugePageSize) {
        memory.hugetlb = *hugePages * *hugePageSize;
    }
    return memory;
}

} // namespace ringscope
