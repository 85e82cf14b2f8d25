// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/memory/memory_region.h"

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
    struct TextHash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const {
            return std::hash<std::string_view>{}(text);
        }
    };
    using TextIndex = std::unordered_map<std::string, std::uint32_t, TextHash, std::equal_to<>>;

    void takeLine(std::string_view line);
    void takeHeader(std::string_view line);
    void takeField(std::string_view line);
    void takeOtherField(std::string_view line);
    static std::uint32_t intern(std::string_view text, std::vector<std::string>& texts,
                                TextIndex& index, std::uint32_t last);

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
