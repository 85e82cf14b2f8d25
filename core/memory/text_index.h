// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace ringscope {

// Keeps each distinct text once, in a list whose entry 0 is the empty one, and finds it again: the
// 20,000 mappings of a large process have some hundred names. One thread.
class TextIndex {
public:
    // Neighbours mostly share a text, so the last one is tried before the table.
    [[nodiscard]] std::uint32_t indexOf(std::string_view text, std::vector<std::string>& texts,
                                        std::uint32_t last);

private:
    struct TextHash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const {
            return std::hash<std::string_view>{}(text);
        }
    };

    std::unordered_map<std::string, std::uint32_t, TextHash, std::equal_to<>> m_numbers;
};

} // namespace ringscope
