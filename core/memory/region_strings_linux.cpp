// SPDX-License-Identifier: MIT
#include "core/memory/region_strings.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>
#include <unistd.h>

#include "core/memory/page_states_reader.h"
#include "core/memory/proc_process.h"

namespace ringscope {

namespace {

constexpr std::uint64_t kPieceSize = std::uint64_t{256} << 10U;
// Looked up at a time: few, so that little changes until they are read.
constexpr PageLimits kLookUp{256, 4096};

// Reads /proc/PID/mem rather than by process_vm_readv(), which takes a pid: the descriptor means
// the address space it was opened for. Both read the pages the same way, and without stopping
// anybody.
class Search {
public:
    Search(PageStatesReader pages, FileDescriptor memory, const StringRules& rules,
           const StringSearchLimits& limits)
        : m_pages(std::move(pages))
        , m_memory(std::move(memory))
        , m_limits(limits)
        , m_finder(rules)
        , m_piece(kPieceSize, '\0') {}

    // Until its end or a limit.
    Expected<void> takeRange(const AddressRange& range);
    [[nodiscard]] bool isOver() const { return m_result.end != SearchEnd::complete; }
    Expected<RegionStrings> finish(std::int32_t pid);

private:
    void takeRun(const PageRun& run);
    void countLookedAt(const AddressRange& range);

    PageStatesReader m_pages;
    FileDescriptor m_memory;
    StringSearchLimits m_limits; // what is left of them
    StringFinder m_finder;
    std::string m_piece;
    RegionStrings m_result;
};

Expected<void> Search::takeRange(const AddressRange& range) {
    m_result.searchedEnd = range.start;
    while (m_result.searchedEnd < range.end && !isOver()) {
        if (m_limits.maxPages == 0) {
            m_result.end = SearchEnd::tooManyPages;
            break;
        }
        const std::array rest{AddressRange{m_result.searchedEnd, range.end}};
        const auto states = m_pages.read(rest, kLookUp);
        if (!states) {
            return states.error();
        }
        for (const PageRun& run : states->runs) {
            if (run.flags.isSwapped) {
                m_result.swappedBytes += run.end - run.start;
            }
            if (run.flags.isPresent && !run.flags.isZero && !isOver()) {
                takeRun(
                    {std::max(run.start, range.start), std::min(run.end, range.end), run.flags});
            }
        }
        if (!isOver()) {
            const std::uint64_t known = states->isCut() ? states->knownEnd : range.end;
            countLookedAt({m_result.searchedEnd, known});
            m_result.searchedEnd = known;
        }
    }
    return {};
}

void Search::takeRun(const PageRun& run) {
    const auto pageSize = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    std::uint64_t at = run.start;
    while (at < run.end && !isOver()) {
        if (m_limits.maxBytes == 0) {
            m_result.end = SearchEnd::tooManyBytes;
            m_result.searchedEnd = at;
            return;
        }
        const auto wanted = std::min({run.end - at, m_limits.maxBytes, kPieceSize});
        const ssize_t got = ::pread(m_memory.get(), m_piece.data(), wanted, static_cast<off_t>(at));
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) { // that it ended is found out at the end
            const std::uint64_t next = std::min(run.end, at / pageSize * pageSize + pageSize);
            m_result.unreadableBytes += next - at;
            at = next;
            continue;
        }
        const auto size = static_cast<std::size_t>(got);
        m_finder.feed(at, std::string_view(m_piece).substr(0, size));
        m_result.readBytes += size;
        m_limits.maxBytes -= size;
        at += size;
        if (m_finder.isCut()) {
            m_result.end = SearchEnd::tooManyStrings;
            m_result.searchedEnd = at;
        }
    }
}

// A scan passes over what is not there, so that only pagemap has to be limited.
void Search::countLookedAt(const AddressRange& range) {
    if (m_pages.source() == PageSource::pagemap) {
        const auto pageSize = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
        m_limits.maxPages -= std::min(m_limits.maxPages, range.size() / pageSize);
    }
}

Expected<RegionStrings> Search::finish(std::int32_t pid) {
    m_result.strings = m_finder.finish();
    if (m_finder.isCut()) {
        m_result.end = SearchEnd::tooManyStrings;
        if (!m_result.strings.empty()) { // who searches on from there misses none
            const FoundString& last = m_result.strings.back();
            m_result.searchedEnd = last.address + last.size;
        }
    }
    // What is left of a process that ended reads as nothing, whatever the address; address 0, where
    // nothing is mapped, reads as an error while it lives.
    char byte = 0;
    if (::pread(m_memory.get(), &byte, 1, 0) == 0) {
        return proc::addressSpaceGone(pid, "while its memory was searched");
    }
    return std::move(m_result);
}

} // namespace

Expected<RegionStrings> findStrings(const ProcessIdentity& process,
                                    std::span<const AddressRange> ranges, const StringRules& rules,
                                    const StringSearchLimits& limits,
                                    std::optional<PageSource> source) {
    const auto directory = proc::openProcess(process);
    if (!directory) {
        return directory.error();
    }
    auto pages = PageStatesReader::open(directory->identity, source);
    if (!pages) {
        return pages.error();
    }
    FileDescriptor memory = proc::openFile(directory->directory, "mem");
    if (!memory.isOpen()) {
        return proc::readError(process.pid, "memory", errno);
    }
    Search search(std::move(pages).value(), std::move(memory), rules, limits);
    for (const AddressRange& range : ranges) {
        if (search.isOver()) {
            break;
        }
        const auto taken = search.takeRange(range);
        if (!taken) {
            return taken.error();
        }
    }
    return search.finish(process.pid);
}

} // namespace ringscope
