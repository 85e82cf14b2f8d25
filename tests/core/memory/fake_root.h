// SPDX-License-Identifier: MIT
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace ringscope::testing {

// A directory that stands for the root of another machine.
class FakeRoot {
public:
    FakeRoot() {
        std::string name = (std::filesystem::temp_directory_path() / "ringscope-root-XXXXXX");
        m_path = ::mkdtemp(name.data());
    }
    FakeRoot(const FakeRoot&) = delete;
    FakeRoot& operator=(const FakeRoot&) = delete;
    ~FakeRoot() { std::filesystem::remove_all(m_path); }

    void write(const std::string& file, const std::string& text) const {
        const std::filesystem::path path = m_path + file;
        std::filesystem::create_directories(path.parent_path());
        std::ofstream(path) << text;
    }
    [[nodiscard]] const std::string& path() const { return m_path; }

private:
    std::string m_path;
};

} // namespace ringscope::testing
