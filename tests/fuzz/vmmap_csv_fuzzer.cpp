// SPDX-License-Identifier: MIT
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/memory/vmmap_csv.h"

// An export of VMMap as somebody sends it.

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace ringscope;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    (void)startsAsVmmapCsv(text);
    const auto map = mapFromVmmapCsv(text, "fuzzed.csv");
    if (map ? map->types.size() != map->space.map.regions.size()
            : !map.error().message.starts_with("fuzzed.csv is no export")) {
        std::abort();
    }
    return map ? (static_cast<void>(map->sums()), 0) : 0;
}
