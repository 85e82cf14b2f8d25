// SPDX-License-Identifier: MIT
#include "core/session/spawn_environment.h"

#include <algorithm>
#include <string_view>
#include <unistd.h>

namespace ringscope {

SpawnEnvironment::SpawnEnvironment(
    const std::vector<std::pair<std::string, std::string>>& variables) {
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
        const std::string_view text(*entry);
        const auto isReplaced = [text](const std::pair<std::string, std::string>& variable) {
            return text.size() > variable.first.size() && text[variable.first.size()] == '=' &&
                   text.substr(0, variable.first.size()) == variable.first;
        };
        if (std::none_of(variables.begin(), variables.end(), isReplaced)) {
            m_entries.emplace_back(text);
        }
    }
    for (const auto& [name, value] : variables) {
        m_entries.push_back(name + "=" + value);
    }
    for (std::string& entry : m_entries) {
        m_pointers.push_back(entry.data());
    }
    m_pointers.push_back(nullptr);
}

} // namespace ringscope
