// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace ringscope {

// This process's environment with some variables set or replaced, as posix_spawn takes it. A value
// whose pointers live as long as it does.
class SpawnEnvironment {
public:
    explicit SpawnEnvironment(const std::vector<std::pair<std::string, std::string>>& variables);
    SpawnEnvironment(const SpawnEnvironment&) = delete;
    SpawnEnvironment& operator=(const SpawnEnvironment&) = delete;

    [[nodiscard]] char** data() noexcept { return m_pointers.data(); }

private:
    std::vector<std::string> m_entries;
    std::vector<char*> m_pointers; // into m_entries, and a null
};

} // namespace ringscope
