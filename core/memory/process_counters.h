// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/expected.h"
#include "core/base/file_descriptor.h"
#include "core/base/process_identity.h"

namespace ringscope {

// Numbers the kernel keeps anyway, cheap enough for 100 Hz. Sizes in bytes. A field that this
// kernel does not report is empty, never 0.
struct FastCounters {
    std::int64_t timeNs = 0; // monotonicNs() after the reading

    std::uint64_t virtualSize = 0;         // VmSize
    std::uint64_t rss = 0;                 // VmRSS; in it each shared page counts in full
    std::optional<std::uint64_t> rssAnon;  // RssAnon (Linux 4.5)
    std::optional<std::uint64_t> rssFile;  // RssFile
    std::optional<std::uint64_t> rssShmem; // RssShmem: the ring, as far as this process touched it
    std::uint64_t rssPeak = 0;             // VmHWM, since the process started or exec'd
    std::optional<std::uint64_t> swap;     // VmSwap, without swapped shared memory
    std::optional<std::uint64_t> pageTables; // VmPTE
    std::optional<std::uint64_t> hugetlb;    // HugetlbPages, in no other number here

    // Since the process started, over all its threads, also those that ended.
    std::uint64_t minorFaults = 0;
    std::uint64_t majorFaults = 0;
    std::int64_t userNs = 0; // in steps of the clock tick, commonly 10 ms
    std::int64_t systemNs = 0;
    std::uint32_t threads = 0;
};

// Numbers the kernel adds up by walking the page tables (smaps_rollup): 0.2 ms on a small process,
// 50 ms and more on one with many gigabytes, so costNs tells the caller how far to stretch its
// period. Sizes in bytes. A field that this kernel does not report is empty, never 0.
struct SlowCounters {
    std::int64_t timeNs = 0; // monotonicNs() after the reading
    std::int64_t costNs = 0; // CPU time of the reading thread that this reading took

    std::uint64_t rss = 0;
    std::uint64_t pss = 0; // each page divided by the number of processes that map it
    std::optional<std::uint64_t> pssAnon;
    std::optional<std::uint64_t> pssFile;
    std::optional<std::uint64_t> pssShmem;
    std::optional<std::uint64_t> pssDirty; // Linux 6.0
    std::uint64_t sharedClean = 0;         // mapped by more than one process at this instant
    std::uint64_t sharedDirty = 0;
    std::uint64_t privateClean = 0; // mapped by this process only: also a ring nobody else touched
    std::uint64_t privateDirty = 0;
    std::uint64_t referenced = 0;
    std::uint64_t anonymous = 0;
    std::uint64_t anonHugePages = 0; // transparent huge pages
    std::uint64_t swap = 0;
    std::optional<std::uint64_t> swapPss;       // Linux 4.3
    std::optional<std::uint64_t> sharedHugetlb; // Linux 4.4; in neither rss nor pss
    std::optional<std::uint64_t> privateHugetlb;
    std::uint64_t locked = 0;

    // "Private" (USS): what ending this process would free.
    [[nodiscard]] std::uint64_t privateBytes() const { return privateClean + privateDirty; }
    [[nodiscard]] std::uint64_t sharedBytes() const { return sharedClean + sharedDirty; }
};

// What /proc/PID/status says; times and faults are not in it. Empty when it lacks VmRSS or VmSize:
// a kernel thread, a zombie, or no such text.
[[nodiscard]] std::optional<FastCounters> parseStatus(std::string_view text);
// What /proc/PID/smaps_rollup says. Empty when it lacks Rss or Pss.
[[nodiscard]] std::optional<SlowCounters> parseSmapsRollup(std::string_view text);

// Reads the counters of one process through descriptors that it keeps open. They belong to the
// process, not to its pid: another process that gets the same pid is never read by mistake, and
// each reading checks the start time as well. Owned by the recorder; one thread at a time.
//
// Errors (kind target), each one sentence: no such process, ended, zombie, kernel thread, not
// permitted (readSlow only: it needs the same user or CAP_SYS_PTRACE).
class ProcessCountersReader {
public:
    [[nodiscard]] static Expected<ProcessCountersReader> open(std::int32_t pid);
    // Refuses when the pid belongs to another process by now.
    [[nodiscard]] static Expected<ProcessCountersReader> open(const ProcessIdentity& process);

    [[nodiscard]] const ProcessIdentity& identity() const { return m_identity; }
    // Faults and times are always of now. Sizes may be up to sizesMaxAgeNs old while nothing says
    // that they changed (no fault, the same virtual size, much the same RSS): what a process gives
    // back without unmapping it then shows later, and the reading costs 4 us instead of 13.
    [[nodiscard]] Expected<FastCounters> readFast(std::int64_t sizesMaxAgeNs = 0);
    [[nodiscard]] Expected<SlowCounters> readSlow();

private:
    // What changes in stat when sizes change.
    struct SizeSigns {
        std::uint64_t faults = 0;
        std::uint64_t virtualBytes = 0;
        std::uint64_t rssPages = 0;
        bool operator==(const SizeSigns&) const = default;
    };
    ProcessCountersReader() = default;

    // Constant after open().
    ProcessIdentity m_identity;
    FileDescriptor m_directory; // /proc/PID
    FileDescriptor m_stat;
    FileDescriptor m_status;
    // Changed by each reading.
    std::string m_buffer;
    std::optional<FastCounters> m_newest; // sizes as status said them last,
    std::int64_t m_sizesReadNs = 0;       // then,
    SizeSigns m_signsThen;                // when stat had shown this
};

} // namespace ringscope
