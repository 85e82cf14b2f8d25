// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/process_identity.h"
#include "core/memory/memory_region.h"
#include "core/memory/memory_sums.h"

namespace ringscope {

// A process that maps an object, and how much of the object it has.
struct ObjectMapper {
    ProcessIdentity process;
    std::string name;
    MemorySums sums; // of its mappings of the object
};

struct ObjectMappers {
    std::vector<ObjectMapper> mappers; // by PSS, the largest first
    std::uint64_t unreadable = 0;      // processes whose maps may not be read: any of them may too
};

// Every process on this machine that maps the file or the shared memory of this region, told by
// device and inode; none for anonymous memory. Reads maps of every process, and smaps of those that
// map it: not for a thread that must not wait.
[[nodiscard]] ObjectMappers findObjectMappers(const MemoryRegion& region);

} // namespace ringscope
