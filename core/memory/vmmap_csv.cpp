// SPDX-License-Identifier: MIT
#include "core/memory/vmmap_csv.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

namespace ringscope {

namespace {

using std::string_view;

void appendUtf8(std::string& text, std::uint32_t code) {
    const auto add = [&text](std::uint32_t byte) { text += static_cast<char>(byte & 0xffU); };
    if (code < 0x80) {
        add(code);
    } else if (code < 0x800) {
        add(0xc0U | code >> 6U);
        add(0x80U | (code & 0x3fU));
    } else if (code < 0x10000) {
        add(0xe0U | code >> 12U);
        add(0x80U | (code >> 6U & 0x3fU));
        add(0x80U | (code & 0x3fU));
    } else {
        add(0xf0U | code >> 18U);
        add(0x80U | (code >> 12U & 0x3fU));
        add(0x80U | (code >> 6U & 0x3fU));
        add(0x80U | (code & 0x3fU));
    }
}

std::uint32_t byteAt(string_view text, std::size_t index) {
    return static_cast<unsigned char>(text[index]);
}

std::string fromUtf16(string_view bytes) {
    std::string text;
    for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) {
        std::uint32_t code = byteAt(bytes, i) | byteAt(bytes, i + 1) << 8U;
        if (code >= 0xd800 && code < 0xe000) { // half a pair, or a pair with the next
            const std::uint32_t low =
                i + 3 < bytes.size() ? byteAt(bytes, i + 2) | byteAt(bytes, i + 3) << 8U : 0;
            const bool isPair = code < 0xdc00 && low >= 0xdc00 && low < 0xe000;
            code = isPair ? 0x10000 + ((code - 0xd800) << 10U) + (low - 0xdc00) : 0xfffd;
            i += isPair ? 2U : 0U;
        }
        appendUtf8(text, code);
    }
    return text;
}

// Lead and continuation bytes only: what tells UTF-8 from a code page.
bool isUtf8(string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        const std::uint32_t lead = byteAt(text, i);
        const int more = lead < 0x80 ? 0 : lead < 0xc2 ? -1 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
        if (more < 0 || lead > 0xf4) {
            return false;
        }
        for (int k = 0; k < more; ++k) {
            if (++i == text.size() || (byteAt(text, i) & 0xc0U) != 0x80) {
                return false;
            }
        }
    }
    return true;
}

// Of the code page's signs that are not Latin-1, only the apostrophe parts thousands; the others
// become the replacement character.
std::string fromWindows1252(string_view bytes) {
    std::string text;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const std::uint32_t code = byteAt(bytes, i);
        appendUtf8(text, code == 0x92 ? 0x2019 : code >= 0x80 && code < 0xa0 ? 0xfffd : code);
    }
    return text;
}

std::string toUtf8(string_view bytes) {
    if (bytes.starts_with("\xff\xfe")) {
        return fromUtf16(bytes.substr(2));
    }
    if (bytes.starts_with("\xef\xbb\xbf")) {
        bytes.remove_prefix(3);
    }
    return isUtf8(bytes) ? std::string(bytes) : fromWindows1252(bytes);
}

struct Row {
    std::vector<std::string> fields;
    std::uint64_t line = 0;
};

// One row of RFC 4180 at a time; quotes may be missing, as of a file that was saved again.
class Rows {
public:
    explicit Rows(string_view text)
        : m_text(text) {}

    std::optional<Row> next() {
        if (m_at >= m_text.size()) {
            return std::nullopt;
        }
        Row row;
        row.line = m_line;
        for (bool isLast = false; !isLast;) {
            row.fields.push_back(field());
            isLast = m_at >= m_text.size() || m_text[m_at] != ',';
            m_at += isLast ? 0U : 1U;
        }
        m_at += m_at < m_text.size() && m_text[m_at] == '\r' ? 1U : 0U;
        if (m_at < m_text.size() && m_text[m_at] == '\n') {
            ++m_at;
            ++m_line;
        }
        return row;
    }

private:
    std::string field() {
        std::string value;
        bool isQuoted = false;
        for (; m_at < m_text.size(); ++m_at) {
            const char c = m_text[m_at];
            if (c == '"') {
                const bool isDouble =
                    isQuoted && m_at + 1 < m_text.size() && m_text[m_at + 1] == '"';
                if (!isDouble) {
                    isQuoted = !isQuoted;
                    continue;
                }
                ++m_at;
            } else if (!isQuoted && (c == ',' || c == '\n' || isLineEnd())) {
                break;
            }
            m_line += c == '\n' ? 1U : 0U;
            value += c;
        }
        return value;
    }
    [[nodiscard]] bool isLineEnd() const {
        return m_text[m_at] == '\r' && m_at + 1 < m_text.size() && m_text[m_at + 1] == '\n';
    }

    string_view m_text;
    std::size_t m_at = 0;
    std::uint64_t m_line = 1;
};

// Length of what parts thousands at the start of a text: , . ' space, no-break spaces, ’.
std::size_t separatorLength(string_view text) {
    for (const string_view separator :
         {",", ".", "'", " ", "\xc2\xa0", "\xe2\x80\xaf", "\xe2\x80\x99"}) {
        if (text.starts_with(separator)) {
            return separator.size();
        }
    }
    return 0;
}

// Whole KB as bytes; blank is 0. The last group has three digits (that tells a fraction), the
// others two or three, as in India.
std::optional<std::uint64_t> parseKilobytes(string_view text) {
    constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max() / 1024;
    while (!text.empty() && text.front() == ' ') {
        text.remove_prefix(1);
    }
    std::uint64_t value = 0;
    std::size_t group = 0;
    bool isParted = false;
    if (text.empty()) {
        return 0;
    }
    while (!text.empty()) {
        if (text[0] >= '0' && text[0] <= '9') {
            const auto digit = static_cast<std::uint64_t>(text[0] - '0');
            if (value > (kMost - digit) / 10) {
                return std::nullopt;
            }
            value = value * 10 + digit;
            ++group;
            text.remove_prefix(1);
            continue;
        }
        const std::size_t length = separatorLength(text);
        if (length == 0 || group == 0 || group > 3 || (isParted && group < 2)) {
            return std::nullopt;
        }
        isParted = true;
        group = 0;
        text.remove_prefix(length);
    }
    return isParted && group != 3 ? std::nullopt : std::optional(value * 1024);
}

std::optional<std::uint64_t> parseAddress(string_view text) {
    while (text.starts_with(' ')) {
        text.remove_prefix(1);
    }
    if (text.starts_with("0x")) {
        text.remove_prefix(2);
    }
    std::uint64_t value = 0;
    if (text.empty() || text.size() > 16) {
        return std::nullopt;
    }
    for (const char c : text) {
        const auto digit = string_view("0123456789abcdef")
                               .find(c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c);
        if (digit == string_view::npos) {
            return std::nullopt;
        }
        value = value << 4U | digit;
    }
    return value;
}

MemoryType typeOf(string_view name) {
    if (const auto paren = name.find(" ("); paren != string_view::npos) { // "Image (ASLR)"
        name = name.substr(0, paren);
    }
    return name == "Unusable" ? MemoryType::reserved
                              : memoryTypeFromName(name).value_or(MemoryType::unknown);
}

enum Column : std::size_t {
    kAddress,
    kType,
    kSize,
    kCommitted,
    kPrivate,
    kTotalWs,
    kPrivateWs,
    kShareableWs,
    kSharedWs,
    kLockedWs,
    kProtection,
    kDetails,
    kColumnCount,
};
constexpr std::array<string_view, kColumnCount> kColumnNames = {
    "Address",    "Type",         "Size",      "Committed", "Private",    "Total WS",
    "Private WS", "Shareable WS", "Shared WS", "Locked WS", "Protection", "Details",
};
constexpr std::size_t kNoField = std::numeric_limits<std::size_t>::max();

// One region, and what VMMap says of it that a region of ours does not hold.
struct Block {
    MemoryRegion region;
    MemoryType type = MemoryType::unknown;
    std::uint64_t committed = 0;
    std::uint64_t privateBytes = 0;
    std::uint64_t line = 0;
};

class ExportReader {
public:
    ExportReader(string_view text, const std::string& what)
        : m_rows(text)
        , m_what(what) {}

    Expected<MapSnapshot> read() {
        m_snapshot.origin = MapOrigin::vmmapCsv;
        m_snapshot.space.map.flags.emplace_back("ac");
        if (!findRegions()) {
            return broken("it has no list of regions; export it from VMMap again as CSV");
        }
        while (const auto row = m_rows.next()) {
            if (auto added = addRow(*row); !added) {
                return added.error();
            }
        }
        finishAllocation();
        if (m_blocks.empty()) {
            return broken("it lists no memory; export it from VMMap again as CSV");
        }
        return finish();
    }

private:
    [[nodiscard]] Error broken(const std::string& why) const {
        return makeError(ErrorKind::damaged,
                         m_what + " is no export of VMMap that Ringscope can read: " + why);
    }
    [[nodiscard]] Error brokenLine(std::uint64_t line, const std::string& why) const {
        return broken("line " + std::to_string(line) + " " + why + "; export it again");
    }

    // The header of the regions, past the process and the sums.
    bool findRegions() {
        while (const auto row = m_rows.next()) {
            const auto& fields = row->fields;
            if (fields.size() > 1 && fields[0].starts_with("Process")) {
                m_snapshot.name = fields[1];
            } else if (fields.size() > 1 && fields[0].starts_with("PID")) {
                const auto pid = parseKilobytes(fields[1]).value_or(0) / 1024;
                m_snapshot.space.process.pid =
                    pid <= INT32_MAX ? static_cast<std::int32_t>(pid) : 0;
            }
            if (fields.size() < 3 || fields[0] != kColumnNames[kAddress]) {
                continue;
            }
            for (std::size_t i = 0; i < kColumnCount; ++i) {
                const auto found = std::find(fields.begin(), fields.end(), kColumnNames[i]);
                m_place[i] = found == fields.end()
                                 ? kNoField
                                 : static_cast<std::size_t>(std::distance(fields.begin(), found));
            }
            return m_place[kType] != kNoField && m_place[kSize] != kNoField;
        }
        return false;
    }

    [[nodiscard]] string_view field(const Row& row, Column column) const {
        const std::size_t place = m_place[column];
        return place < row.fields.size() ? string_view(row.fields[place]) : string_view();
    }

    Expected<void> addRow(const Row& row) {
        const bool isBlank = std::all_of(row.fields.begin(), row.fields.end(),
                                         [](const std::string& text) { return text.empty(); });
        const string_view type = field(row, kType);
        const bool isChild = field(row, kAddress).starts_with("  ");
        if (isBlank) {
            return {};
        }
        if (!isChild) {
            finishAllocation();
        }
        if (type == "Free") {
            return {};
        }
        Block block;
        block.line = row.line;
        block.type = typeOf(type);
        if (auto sizes = readSizes(row, block); !sizes) {
            return sizes.error();
        }
        if (field(row, kAddress).empty() && block.type == MemoryType::pageTable) {
            m_pageTables += block.region.end;
            return {};
        }
        const auto address = parseAddress(field(row, kAddress));
        const std::uint64_t size = block.region.end;
        if (!address || size == 0 || size > UINT64_MAX - *address) {
            return brokenLine(row.line, "has no address and size of memory");
        }
        block.region.start = *address;
        block.region.end = *address + size;
        readWords(row, block);
        if (!isChild) {
            m_allocation = block;
        } else {
            m_hasBlocks = true;
            if (m_allocation && block.region.name == 0) {
                block.region.name = m_allocation->region.name;
            }
            m_blocks.push_back(block);
        }
        return {};
    }

    Expected<void> readSizes(const Row& row, Block& block) {
        std::array<std::uint64_t, kColumnCount> sizes{};
        for (const Column column : {kSize, kCommitted, kPrivate, kTotalWs, kPrivateWs, kShareableWs,
                                    kSharedWs, kLockedWs}) {
            const auto size = parseKilobytes(field(row, column));
            if (!size) {
                return brokenLine(row.line, "has a " + std::string(kColumnNames[column]) +
                                                " that is no number of KB");
            }
            if (column != kSize && *size > sizes[kSize]) {
                return brokenLine(row.line, "has a " + std::string(kColumnNames[column]) +
                                                " that is larger than its Size");
            }
            sizes[column] = *size;
        }
        MemoryRegion& region = block.region;
        region.end = sizes[kSize];
        region.rss = sizes[kTotalWs];
        region.anonymous = region.rss - std::min(region.rss, sizes[kShareableWs]);
        region.privateClean = sizes[kPrivateWs]; // whether it is dirty, nobody says
        region.sharedClean = sizes[kSharedWs];
        region.locked = sizes[kLockedWs];
        block.committed = sizes[kCommitted];
        block.privateBytes = sizes[kPrivate];
        return {};
    }

    // "Read/Write", "Execute/Read", "Read/Write/Guard", "Execute/Copy on write", "No access".
    void readWords(const Row& row, Block& block) {
        const string_view words = field(row, kProtection);
        const auto has = [words](string_view word) {
            return words.find(word) != string_view::npos;
        };
        MemoryRegion& region = block.region;
        region.isExecutable = has("Execute");
        region.isWritable = has("Write") || has("Copy");
        region.isReadable = has("Read") || region.isWritable;
        region.isSharedMapping =
            block.type == MemoryType::mappedFile || block.type == MemoryType::shareable;
        region.flags = block.committed == region.size() ? 1U : 0U;
        std::string name;
        for (const char c : field(row, kDetails)) {
            name += c == '\n' ? std::string("\\012") : std::string(c == '\0' ? 0U : 1U, c);
        }
        if (!name.empty()) {
            auto& names = m_snapshot.space.map.names;
            const auto [found, isNew] =
                m_names.emplace(name, static_cast<std::uint32_t>(names.size()));
            if (isNew) {
                names.push_back(std::move(name));
            }
            region.name = found->second;
        }
    }

    void finishAllocation() {
        if (m_allocation && !m_hasBlocks) {
            m_blocks.push_back(*m_allocation);
        }
        m_allocation.reset();
        m_hasBlocks = false;
    }

    Expected<MapSnapshot> finish() {
        std::stable_sort(m_blocks.begin(), m_blocks.end(), [](const Block& a, const Block& b) {
            return a.region.start < b.region.start;
        });
        std::uint64_t committedElsewhere = 0;
        std::uint64_t notResident = 0;
        MemoryMap& map = m_snapshot.space.map;
        for (const Block& block : m_blocks) {
            if (!map.regions.empty() && block.region.start < map.regions.back().end) {
                return brokenLine(block.line, "overlaps another region");
            }
            map.regions.push_back(block.region);
            m_snapshot.types.push_back(block.type);
            const std::uint64_t ours = sumsOf(map, block.region, block.type).committed;
            committedElsewhere += std::max(ours, block.committed) - std::min(ours, block.committed);
            notResident +=
                block.privateBytes - std::min(block.privateBytes, block.region.privateClean);
        }
        addRemarks(committedElsewhere, notResident);
        return std::move(m_snapshot);
    }

    void addRemarks(std::uint64_t committedElsewhere, std::uint64_t notResident) {
        auto& remarks = m_snapshot.remarks;
        remarks.emplace_back("VMMap does not tell PSS, swap, dirty, referenced and huge pages, nor "
                             "when it read the process: these are 0 here and mean nothing.");
        const auto add = [&](std::uint64_t bytes, const char* what) {
            if (bytes > 0) {
                remarks.push_back(std::to_string(bytes / 1024) + " KB " + what);
            }
        };
        add(notResident, "that VMMap counts as Private are in no working set; Private here is "
                         "Private WS.");
        add(committedElsewhere, "of Committed differ from VMMap's: a region here is committed as a "
                                "whole or not at all.");
        add(m_pageTables, "of page tables have no address and are left out.");
    }

    Rows m_rows;
    const std::string& m_what;
    std::array<std::size_t, kColumnCount> m_place{};
    std::optional<Block> m_allocation; // the last one, until its blocks are known
    bool m_hasBlocks = false;
    std::uint64_t m_pageTables = 0;
    std::vector<Block> m_blocks;
    std::unordered_map<std::string, std::uint32_t> m_names;
    MapSnapshot m_snapshot;
};

} // namespace

bool startsAsVmmapCsv(string_view head) {
    std::string text = head.starts_with("\xff\xfe") ? fromUtf16(head.substr(2)) : std::string(head);
    std::erase(text, '"');
    return text.find("Address,Type,Size,") != std::string::npos ||
           text.find("Type,Size,Committed,") != std::string::npos;
}

Expected<MapSnapshot> mapFromVmmapCsv(string_view bytes, const std::string& what) {
    return ExportReader(toUtf8(bytes), what).read();
}

} // namespace ringscope
