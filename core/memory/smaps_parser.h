// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "core/memory/memory_region.h"
#include "core/memory/text_index.h"

namespace ringscope {

// Reads the text of /proc/PID/smaps (or maps) piece by piece, cut anywhere, without keeping it: the
// text of 20,000 mappings is 14 MB. Trusts none of it: what is no region, lies before the one
// before it or is no number is left out and counted. One thread.
class SmapsParser {
public:
    void feed(std::string_view piece);
    // The map read so far; the parser is empty afterwards. A last line without its newline counts.
    [[nodiscard]] MemoryMap finish();

private:
    void takeLine(std::string_view line);
    void takeHeader(std::string_view line);
    void takeField(std::string_view line);
    void takeOtherField(std::string_view line);

    MemoryMap m_map;
    TextIndex m_nameIndex;
    TextIndex m_flagsIndex;
    std::string m_partialLine;   // what the last piece ended with
    std::size_t m_nextField = 0; // fields come in one order, so the next one is tried first
    bool m_isInRegion = false;   // false: the fields belong to a header that was left out
};

// The whole text at once.
[[nodiscard]] MemoryMap parseSmaps(std::string_view text);

} // namespace ringscope
