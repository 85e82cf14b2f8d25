// SPDX-License-Identifier: MIT
#include "core/memory/memory_region.h"

namespace ringscope {

bool MemoryMap::hasFlag(const MemoryRegion& region, std::string_view code) const {
    const std::string_view text = flagsOf(region);
    for (auto at = text.find(code); at != std::string_view::npos; at = text.find(code, at + 1)) {
        const auto after = at + code.size();
        if ((at == 0 || text[at - 1] == ' ') && (after == text.size() || text[after] == ' ')) {
            return true;
        }
    }
    return false;
}

} // namespace ringscope
