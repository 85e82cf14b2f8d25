// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/expected.h"
#include "core/base/file_descriptor.h"
#include "core/base/process_identity.h"
#include "core/memory/memory_region.h"
#include "core/memory/proc_text.h"

// How the units of this folder read /proc/PID on Linux, and say why they cannot.
namespace ringscope::proc {

// /proc/PID of one process. What is opened through the directory belongs to that process, also when
// its pid goes to another one.
struct ProcessDirectory {
    ProcessIdentity identity;
    FileDescriptor directory;
    FileDescriptor stat;
};

// startTicks of 0 means whichever process has the pid. Errors (target), each one sentence: no such
// process, ended, another process by now, zombie, kernel thread.
[[nodiscard]] Expected<ProcessDirectory> openProcess(const ProcessIdentity& process);
[[nodiscard]] FileDescriptor openFile(const FileDescriptor& directory, const char* name);

// The whole of a file that the kernel writes in one piece, from its beginning: one consistent
// text, which lies in buffer (that only grows), or an errno.
struct WholeText {
    std::string_view text;
    int errnoValue = 0;
};
[[nodiscard]] WholeText readWhole(int fd, std::string& buffer);
// Reads stat and judges it as openProcess() does.
[[nodiscard]] Expected<StatLine> readStat(const ProcessIdentity& process, int fd,
                                          std::string& buffer);

// Error of opening or reading /proc/PID/FILE. ESRCH and ENOENT mean that the process has ended,
// unless it is there: then it is hidden, or the kernel has no such file.
[[nodiscard]] Error readError(std::int32_t pid, const std::string& file, int errnoValue);
[[nodiscard]] Error processEnded(std::int32_t pid);

// Error of an address space that is gone while its directory may not be: its process ended or
// started another program. what: "while its memory map was read".
[[nodiscard]] Error addressSpaceGone(std::int32_t pid, const std::string& what);

// The mappings in file ("maps", "smaps"), which fd has open. Whole, or an error.
[[nodiscard]] Expected<MemoryMap> readMap(std::int32_t pid, int fd, const std::string& file);

// Whether the address space that fd (of "maps", "smaps") was opened of is still its process's.
[[nodiscard]] bool isMapReadable(int fd);

// CPU time of the calling thread: what a reading costs, however busy the machine is.
[[nodiscard]] std::int64_t threadCpuNs() noexcept;

} // namespace ringscope::proc
