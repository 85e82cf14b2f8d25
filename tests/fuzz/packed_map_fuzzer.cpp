// SPDX-License-Identifier: MIT
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/memory/map_objects.h"
#include "core/session/map_coding.h"

// A map in a damaged session file: what is read can be shown, and is packed the same again.

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace ringscope;
    const auto record =
        decodeMapRecord(std::string_view(reinterpret_cast<const char*>(data), size));
    if (record == nullptr) {
        return 0;
    }
    const auto map = record->unpack();
    if (map == nullptr || map->types.size() != map->space.map.regions.size()) {
        std::abort();
    }
    (void)groupByObject(*map);
    const auto again = unpackMap(packMap(*map));
    if (!again || packMap(*again) != packMap(*map)) {
        std::abort();
    }
    return 0;
}
