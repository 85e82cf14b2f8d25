// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/process_identity.h"

namespace ringscope {

// One process as a list offers it.
struct ListedProcess {
    ProcessIdentity identity;   // startTicks is 0 when /proc hides even that
    std::int32_t parentPid = 0; // may be one that is not listed
    std::string name;
    std::string commandLine; // printable
    std::string user;
    std::uint64_t rssBytes = 0;
    std::string whyNotReadable; // one sentence, and how to allow it; empty = it can be watched
};

// All processes with memory of their own, the largest first; kernel threads and zombies are left
// out. Reads /proc: not for the GUI thread.
[[nodiscard]] std::vector<ListedProcess> listProcesses();

// Why processes are missing in listProcesses(), one sentence, and how to see them; empty when /proc
// shows all of this pid namespace. Reads /proc as well.
[[nodiscard]] std::string whyProcessesAreHidden();

struct ProcessPss {
    ProcessIdentity process;
    std::optional<std::uint64_t> bytes; // empty: it ended, or may not be read
};

// PSS of as many of the processes, the first one being processes[from], as can be read in that
// time; one at least. The kernel walks page tables for it (0.2 ms to 50 ms and more for one
// process), so a caller reads piece by piece, and can stop between two.
[[nodiscard]] std::vector<ProcessPss> readPss(const std::vector<ProcessIdentity>& processes,
                                              std::size_t from, std::int64_t timeNs);

} // namespace ringscope
