// SPDX-License-Identifier: MIT
#include <cstdint>
#include <cstdlib>
#include <string>
#include <sys/mman.h>
#include <unistd.h>

#include "core/memory/core_dump.h"
#include "core/memory/map_objects.h"

// A core dump as somebody sends it, and what is then shown of it.

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace ringscope;
    static const int file = ::memfd_create("fuzzed", MFD_CLOEXEC);
    if (::ftruncate(file, 0) != 0 || ::pwrite(file, data, size, 0) != static_cast<ssize_t>(size)) {
        std::abort();
    }
    const auto map = readCoreDump("/proc/self/fd/" + std::to_string(file));
    if (!map) {
        return 0;
    }
    if (map->types.size() != map->space.map.regions.size()) {
        std::abort();
    }
    (void)groupByObject(*map);
    (void)map->sums();
    return 0;
}
