// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "core/base/expected.h"
#include "core/base/process_identity.h"
#include "core/memory/memory_region.h"

// What changes the memory of a process that is observed, or the numbers the kernel keeps of it: for
// somebody who asks for it, never on a timer. Any thread.
//
// How much memory a process works with: clearReferenced(), let it work, then add up "Referenced" of
// readAddressSpace() or ProcessCountersReader::readSlow(). Other tools that count references lose
// what they had counted.
namespace ringscope {

// A processor marks a page when it looks up the page's address, and remembers some thousand
// addresses (TLB): as long as it does, a touch marks nothing.
enum class ReferencesCleared {
    // What is touched from now on is marked, all of it. The processor was made to forget, for which
    // Linux has a way only together with setting back the soft-dirty marks: kernels that have those
    // (CONFIG_MEM_SOFT_DIRTY) take a fault at the first write to each page, and a tool that uses
    // them
    // (CRIU's incremental dumps) misses what was written before.
    exact,
    // What is touched all the time may be missing, some MiB for each CPU; nothing else changes.
    atLeast,
};

// Makes every page of the process one that was not referenced (/proc/PID/clear_refs, 1): 5 ms for
// 256 MiB. Says what was done, since a kernel may refuse exact.
// Errors (target): as readAddressSpace(), where the right to write is its user's and root's.
[[nodiscard]] Expected<ReferencesCleared>
clearReferenced(const ProcessIdentity& process,
                ReferencesCleared wanted = ReferencesCleared::exact);

// Sets the peak of its RSS (VmHWM) to what it has now (/proc/PID/clear_refs, 5; Linux 4.0). For
// everybody who reads it, and the old one is lost.
[[nodiscard]] Expected<void> resetPeak(const ProcessIdentity& process);

// What came of pageOut().
struct PageOut {
    std::uint64_t advisedBytes = 0; // of ranges that the kernel took; not what it could free
    std::uint64_t refusedBytes = 0; // of ranges it did not: locked, huge from the pool, of a device
    std::string refusal;            // why the first of those, one sentence; empty: none
    // Free when this began. With 0 (no swap, or a full one) anonymous and shared memory stays in
    // memory, whatever was advised.
    std::optional<std::uint64_t> swapFree;
};

// Asks the kernel to put out pages of the process now (process_madvise, MADV_PAGEOUT, Linux 5.10):
// anonymous and shared memory goes to swap, pages of files are dropped, or at least no longer
// mapped. Pages stay that another process maps too, that were written and are not in their file
// yet, or whose file we could not write. What the process touches again must be read again: it
// becomes slower until it has back what it needs.
//
// ranges: any order, best whole mappings: one that the kernel refuses is refused as a whole.
// Errors (target): the process ended; not permitted (CAP_SYS_NICE, and the right to trace the
// process); (failed): this kernel cannot.
[[nodiscard]] Expected<PageOut> pageOut(const ProcessIdentity& process,
                                        std::span<const AddressRange> ranges);

// Who would be hit by reclaimCgroup(), to be shown before it is asked for.
struct ReclaimScope {
    std::string cgroup;          // as in /proc/PID/cgroup
    std::uint64_t processes = 0; // in this cgroup itself; those of cgroups below are hit too
    std::optional<std::uint64_t> usage;
};

struct CgroupReclaim {
    ReclaimScope scope; // before
    std::optional<std::uint64_t> usageAfter;
    bool isComplete = false; // the kernel found as much as was asked for
};

// root stands before every path, as for readCgroupMemory().
// Errors (target): as openProcess(); (failed) its cgroup cannot be told to give back memory: it is
// of version 1, has no memory controller or the kernel is older than 5.19.
[[nodiscard]] Expected<ReclaimScope> reclaimScope(const ProcessIdentity& process,
                                                  const std::string& root = "");

// Makes the kernel take that many bytes away from every process in the cgroup of this one and below
// it, what was unused longest first (memory.reclaim). Needs the right to write there: root's, or
// the user's to whom the cgroup was delegated. May take seconds.
[[nodiscard]] Expected<CgroupReclaim>
reclaimCgroup(const ProcessIdentity& process, std::uint64_t bytes, const std::string& root = "");

} // namespace ringscope
