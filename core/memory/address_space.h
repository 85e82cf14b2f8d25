// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/expected.h"
#include "core/base/process_identity.h"
#include "core/memory/memory_region.h"

namespace ringscope {

// Where a thread's stack is.
struct ThreadPlace {
    std::int32_t tid = 0;
    std::string name;               // as the program gave it; readAddressSpace() leaves it empty
    std::uint64_t stackPointer = 0; // 0: not known, as of a thread that was running
};

// The address space of a process at (nearly) one instant. The kernel writes it some mappings at a
// time: a process that runs meanwhile may change between them. A value.
struct AddressSpace {
    ProcessIdentity process;
    std::int64_t timeNs = 0; // monotonicNs() after the reading
    std::int64_t costNs = 0; // CPU time of the reading thread that this reading took
    MemoryMap map;
    std::vector<ThreadPlace> threads;
    // Every thread but the main one, whose stack has a name, has its stack pointer above.
    bool areStacksKnown = false;
};

// Reads /proc/PID/smaps, and /proc/PID/task/TID/syscall for the stack pointers. About 7 us a
// mapping and the more the larger they are: 150 ms with 20,000 mappings and 4 GiB. Any thread.
//
// Errors (kind target): as ProcessCountersReader's, and "ended or started another program" while it
// was read: half a map is never returned.
[[nodiscard]] Expected<AddressSpace> readAddressSpace(const ProcessIdentity& process);

} // namespace ringscope
