// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ringscope {

// One process as a list offers it.
struct ListedProcess {
    std::int32_t pid = 0;
    std::string name;
    std::string commandLine;
    std::string user;
    std::uint64_t rssBytes = 0;
    std::string whyNotReadable; // one sentence; empty = it can be watched
};

// All processes with memory of their own, the largest first; kernel threads and zombies are left
// out. Reads /proc: not for the GUI thread.
[[nodiscard]] std::vector<ListedProcess> listProcesses();

} // namespace ringscope
