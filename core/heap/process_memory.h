// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/base/expected.h"
#include "core/base/file_descriptor.h"
#include "core/base/process_identity.h"
#include "core/heap/memory_image.h"
#include "core/heap/process_mappings.h"

namespace ringscope {

// Another process's memory, read without changing what it is charged: pages that it never touched
// are told by /proc/PID/pagemap and never asked for, as that would make them its own. Needs what
// ptrace needs (same user, and kernel.yama.ptrace_scope or CAP_SYS_PTRACE). One thread at a time.
class ProcessMemory {
public:
    // startTicks of 0: whichever process has the pid. Errors (target): no such process, a kernel
    // thread, a process of another user.
    [[nodiscard]] static Expected<ProcessMemory> open(const ProcessIdentity& process);

    // Errors (target): the process ended.
    [[nodiscard]] Expected<std::vector<ProcessMapping>> mappings() const;

    struct Pages {
        MemoryRanges ranges; // in memory or swapped out
        std::uint64_t swappedBytes = 0;
    };
    // Whole pages of ranges that exist. Errors (target): the process ended.
    [[nodiscard]] Expected<Pages> pagesOf(const MemoryRanges& ranges) const;

    // Copies ranges one behind the other. What cannot be read is zero: a page that vanished.
    // Errors (target): not permitted, or the process ended.
    [[nodiscard]] Expected<void> copy(const MemoryRanges& ranges, std::byte* to) const;

    [[nodiscard]] const ProcessIdentity& process() const noexcept { return m_process; }

private:
    ProcessMemory() = default;

    ProcessIdentity m_process;
    FileDescriptor m_maps;
    FileDescriptor m_pagemap;
};

// How to be allowed what error EPERM or EACCES refused: "; run as root, or ...".
[[nodiscard]] std::string howToAllowReading();

} // namespace ringscope
