// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "app/desktop/process_list.h"

namespace ringscope {

inline ListedProcess madeUpProcess(std::int32_t pid, std::int32_t parentPid, std::string name) {
    ListedProcess process;
    process.identity = {pid, 1000U + static_cast<std::uint64_t>(pid), 1};
    process.parentPid = parentPid;
    process.commandLine = "/usr/bin/" + name + " --option";
    process.name = std::move(name);
    process.user = "alice";
    process.rssBytes = static_cast<std::uint64_t>(pid) << 20U;
    return process;
}

// 1 init - 10 shell - 100 editor
//        |          - 101 compiler
//        - 20 server (another user's, not readable)
//            - 200 worker
inline std::vector<ListedProcess> madeUpProcesses() {
    ListedProcess server = madeUpProcess(20, 1, "server");
    server.user = "bob";
    server.whyNotReadable = "It belongs to bob.";
    return {madeUpProcess(1, 0, "init"),
            madeUpProcess(10, 1, "shell"),
            server,
            madeUpProcess(100, 10, "editor"),
            madeUpProcess(101, 10, "compiler"),
            madeUpProcess(200, 20, "worker")};
}

} // namespace ringscope
