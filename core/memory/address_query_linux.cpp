// SPDX-License-Identifier: MIT
#include "core/memory/address_query.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>
#include <sys/ioctl.h>

#include "core/memory/proc_process.h"
#include "core/memory/text_index.h"

namespace ringscope {

namespace {

// struct procmap_query (include/uapi/linux/fs.h), which headers of Debian 12 lack.
struct QueryArgument {
    std::uint64_t size = sizeof(QueryArgument);
    std::uint64_t queryFlags = 0;
    std::uint64_t address = 0;
    std::uint64_t start = 0; // from here on out
    std::uint64_t end = 0;
    std::uint64_t flags = 0;
    std::uint64_t pageSize = 0;
    std::uint64_t offset = 0;
    std::uint64_t inode = 0;
    std::uint32_t deviceMajor = 0;
    std::uint32_t deviceMinor = 0;
    std::uint32_t nameSize = 0;    // in: room for it, 0: not wanted; out: with its final 0
    std::uint32_t buildIdSize = 0; // the same
    std::uint64_t name = 0;        // in: address of the room
    std::uint64_t buildId = 0;
};
static_assert(sizeof(QueryArgument) == 104);

constexpr unsigned long kProcmapQuery = _IOWR('f', 17, QueryArgument);
constexpr std::uint64_t kIsReadable = 0x1; // in queryFlags and flags
constexpr std::uint64_t kIsWritable = 0x2;
constexpr std::uint64_t kIsExecutable = 0x4;
constexpr std::uint64_t kIsShared = 0x8;
constexpr std::uint64_t kCoveringOrNext = 0x10;
constexpr std::uint64_t kFileBacked = 0x20;

std::uint64_t queryFlagsOf(MappingWanted wanted) {
    switch (wanted) {
    case MappingWanted::covering:
        return 0;
    case MappingWanted::coveringOrNext:
        return kCoveringOrNext;
    case MappingWanted::fileOrNext:
        break;
    }
    return kCoveringOrNext | kFileBacked;
}

// An errno, or 0.
int ask(int maps, QueryArgument& argument) {
    while (::ioctl(maps, kProcmapQuery, &argument) != 0) {
        if (errno != EINTR) {
            return errno;
        }
    }
    return 0;
}

// Room for what a query writes beside its argument. One thread.
class Question {
public:
    // An errno, or 0. ENOENT: there is no such mapping.
    int ask(int maps, std::uint64_t address, std::uint64_t queryFlags) {
        m_answer = QueryArgument{};
        m_answer.queryFlags = queryFlags;
        m_answer.address = address;
        m_answer.name = reinterpret_cast<std::uintptr_t>(m_name.data());
        m_answer.nameSize = static_cast<std::uint32_t>(m_name.size());
        m_answer.buildId = reinterpret_cast<std::uintptr_t>(m_buildId.data());
        m_answer.buildIdSize = static_cast<std::uint32_t>(m_buildId.size());
        const QueryArgument asked = m_answer;
        int error = ringscope::ask(maps, m_answer);
        if (error == ENAMETOOLONG) { // a path that does not fit into PATH_MAX has no name in maps
            m_answer = asked;
            m_answer.nameSize = 0;
            m_answer.name = 0;
            error = ringscope::ask(maps, m_answer);
        }
        return error;
    }

    [[nodiscard]] MemoryRegion region() const {
        MemoryRegion region;
        region.start = m_answer.start;
        region.end = m_answer.end;
        region.offset = m_answer.offset;
        region.inode = m_answer.inode;
        region.deviceMajor = m_answer.deviceMajor;
        region.deviceMinor = m_answer.deviceMinor;
        region.isReadable = (m_answer.flags & kIsReadable) != 0;
        region.isWritable = (m_answer.flags & kIsWritable) != 0;
        region.isExecutable = (m_answer.flags & kIsExecutable) != 0;
        region.isSharedMapping = (m_answer.flags & kIsShared) != 0;
        return region;
    }
    // As the text has it: a newline is \012 there.
    [[nodiscard]] std::string name() const {
        const auto size = std::min<std::size_t>(m_answer.nameSize, m_name.size());
        const std::string_view raw = std::string_view(m_name.data(), size);
        std::string name;
        for (const char c : raw.substr(0, raw.find('\0'))) {
            if (c == '\n') {
                name += "\\012";
            } else {
                name += c;
            }
        }
        return name;
    }
    [[nodiscard]] std::string buildId() const {
        constexpr std::string_view kDigits = "0123456789abcdef";
        std::string digits;
        const auto size = std::min<std::size_t>(m_answer.buildIdSize, m_buildId.size());
        for (std::size_t i = 0; i < size; ++i) {
            digits += kDigits[m_buildId[i] >> 4U];
            digits += kDigits[m_buildId[i] & 0xfU];
        }
        return digits;
    }

private:
    QueryArgument m_answer;
    std::array<char, 4096> m_name{};          // PATH_MAX, which the kernel does not exceed
    std::array<std::uint8_t, 64> m_buildId{}; // 20 bytes or fewer
};

} // namespace

Expected<AddressQuery> AddressQuery::open(const ProcessIdentity& process,
                                          std::optional<MappingSource> source) {
    const auto directory = proc::openProcess(process);
    if (!directory) {
        return directory.error();
    }
    AddressQuery query;
    query.m_pid = process.pid;
    query.m_maps = proc::openFile(directory->directory, "maps");
    if (!query.m_maps.isOpen()) {
        return proc::readError(process.pid, "maps", errno);
    }
    query.m_source = source.value_or(MappingSource::query);
    if (query.m_source == MappingSource::text) {
        return query;
    }
    QueryArgument probe;
    probe.queryFlags = kCoveringOrNext;
    const int error = ask(query.m_maps.get(), probe);
    if (error != ENOTTY && error != EINVAL) {
        return query;
    }
    if (source) {
        return makeError(ErrorKind::failed, "this kernel cannot be asked for single mappings "
                                            "(PROCMAP_QUERY, Linux 6.11): read them from maps");
    }
    query.m_source = MappingSource::text;
    return query;
}

Expected<MemoryMap> AddressQuery::readText() const {
    constexpr std::uint64_t kKernelHalf = std::uint64_t{1} << 63U;
    auto map = proc::readMap(m_pid, m_maps.get(), "maps");
    if (map) {
        std::erase_if(map->regions,
                      [](const MemoryRegion& region) { return region.start >= kKernelHalf; });
    }
    return map;
}

Expected<std::optional<Mapping>> AddressQuery::find(std::uint64_t address,
                                                    MappingWanted wanted) const {
    if (m_source == MappingSource::query) {
        Question question;
        const int error = question.ask(m_maps.get(), address, queryFlagsOf(wanted));
        if (error == 0) {
            return std::optional(Mapping{question.region(), question.name(), question.buildId()});
        }
        if (error == ENOENT) {
            return std::optional<Mapping>();
        }
        return error == ESRCH ? proc::addressSpaceGone(m_pid, "before its memory map was read")
                              : proc::readError(m_pid, "maps", error);
    }
    const auto map = readText();
    if (!map) {
        return map.error();
    }
    const auto found =
        std::find_if(map->regions.begin(), map->regions.end(), [&](const MemoryRegion& region) {
            return region.end > address &&
                   (wanted != MappingWanted::fileOrNext || region.inode != 0);
        });
    if (found == map->regions.end() ||
        (wanted == MappingWanted::covering && found->start > address)) {
        return std::optional<Mapping>();
    }
    Mapping mapping{*found, std::string(map->nameOf(*found)), ""};
    mapping.region.name = 0;
    return std::optional(std::move(mapping));
}

Expected<QueriedMap> AddressQuery::walk() const {
    QueriedMap queried;
    queried.source = m_source;
    if (m_source == MappingSource::text) {
        auto map = readText();
        if (!map) {
            return map.error();
        }
        queried.map = std::move(map).value();
        queried.buildIds.resize(queried.map.regions.size());
        return queried;
    }
    Question question;
    TextIndex names;
    auto& regions = queried.map.regions;
    for (;;) {
        const std::uint64_t address = regions.empty() ? 0 : regions.back().end;
        const int error = question.ask(m_maps.get(), address, kCoveringOrNext);
        if (error == ENOENT) {
            return queried;
        }
        if (error == ESRCH) {
            return proc::addressSpaceGone(m_pid, "while its memory map was read");
        }
        if (error != 0) {
            return proc::readError(m_pid, "maps", error);
        }
        MemoryRegion region = question.region();
        // One that was moved meanwhile may begin below what was read already.
        region.start = std::max(region.start, address);
        if (region.start >= region.end) {
            return proc::readError(m_pid, "maps", EIO);
        }
        queried.buildIds.push_back(question.buildId());
        region.name = names.indexOf(question.name(), queried.map.names,
                                    regions.empty() ? 0 : regions.back().name);
        regions.push_back(region);
    }
}

} // namespace ringscope
