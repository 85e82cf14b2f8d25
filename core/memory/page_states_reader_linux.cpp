// SPDX-License-Identifier: MIT
#include "core/memory/page_states_reader.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <string>
#include <sys/ioctl.h>
#include <unistd.h>

#include "core/memory/proc_pagemap.h"
#include "core/memory/proc_process.h"

namespace ringscope {

namespace {

constexpr unsigned long kPagemapScan = _IOWR('f', 16, proc::ScanArgument);
constexpr std::uint64_t kIsSomePage =
    proc::kPageIsPresent | proc::kPageIsSwapped | proc::kPageIsGuard;
constexpr std::uint64_t kReportedCategories =
    kIsSomePage | proc::kPageIsFile | proc::kPageIsZero | proc::kPageIsHuge;
// The kernel holds a lock of the process's address space during a scan, so no more pages at a time:
// 64 MiB, 1 ms.
constexpr std::uint64_t kPagesPerScan = 16384;
constexpr std::size_t kRegionsPerScan = 512;
constexpr std::size_t kEntriesPerRead = 8192;

std::uint64_t pageSize() {
    static const auto size = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    return size;
}

// ioctl() on the file; an errno, or 0.
int scan(int pagemap, bool knowsGuards, proc::ScanArgument& argument, std::size_t& found) {
    const std::uint64_t mask = knowsGuards ? ~std::uint64_t{0} : ~proc::kPageIsGuard;
    argument.anyOfMask = kIsSomePage & mask;
    argument.returnMask = kReportedCategories & mask;
    for (;;) {
        const int got = ::ioctl(pagemap, kPagemapScan, &argument);
        if (got >= 0) {
            found = static_cast<std::size_t>(got);
            return 0;
        }
        if (errno != EINTR) {
            return errno;
        }
    }
}

// What of the ioctl this kernel knows: with guards, without, not at all.
struct ScanSupport {
    bool isThere = false;
    bool knowsGuards = false;
};
ScanSupport probeScan(int pagemap) {
    proc::ScanArgument nothing; // an empty range
    std::size_t found = 0;
    if (scan(pagemap, true, nothing, found) == 0) {
        return {true, true};
    }
    return {scan(pagemap, false, nothing, found) == 0, false};
}

std::vector<AddressRange> wholePages(std::span<const AddressRange> ranges) {
    constexpr std::uint64_t kKernelHalf = std::uint64_t{1} << 63U;
    const std::uint64_t inPage = pageSize() - 1;
    std::vector<AddressRange> whole;
    [[maybe_unused]] std::uint64_t last = 0;
    for (const AddressRange& range : ranges) {
        assert(last <= range.start && range.start <= range.end);
        last = range.end;
        const std::uint64_t start = range.start & ~inPage;
        const std::uint64_t end = (std::min(range.end, kKernelHalf) + inPage) & ~inPage;
        if (range.start == range.end || start >= end) {
            continue;
        }
        if (!whole.empty() && start <= whole.back().end) {
            whole.back().end = end;
        } else {
            whole.push_back({start, end});
        }
    }
    return whole;
}

// One reading of states: what it may cost still, and what it found so far.
class Reading {
public:
    Reading(int pagemap, bool knowsGuards, const PageLimits& limits, PageStates& states)
        : m_pagemap(pagemap)
        , m_knowsGuards(knowsGuards)
        , m_pagesLeft(limits.maxPages)
        , m_maxRuns(limits.maxRuns)
        , m_states(states) {}

    // Each reads on from states.knownEnd to the end of the range, or until a limit; an errno, or 0.
    int scanTo(std::uint64_t end, PageDetail detail);
    int readEntriesTo(std::uint64_t end);

    [[nodiscard]] bool isFull() const { return m_isFull; }

private:
    int addScanned(const proc::ScannedRegion& region, PageDetail detail);
    int addWithExclusive(const proc::ScannedRegion& region, const PageFlags& flags);
    // Entries from the page of this address on, at most as many as fit; 0 of them: the end.
    int readEntries(std::uint64_t address, std::uint64_t pages, std::size_t& got);
    void add(std::uint64_t start, std::uint64_t end, const PageFlags& flags);

    int m_pagemap;
    bool m_knowsGuards;
    std::uint64_t m_pagesLeft;
    std::size_t m_maxRuns;
    PageStates& m_states;
    bool m_isFull = false;
    std::array<proc::ScannedRegion, kRegionsPerScan> m_regions{};
    std::array<std::uint64_t, kEntriesPerRead> m_entries{};
};

int Reading::scanTo(std::uint64_t end, PageDetail detail) {
    while (m_states.knownEnd < end && !m_isFull) {
        if (m_pagesLeft == 0) {
            m_isFull = true;
            return 0;
        }
        proc::ScanArgument argument;
        argument.start = m_states.knownEnd;
        argument.end = end;
        argument.regions = reinterpret_cast<std::uintptr_t>(m_regions.data());
        argument.regionCount = m_regions.size();
        argument.maxPages = std::min(m_pagesLeft, kPagesPerScan);
        std::size_t found = 0;
        if (const int error = scan(m_pagemap, m_knowsGuards, argument, found); error != 0) {
            return error;
        }
        if (argument.walkEnd <= m_states.knownEnd || found > m_regions.size()) {
            return EIO; // of a kernel that does not do what it says
        }
        for (std::size_t i = 0; i < found && !m_isFull; ++i) {
            if (const int error = addScanned(m_regions[i], detail); error != 0) {
                return error;
            }
        }
        if (!m_isFull) {
            m_states.knownEnd = argument.walkEnd;
        }
    }
    return 0;
}

int Reading::addScanned(const proc::ScannedRegion& region, PageDetail detail) {
    const std::uint64_t pages = (region.end - region.start) / pageSize();
    m_pagesLeft -= std::min(pages, m_pagesLeft);
    const PageFlags flags = proc::flagsOfCategories(region.categories);
    if (detail == PageDetail::statesAndExclusive && flags.isPresent && !flags.isZero) {
        return addWithExclusive(region, flags);
    }
    add(region.start, region.end, flags);
    return 0;
}

int Reading::addWithExclusive(const proc::ScannedRegion& region, const PageFlags& flags) {
    std::uint64_t at = region.start;
    while (at < region.end && !m_isFull) {
        std::size_t got = 0;
        const int error = readEntries(at, (region.end - at) / pageSize(), got);
        if (error != 0) {
            return error;
        }
        if (got == 0) {
            return ESRCH; // it was there a moment ago
        }
        for (std::size_t i = 0; i < got && !m_isFull; ++i, at += pageSize()) {
            PageFlags withExclusive = flags;
            withExclusive.isExclusive = proc::flagsOfPagemapEntry(m_entries[i]).isExclusive;
            add(at, at + pageSize(), withExclusive);
        }
    }
    return 0;
}

int Reading::readEntriesTo(std::uint64_t end) {
    while (m_states.knownEnd < end && !m_isFull) {
        if (m_pagesLeft == 0) {
            m_isFull = true;
            return 0;
        }
        std::uint64_t at = m_states.knownEnd;
        std::size_t got = 0;
        const auto pages = std::min((end - at) / pageSize(), m_pagesLeft);
        if (const int error = readEntries(at, pages, got); error != 0) {
            return error;
        }
        if (got == 0) { // above what a process can have, or it ended: the caller asks
            m_states.knownEnd = end;
            return 0;
        }
        m_pagesLeft -= got;
        for (std::size_t i = 0; i < got && !m_isFull; ++i, at += pageSize()) {
            const PageFlags flags = proc::flagsOfPagemapEntry(m_entries[i]);
            if (flags != PageFlags{}) {
                add(at, at + pageSize(), flags);
            }
        }
        if (!m_isFull) {
            m_states.knownEnd = at;
        }
    }
    return 0;
}

int Reading::readEntries(std::uint64_t address, std::uint64_t pages, std::size_t& got) {
    constexpr std::size_t kEntry = sizeof(std::uint64_t);
    const auto wanted = std::min<std::uint64_t>(pages, m_entries.size()) * kEntry;
    for (;;) {
        const ssize_t bytes = ::pread(m_pagemap, m_entries.data(), wanted,
                                      static_cast<off_t>(address / pageSize() * kEntry));
        if (bytes >= 0) {
            got = static_cast<std::size_t>(bytes) / kEntry;
            return 0;
        }
        if (errno != EINTR) {
            return errno;
        }
    }
}

void Reading::add(std::uint64_t start, std::uint64_t end, const PageFlags& flags) {
    auto& runs = m_states.runs;
    if (!runs.empty() && runs.back().end == start && runs.back().flags == flags) {
        runs.back().end = end;
    } else if (runs.size() < m_maxRuns) {
        runs.push_back({start, end, flags});
    } else {
        m_isFull = true;
        m_states.knownEnd = start;
    }
}

PageFlags knownFlags(PageSource source, PageDetail detail, bool knowsGuards) {
    PageFlags known;
    known.isPresent = known.isSwapped = known.isFile = true;
    known.isZero = known.isHuge = source == PageSource::scan;
    known.isExclusive = source == PageSource::pagemap || detail == PageDetail::statesAndExclusive;
    known.isGuard = knowsGuards;
    return known;
}

} // namespace

Expected<PageStatesReader> PageStatesReader::open(const ProcessIdentity& process,
                                                  std::optional<PageSource> source) {
    const auto directory = proc::openProcess(process);
    if (!directory) {
        return directory.error();
    }
    PageStatesReader reader;
    reader.m_pid = process.pid;
    reader.m_pagemap = proc::openFile(directory->directory, "pagemap");
    if (!reader.m_pagemap.isOpen()) {
        return proc::readError(process.pid, "pagemap", errno);
    }
    if (source == PageSource::pagemap) {
        reader.m_source = PageSource::pagemap;
        return reader;
    }
    const ScanSupport support = probeScan(reader.m_pagemap.get());
    if (!support.isThere && source == PageSource::scan) {
        return makeError(ErrorKind::failed, "this kernel cannot scan the pages of a process "
                                            "(PAGEMAP_SCAN, Linux 6.7): read them from pagemap");
    }
    reader.m_source = support.isThere ? PageSource::scan : PageSource::pagemap;
    reader.m_knowsGuards = support.knowsGuards || !support.isThere;
    return reader;
}

Expected<PageStates> PageStatesReader::read(std::span<const AddressRange> ranges,
                                            const PageLimits& limits, PageDetail detail) const {
    PageStates states;
    states.source = m_source;
    states.known = knownFlags(m_source, detail, m_knowsGuards);
    states.ranges = wholePages(ranges);
    Reading reading(m_pagemap.get(), m_knowsGuards, limits, states);
    for (const AddressRange& range : states.ranges) {
        states.knownEnd = range.start;
        const int error = m_source == PageSource::scan ? reading.scanTo(range.end, detail)
                                                       : reading.readEntriesTo(range.end);
        if (error == ESRCH) {
            break; // asked for below
        }
        if (error != 0) {
            return proc::readError(m_pid, "page states", error);
        }
        if (reading.isFull()) {
            break;
        }
    }
    // The address space of a process that ended or started another program has no pages, which
    // looks like pages that were never touched. The descriptor names the address space, so when it
    // can be read now it could all along.
    std::uint64_t entry = 0;
    if (::pread(m_pagemap.get(), &entry, sizeof entry, 0) != sizeof entry) {
        return proc::addressSpaceGone(m_pid, "while its pages were read");
    }
    return states;
}

} // namespace ringscope
