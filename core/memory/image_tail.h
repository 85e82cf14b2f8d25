// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/memory/memory_region.h"

namespace ringscope {

// Where the data of a program or library that is zero at the start (.bss) ends, told from the
// program headers of its file. region: its mapping below that data. The end of region where
// there is none; empty when the file cannot be read or is another one by now. root stands before
// the path. Some system calls. Any thread.
[[nodiscard]] std::optional<std::uint64_t>
zeroedDataEnd(const std::string& path, const MemoryRegion& region, const std::string& root = "");

} // namespace ringscope
