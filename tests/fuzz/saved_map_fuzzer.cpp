// SPDX-License-Identifier: MIT
#include <cstdint>
#include <cstdlib>
#include <sstream>
#include <string>
#include <string_view>

#include "core/memory/map_difference.h"
#include "core/memory/map_json.h"
#include "core/memory/map_objects.h"

// A saved map as somebody sends it: what is read is written the same, and can be shown.

namespace ringscope {
namespace {

std::string jsonOf(const MapSnapshot& map) {
    std::ostringstream out;
    writeMapJson(map, out);
    return out.str();
}

} // namespace
} // namespace ringscope

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace ringscope;
    const auto map =
        mapFromJson(std::string_view(reinterpret_cast<const char*>(data), size), "fuzzed");
    if (!map) {
        return 0;
    }
    const std::string written = jsonOf(*map);
    const auto again = mapFromJson(written, "written");
    if (!again || jsonOf(*again) != written) {
        std::abort();
    }
    (void)groupByObject(*map);
    (void)compareMaps(*map, *again);
    return 0;
}
