// SPDX-License-Identifier: MIT
#include "core/memory/process_counters.h"

#include <cerrno>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/memory/proc_process.h"

namespace ringscope {

namespace {

std::int64_t ticksToNs(std::uint64_t ticks) {
    static const std::int64_t nsPerTick = kNsPerSecond / ::sysconf(_SC_CLK_TCK);
    return static_cast<std::int64_t>(ticks) * nsPerTick;
}

} // namespace

Expected<ProcessCountersReader> ProcessCountersReader::open(std::int32_t pid) {
    return open(ProcessIdentity{pid, 0, 0});
}

Expected<ProcessCountersReader> ProcessCountersReader::open(const ProcessIdentity& process) {
    auto opened = proc::openProcess(process);
    if (!opened) {
        return opened.error();
    }
    ProcessCountersReader reader;
    reader.m_identity = opened->identity;
    reader.m_directory = std::move(opened->directory);
    reader.m_stat = std::move(opened->stat);
    reader.m_status = proc::openFile(reader.m_directory, "status");
    if (!reader.m_status.isOpen()) {
        return proc::readError(process.pid, "status", errno);
    }
    return reader;
}

Expected<FastCounters> ProcessCountersReader::readFast(std::int64_t sizesMaxAgeNs) {
    const auto stat = proc::readStat(m_identity, m_stat.get(), m_buffer);
    if (!stat) {
        return stat.error();
    }
    const SizeSigns signs{stat->minorFaults + stat->majorFaults, stat->virtualBytes,
                          stat->rssPages};
    const std::int64_t nowNs = monotonicNs();
    if (!m_newest || signs != m_signsThen || nowNs - m_sizesReadNs >= sizesMaxAgeNs) {
        const auto whole = proc::readWhole(m_status.get(), m_buffer);
        if (whole.errnoValue != 0) {
            return proc::readError(m_identity.pid, "status", whole.errnoValue);
        }
        m_newest = parseStatus(whole.text);
        if (!m_newest) {
            return proc::processEnded(m_identity.pid); // its memory was freed since stat was read
        }
        m_sizesReadNs = nowNs;
        m_signsThen = signs;
    }
    FastCounters counters = *m_newest;
    counters.minorFaults = stat->minorFaults;
    counters.majorFaults = stat->majorFaults;
    counters.userNs = ticksToNs(stat->userTicks);
    counters.systemNs = ticksToNs(stat->systemTicks);
    counters.threads = static_cast<std::uint32_t>(stat->threads);
    counters.timeNs = monotonicNs();
    return counters;
}

Expected<SlowCounters> ProcessCountersReader::readSlow() {
    const std::int64_t startNs = proc::threadCpuNs();
    const auto stat = proc::readStat(m_identity, m_stat.get(), m_buffer);
    if (!stat) {
        return stat.error();
    }
    // Opened each time: the descriptor belongs to the address space, which exec replaces, and the
    // right to read it is judged when it is opened.
    const FileDescriptor rollup = proc::openFile(m_directory, "smaps_rollup");
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
    counters->costNs = proc::threadCpuNs() - startNs;
    return *counters;
}

} // namespace ringscope
