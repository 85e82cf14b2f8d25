// SPDX-License-Identifier: MIT
#include "core/memory/process_counters.h"

#include <cerrno>
#include <ctime>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/memory/proc_text.h"

namespace ringscope {

namespace {

std::int64_t threadCpuNs() {
    timespec time{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return time.tv_sec * kNsPerSecond + time.tv_nsec;
}

std::int64_t ticksToNs(std::uint64_t ticks) {
    static const std::int64_t nsPerTick = kNsPerSecond / ::sysconf(_SC_CLK_TCK);
    return static_cast<std::int64_t>(ticks) * nsPerTick;
}

FileDescriptor openIn(const FileDescriptor& directory, const char* name) {
    return FileDescriptor(::openat(directory.get(), name, O_RDONLY | O_CLOEXEC));
}

// Reads stat and judges it: the process meant, not a zombie, not a kernel thread.
Expected<proc::StatLine> readStatOf(const ProcessIdentity& process, int fd, std::string& buffer) {
    const auto whole = proc::readWhole(fd, buffer);
    if (whole.errnoValue != 0) {
        return proc::readError(process.pid, "stat", whole.errnoValue);
    }
    const auto stat = proc::parseStat(whole.text);
    if (!stat || (process.startTicks != 0 && stat->startTicks != process.startTicks)) {
        return proc::processEnded(process.pid);
    }
    if (auto reason = proc::reasonNotReadable(process.pid, *stat)) {
        return *reason;
    }
    return *stat;
}

} // namespace

Expected<ProcessCountersReader> ProcessCountersReader::open(std::int32_t pid) {
    return open(ProcessIdentity{pid, 0, 0});
}

Expected<ProcessCountersReader> ProcessCountersReader::open(const ProcessIdentity& process) {
    ProcessCountersReader reader;
    const std::string path = "/proc/" + std::to_string(process.pid);
    reader.m_identity = process;
    // The other files are opened through this descriptor, which names the process even when its
    // pid goes to another one meanwhile.
    reader.m_directory.reset(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!reader.m_directory.isOpen()) {
        return proc::readError(process.pid, "counters", errno);
    }
    reader.m_stat = openIn(reader.m_directory, "stat");
    if (!reader.m_stat.isOpen()) {
        return proc::readError(process.pid, "stat", errno);
    }
    reader.m_status = openIn(reader.m_directory, "status");
    if (!reader.m_status.isOpen()) {
        return proc::readError(process.pid, "status", errno);
    }
    const auto stat = readStatOf(process, reader.m_stat.get(), reader.m_buffer);
    if (!stat) {
        return stat.error();
    }
    reader.m_identity.startTicks = stat->startTicks;
    struct stat pidNamespace {};
    if (::fstatat(reader.m_directory.get(), "ns/pid", &pidNamespace, 0) == 0) {
        reader.m_identity.pidNamespace = pidNamespace.st_ino;
    }
    return reader;
}

Expected<FastCounters> ProcessCountersReader::readFast() {
    const auto stat = readStatOf(m_identity, m_stat.get(), m_buffer);
    if (!stat) {
        return stat.error();
    }
    const auto whole = proc::readWhole(m_status.get(), m_buffer);
    if (whole.errnoValue != 0) {
        return proc::readError(m_identity.pid, "status", whole.errnoValue);
    }
    auto counters = parseStatus(whole.text);
    if (!counters) {
        return proc::processEnded(m_identity.pid); // its memory was freed since stat was read
    }
    counters->minorFaults = stat->minorFaults;
    counters->majorFaults = stat->majorFaults;
    counters->userNs = ticksToNs(stat->userTicks);
    counters->systemNs = ticksToNs(stat->systemTicks);
    counters->threads = static_cast<std::uint32_t>(stat->threads);
    counters->timeNs = monotonicNs();
    return *counters;
}

Expected<SlowCounters> ProcessCountersReader::readSlow() {
    const std::int64_t startNs = threadCpuNs();
    const auto stat = readStatOf(m_identity, m_stat.get(), m_buffer);
    if (!stat) {
        return stat.error();
    }
    // Opened each time: the descriptor belongs to the address space, which exec replaces, and the
    // right to read it is judged when it is opened.
    const FileDescriptor rollup = openIn(m_directory, "smaps_rollup");
    if (!rollup.isOpen()) {
        const int errnoValue = errno;
        if (errnoValue == ENOENT && ::faccessat(m_directory.get(), "stat", F_OK, 0) == 0) {
            return makeError(ErrorKind::target,
                             "this kernel has no /proc/PID/smaps_rollup, from which PSS and "
                             "private memory are read: use Linux 4.14 or newer with "
                             "CONFIG_PROC_PAGE_MONITOR");
        }
        return proc::readError(m_identity.pid, "smaps_rollup", errnoValue);
    }
    const auto whole = proc::readWhole(rollup.get(), m_buffer);
    if (whole.errnoValue != 0) {
        return proc::readError(m_identity.pid, "smaps_rollup", whole.errnoValue);
    }
    auto counters = parseSmapsRollup(whole.text);
    if (!counters) {
        return proc::processEnded(m_identity.pid);
    }
    counters->timeNs = monotonicNs();
    counters->costNs = threadCpuNs() - startNs;
    return *counters;
}

} // namespace ringscope
