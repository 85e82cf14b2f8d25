// SPDX-License-Identifier: MIT
#include "core/memory/smaps_parser.h"

#include <array>
#include <limits>
#include <utility>

#include "core/memory/proc_text.h"

namespace ringscope {

namespace {

struct SizeField {
    std::string_view key;
    std::uint64_t MemoryRegion::*member;
};

// In the order of Linux 6.18 (fs/proc/task_mmu.c), without which the next field is merely searched
// for. Size follows from the addresses; it and MMUPageSize are passed over.
constexpr std::array kSizeFields = {
    SizeField{"Size", nullptr},
    SizeField{"KernelPageSize", &MemoryRegion::pageSize},
    SizeField{"MMUPageSize", nullptr},
    SizeField{"Rss", &MemoryRegion::rss},
    SizeField{"Pss", &MemoryRegion::pss},
    SizeField{"Pss_Dirty", &MemoryRegion::pssDirty},
    SizeField{"Shared_Clean", &MemoryRegion::sharedClean},
    SizeField{"Shared_Dirty", &MemoryRegion::sharedDirty},
    SizeField{"Private_Clean", &MemoryRegion::privateClean},
    SizeField{"Private_Dirty", &MemoryRegion::privateDirty},
    SizeField{"Referenced", &MemoryRegion::referenced},
    SizeField{"Anonymous", &MemoryRegion::anonymous},
    SizeField{"KSM", &MemoryRegion::ksm},
    SizeField{"LazyFree", &MemoryRegion::lazyFree},
    SizeField{"AnonHugePages", &MemoryRegion::anonHugePages},
    SizeField{"ShmemPmdMapped", &MemoryRegion::shmemPmdMapped},
    SizeField{"FilePmdMapped", &MemoryRegion::filePmdMapped},
    SizeField{"Shared_Hugetlb", &MemoryRegion::sharedHugetlb},
    SizeField{"Private_Hugetlb", &MemoryRegion::privateHugetlb},
    SizeField{"Swap", &MemoryRegion::swap},
    SizeField{"SwapPss", &MemoryRegion::swapPss},
    SizeField{"Locked", &MemoryRegion::locked},
};

// Field names begin with a capital letter, addresses are lower-case hexadecimal.
bool isHeader(std::string_view line) {
    return !line.empty() &&
           ((line[0] >= '0' && line[0] <= '9') || (line[0] >= 'a' && line[0] <= 'f'));
}

// Cuts "text" off up to the separator, which goes too.
std::optional<std::uint64_t> takeHex(std::string_view& text, char separator) {
    const auto end = text.find(separator);
    if (end == std::string_view::npos) {
        return std::nullopt;
    }
    const auto value = proc::parseUnsigned(text.substr(0, end), 16);
    text.remove_prefix(end + 1);
    return value;
}

bool parseProtection(std::string_view word, MemoryRegion& region) {
    if (word.size() != 4 || (word[3] != 'p' && word[3] != 's')) {
        return false;
    }
    region.isReadable = word[0] == 'r';
    region.isWritable = word[1] == 'w';
    region.isExecutable = word[2] == 'x';
    region.isSharedMapping = word[3] == 's';
    return true;
}

// "7f0000000000-7f0000001000 rw-s 00000000 00:1a 42    /dev/shm/ring"; rest is left with the name.
std::optional<MemoryRegion> parseHeader(std::string_view& rest) {
    MemoryRegion region;
    const auto start = takeHex(rest, '-');
    const auto end = takeHex(rest, ' ');
    const bool hasProtection = parseProtection(proc::takeWord(rest), region);
    const auto offset = proc::parseUnsigned(proc::takeWord(rest), 16);
    std::string_view device = proc::takeWord(rest);
    const auto major = takeHex(device, ':');
    const auto minor = proc::parseUnsigned(device, 16);
    const auto inode = proc::parseUnsigned(proc::takeWord(rest));
    constexpr std::uint64_t kMaxDevice = std::numeric_limits<std::uint32_t>::max();
    if (!start || !end || *start >= *end || !hasProtection || !offset || !major || !minor ||
        *major > kMaxDevice || *minor > kMaxDevice || !inode) {
        return std::nullopt;
    }
    region.start = *start;
    region.end = *end;
    region.offset = *offset;
    region.deviceMajor = static_cast<std::uint32_t>(*major);
    region.deviceMinor = static_cast<std::uint32_t>(*minor);
    region.inode = *inode;
    const auto name = rest.find_first_not_of(' ');
    rest.remove_prefix(name == std::string_view::npos ? rest.size() : name);
    return region;
}

} // namespace

void SmapsParser::feed(std::string_view piece) {
    if (!m_partialLine.empty()) {
        const auto end = piece.find('\n');
        m_partialLine.append(piece.substr(0, end));
        if (end == std::string_view::npos) {
            return;
        }
        takeLine(m_partialLine);
        m_partialLine.clear();
        piece.remove_prefix(end + 1);
    }
    const auto last = piece.rfind('\n');
    const auto whole = last == std::string_view::npos ? 0 : last + 1;
    m_partialLine = piece.substr(whole);
    piece = piece.substr(0, whole);
    while (!piece.empty()) {
        takeLine(proc::takeLine(piece));
    }
}

MemoryMap SmapsParser::finish() {
    if (!m_partialLine.empty()) {
        takeLine(m_partialLine);
    }
    MemoryMap map = std::move(m_map);
    *this = SmapsParser();
    return map;
}

void SmapsParser::takeLine(std::string_view line) {
    if (isHeader(line)) {
        takeHeader(line);
    } else {
        takeField(line);
    }
}

void SmapsParser::takeHeader(std::string_view line) {
    m_nextField = 0;
    auto region = parseHeader(line);
    m_isInRegion = region && (m_map.regions.empty() || m_map.regions.back().end <= region->start);
    if (!m_isInRegion) {
        ++m_map.malformedLines;
        return;
    }
    const auto lastName = m_map.regions.empty() ? 0 : m_map.regions.back().name;
    region->name = m_nameIndex.indexOf(line, m_map.names, lastName);
    m_map.regions.push_back(*region);
}

void SmapsParser::takeField(std::string_view line) {
    if (!m_isInRegion) { // its header was counted
        m_map.malformedLines += line.find(':') == std::string_view::npos ? 1U : 0U;
        return;
    }
    for (std::size_t tried = 0; tried < kSizeFields.size(); ++tried) {
        const std::size_t at = (m_nextField + tried) % kSizeFields.size();
        const auto& [key, member] = kSizeFields[at];
        if (line.size() <= key.size() || line[key.size()] != ':' || !line.starts_with(key)) {
            continue;
        }
        m_nextField = at + 1;
        const auto bytes = proc::parseKilobytes(line.substr(key.size() + 1));
        m_map.malformedLines += bytes ? 0U : 1U;
        if (member != nullptr) {
            m_map.regions.back().*member = bytes.value_or(0);
        }
        return;
    }
    takeOtherField(line);
}

void SmapsParser::takeOtherField(std::string_view line) {
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) {
        ++m_map.malformedLines;
        return;
    }
    std::string_view rest = line.substr(colon + 1);
    if (line.substr(0, colon) == "VmFlags") {
        const auto first = rest.find_first_not_of(' ');
        const auto last = rest.find_last_not_of(' ');
        rest = first == std::string_view::npos ? "" : rest.substr(first, last - first + 1);
        const auto size = m_map.regions.size();
        const auto lastFlags = size < 2 ? 0 : m_map.regions[size - 2].flags;
        m_map.regions.back().flags = m_flagsIndex.indexOf(rest, m_map.flags, lastFlags);
    }
}

MemoryMap parseSmaps(std::string_view text) {
    SmapsParser parser;
    parser.feed(text);
    return parser.finish();
}

} // namespace ringscope
