// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/expected.h"

namespace ringscope {

// Memory of the machine, in bytes (/proc/meminfo). A field that this kernel does not report is
// empty.
struct SystemMemory {
    std::int64_t timeNs = 0;
    std::uint64_t total = 0;
    std::optional<std::uint64_t> available; // Linux 3.14: what programs can still get
    std::uint64_t free = 0;
    std::optional<std::uint64_t> shmem; // of all shared memory and tmpfs
    std::uint64_t swapTotal = 0;
    std::uint64_t swapFree = 0;
    std::optional<std::uint64_t> hugetlb; // reserved for huge pages, used or not
};

// What the memory controller says about the cgroup of a process. A number that is not limited, not
// reported or not visible from here is empty.
struct CgroupMemory {
    int version = 0;       // 1 or 2
    std::string path;      // as in /proc/PID/cgroup
    std::string directory; // of its files; empty where it cannot be seen from here
    std::optional<std::uint64_t> usage;
    std::optional<std::uint64_t> limit;    // the tightest of its own and its ancestors'
    std::optional<std::uint64_t> oomKills; // processes killed in it (v2: and below it), so far
};

// What the machine is, as provenance of a recording; nothing in it names the machine or its user.
struct MachineDescription {
    std::string kernel;       // "Linux 6.1.0-18-amd64"
    std::string architecture; // "x86_64"
    std::string cpuModel;     // empty where /proc/cpuinfo names none
    std::uint32_t cpus = 0;   // that this process may use
    std::uint64_t pageSize = 0;
    std::uint64_t memoryTotal = 0;
    std::string transparentHugePages; // "always", "madvise", "never"; empty: not built in
    std::string shmemHugePages;       // the same for shared memory, so for the ring
};

[[nodiscard]] std::optional<SystemMemory> parseMeminfo(std::string_view text);
// 0.05 ms. Errors (failed): /proc is not mounted.
[[nodiscard]] Expected<SystemMemory> readSystemMemory();

// root stands before every path, so that tests can show it another machine. Empty when no memory
// controller is mounted or it does not hold the process. 0.2 ms.
[[nodiscard]] std::optional<CgroupMemory> readCgroupMemory(std::int32_t pid,
                                                           const std::string& root = "");

[[nodiscard]] MachineDescription describeMachine();
// Separate, so that a recording can be made without it.
[[nodiscard]] std::string hostName();

} // namespace ringscope
