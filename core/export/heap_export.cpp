// SPDX-License-Identifier: MIT
#include "core/export/heap_export.h"

#include <algorithm>
#include <cstdio>
#include <locale>
#include <map>
#include <ostream>
#include <string>
#include <vector>

#include "core/base/json_fields.h"

namespace ringscope {

namespace {

std::string hexadecimal(std::uint64_t value) {
    char text[24];
    std::snprintf(text, sizeof(text), "0x%llX", static_cast<unsigned long long>(value));
    return text;
}

// Frames of the file, numbered when they first come up; 0 is the root.
class FrameTable {
public:
    explicit FrameTable(const HeapRecord& record)
        : m_record(record)
        , m_first(record.symbols.locations.size(), 0) {}

    // Appends its numbers, the innermost first.
    void add(std::uint32_t location, std::string& frames) {
        const CodeLocation& code = m_record.symbols.locations[location];
        const std::uint32_t count = std::max(code.frameCount, 1U);
        if (m_first[location] == 0) {
            m_first[location] = static_cast<std::uint32_t>(m_texts.size());
            for (std::uint32_t frame = 0; frame < count; ++frame) {
                m_texts.push_back(textOf(location, frame));
            }
        }
        for (std::uint32_t frame = 0; frame < count; ++frame) {
            frames += (frames.empty() ? "" : ",") + std::to_string(m_first[location] + frame);
        }
    }
    [[nodiscard]] const std::vector<std::string>& texts() const { return m_texts; }

private:
    // "0x401136: f (file.cpp:12)", "0x7F01: malloc (in /lib/libc.so.6)", "0x7F01: ???".
    [[nodiscard]] std::string textOf(std::uint32_t location, std::uint32_t frame) const {
        const HeapSymbols& symbols = m_record.symbols;
        const CodeLocation& code = symbols.locations[location];
        const bool isInModule = code.module < m_record.profile.modules.size();
        std::uint64_t address = code.address;
        std::string place;
        if (isInModule) {
            const HeapModule& module = m_record.profile.modules[code.module];
            address += module.bias;
            place = " (in " + module.path + ")";
        }
        std::string function = "???";
        if (frame < code.frameCount) {
            const SourceFrame& source = symbols.frames[code.firstFrame + frame];
            if (source.function != 0) {
                function = symbols.texts[source.function];
            }
            if (source.file != 0) {
                place = " (" + symbols.texts[source.file] +
                        (source.line != 0 ? ":" + std::to_string(source.line) : "") + ")";
            }
        }
        return hexadecimal(address) + ": " + function + place;
    }

    const HeapRecord& m_record;
    std::vector<std::string> m_texts{"[root]"};
    std::vector<std::uint32_t> m_first; // by location; 0: not in the table yet
};

std::int64_t microseconds(std::int64_t ns) {
    return std::max<std::int64_t>(ns, 0) / 1000;
}

// As JSON has it.
std::string quoted(const std::string& text) {
    return Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
}

// No thousands separators of the user's language.
class PlainNumbers {
public:
    explicit PlainNumbers(std::ostream& out)
        : m_out(out)
        , m_before(out.imbue(std::locale::classic())) {}
    PlainNumbers(const PlainNumbers&) = delete;
    PlainNumbers& operator=(const PlainNumbers&) = delete;
    ~PlainNumbers() { m_out.imbue(m_before); }

private:
    std::ostream& m_out;
    std::locale m_before;
};

} // namespace

void writeDhat(const HeapRecord& record, std::ostream& out) {
    const PlainNumbers plain(out);
    const HeapProfile& profile = record.profile;
    const std::vector<HeapSite> sites = heapSites(profile, record.symbols);
    const bool isBound = std::any_of(sites.begin(), sites.end(),
                                     [](const HeapSite& site) { return !site.isMaxExact; });
    std::string notes;
    if (isBound) {
        notes += "; maxima (mb, mbk) of places that several threads had blocks of are upper bounds";
    }
    if (profile.peakErrorBytes != 0) {
        notes += "; t-gmax is within " + std::to_string(profile.peakErrorBytes) + " bytes a thread";
    }
    const std::string command =
        record.name + (notes.empty() ? "" : " [recorded by Ringscope" + notes + "]");
    // Places by the ten thousand: they are written one by one, and not kept as a document.
    out << "{\"dhatFileVersion\":2,\"mode\":\"heap\",\"verb\":\"Allocated\",\"bklt\":true,"
           "\"bkacc\":false,\"tu\":\"µs\",\"Mtu\":\"s\",\"tuth\":10,\"cmd\":"
        << quoted(command) << ",\"pid\":" << record.process.pid
        << ",\"te\":" << microseconds(profile.timeNs - profile.startNs)
        << ",\"tg\":" << microseconds(profile.peakNs - profile.startNs) << ",\"pps\":[";
    FrameTable table(record);
    const char* separator = "\n";
    for (const HeapSite& site : sites) {
        const HeapSums& sums = site.sums;
        std::string frames;
        for (const std::uint32_t location : site.locations) {
            table.add(location, frames);
        }
        out << separator << "{\"tb\":" << sums.bytes << ",\"tbk\":" << sums.blocks
            << ",\"tl\":" << static_cast<std::uint64_t>((sums.lifetimeNs + sums.ageNs) / 1000)
            << ",\"mb\":" << sums.maxBytes << ",\"mbk\":" << sums.maxBlocks
            << ",\"gb\":" << sums.peakBytes << ",\"gbk\":" << sums.peakBlocks
            << ",\"eb\":" << sums.liveBytes << ",\"ebk\":" << sums.liveBlocks << ",\"fs\":["
            << frames << "]}";
        separator = ",\n";
    }
    out << "],\"ftbl\":[";
    separator = "\n";
    for (const std::string& text : table.texts()) {
        out << separator << quoted(text);
        separator = ",\n";
    }
    out << "]}\n";
}

void writeFolded(const HeapRecord& record, HeapMeasure measure, std::ostream& out) {
    const PlainNumbers plain(out);
    const HeapSymbols& symbols = record.symbols;
    std::map<std::string, std::uint64_t> lines; // code of one function is one place here
    for (const HeapSite& site : heapSites(record.profile, symbols)) {
        const std::uint64_t value = valueOf(site.sums, measure);
        if (value == 0) {
            continue;
        }
        std::string line = site.end == HeapStackEnd::complete ? "" : "[outer frames unknown]";
        for (std::size_t i = site.locations.size(); i-- > 0;) {
            const std::uint32_t frames =
                std::max(symbols.locations[site.locations[i]].frameCount, 1U);
            for (std::uint32_t frame = frames; frame-- > 0;) {
                std::string name = symbols.functionName(record.profile, site.locations[i], frame);
                // What separates frames cannot be in their names.
                std::replace(name.begin(), name.end(), ';', ':');
                std::replace(name.begin(), name.end(), '\n', ' ');
                line += (line.empty() ? "" : ";") + name;
            }
        }
        lines[line] += value;
    }
    for (const auto& [line, value] : lines) {
        out << line << ' ' << value << '\n';
    }
}

} // namespace ringscope
