// SPDX-License-Identifier: MIT
#include "core/memory/text_index.h"

namespace ringscope {

std::uint32_t TextIndex::indexOf(std::string_view text, std::vector<std::string>& texts,
                                 std::uint32_t last) {
    if (text.empty()) {
        return 0;
    }
    if (texts[last] == text) {
        return last;
    }
    const auto found = m_numbers.find(text);
    if (found != m_numbers.end()) {
        return found->second;
    }
    const auto number = static_cast<std::uint32_t>(texts.size());
    texts.emplace_back(text);
    m_numbers.emplace(text, number);
    return number;
}

} // namespace ringscope
