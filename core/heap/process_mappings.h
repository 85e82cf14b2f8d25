// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/heap/memory_image.h"

namespace ringscope {

// One line of /proc/PID/maps.
struct ProcessMapping {
    MemoryRange range;
    bool isReadable = false;
    bool isWritable = false;
    bool isShared = false;
    std::uint64_t fileOffset = 0;
    std::string name; // path, "[heap]", ...; empty: anonymous
};

// The text of /proc/PID/maps, by address. Lines that are none are left out.
[[nodiscard]] std::vector<ProcessMapping> parseMappings(std::string_view text);

// The one that an address is in; null: none.
[[nodiscard]] const ProcessMapping* mappingAt(const std::vector<ProcessMapping>& mappings,
                                              std::uint64_t address);

} // namespace ringscope
