// SPDX-License-Identifier: MIT
#include "core/session/dhat_file.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <limits>
#include <map>
#include <numeric>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/base/json_fields.h"

namespace ringscope {

namespace {

constexpr std::size_t kDeepest = 1024;                      // frames of a place
constexpr std::uint64_t kLargest = std::uint64_t{1} << 62U; // bytes, blocks, times
constexpr std::size_t kMostFrames = std::size_t{1} << 24U;  // of the file's table
constexpr std::string_view kInModule = "in ";

struct Frame {
    std::uint64_t address = 0;
    std::string_view function; // "???": not known
    std::string_view place;    // "main.c:12", "/home/a/main.rs:12:5", "in /lib/libc.so.6", or empty
};

// "0x401136: f(int) (file.cpp:12)". Empty: it is none.
std::optional<Frame> frameOf(std::string_view text) {
    Frame frame;
    if (text.substr(0, 2) != "0x") {
        return std::nullopt;
    }
    const char* const end = text.data() + text.size();
    const auto [after, error] = std::from_chars(text.data() + 2, end, frame.address, 16);
    if (error != std::errc() || end - after < 2 || after[0] != ':' || after[1] != ' ') {
        return std::nullopt;
    }
    frame.function = text.substr(static_cast<std::size_t>(after - text.data()) + 2);
    const std::size_t open = frame.function.rfind(" (");
    if (open != std::string_view::npos && open > 0 && frame.function.ends_with(')')) {
        frame.place = frame.function.substr(open + 2, frame.function.size() - open - 3);
        frame.function = frame.function.substr(0, open);
    }
    return frame;
}

// Takes ":12" off the end.
std::optional<std::uint32_t> takeNumber(std::string_view& place) {
    const std::size_t colon = place.rfind(':');
    if (colon == std::string_view::npos || colon == 0 || colon + 1 == place.size()) {
        return std::nullopt;
    }
    std::uint32_t number = 0;
    const char* const end = place.data() + place.size();
    const auto [after, error] = std::from_chars(place.data() + colon + 1, end, number);
    if (error != std::errc() || after != end) {
        return std::nullopt;
    }
    place = place.substr(0, colon);
    return number;
}

// "file:line", and "file:line:column" of dhat-rs.
std::pair<std::string_view, std::uint32_t> fileAndLine(std::string_view place) {
    const std::optional<std::uint32_t> last = takeNumber(place);
    const std::optional<std::uint32_t> before = last ? takeNumber(place) : std::nullopt;
    return {place, before.value_or(last.value_or(0))};
}

class Reader {
public:
    Reader(const Json& json, std::string name)
        : m_json(json)
        , m_name(std::move(name)) {}

    Expected<HeapRecord> read() {
        readHead();
        for (const Json& text : m_json.at("ftbl")) {
            m_frameTexts.push_back(text.get_ref<const std::string&>());
        }
        m_frames.resize(m_frameTexts.size());
        m_record.symbols.locationOfNode.push_back(0);
        m_record.profile.nodes.emplace_back();
        for (const Json& place : m_json.at("pps")) {
            if (auto error = addPlace(place)) {
                return *error;
            }
        }
        HeapProfile& profile = m_record.profile;
        profile.peakBytes = profile.total.peakBytes;
        return std::move(m_record);
    }

private:
    [[nodiscard]] Error damaged(const std::string& what) const {
        return makeError(ErrorKind::damaged, m_name + ": " + what);
    }
    [[nodiscard]] static std::uint64_t numberOf(const Json& json, const char* key) {
        std::uint64_t number = 0;
        Fields(json).read(key, number);
        return std::min(number, kLargest);
    }

    void readHead() {
        HeapProfile& profile = m_record.profile;
        profile.origin = HeapOrigin::dhat;
        std::string command;
        std::string unit;
        Fields(m_json).read("cmd", command).read("pid", m_record.process.pid).read("tu", unit);
        profile.program = command.substr(0, command.find(' '));
        m_record.name = profile.program.substr(profile.program.find_last_of('/') + 1);
        m_record.label = "P0";
        m_nsPerUnit = unit == "µs" || unit == "us" ? 1'000 : unit == "ms" ? 1'000'000 : 0;
        profile.hasTimes = m_nsPerUnit != 0;
        profile.timeNs = timeOf(numberOf(m_json, "te"));
        profile.peakNs = timeOf(numberOf(m_json, "tg"));
        m_record.timeNs = profile.timeNs;
    }

    [[nodiscard]] std::int64_t timeOf(std::uint64_t units) const {
        const auto largest = std::numeric_limits<std::int64_t>::max() / 4;
        if (m_nsPerUnit == 0 || units > static_cast<std::uint64_t>(largest / m_nsPerUnit)) {
            return 0;
        }
        return static_cast<std::int64_t>(units) * m_nsPerUnit;
    }

    std::optional<Error> addPlace(const Json& place) {
        HeapProfile& profile = m_record.profile;
        HeapStack stack;
        stack.number = static_cast<std::uint32_t>(profile.stacks.size() + 1);
        HeapSums& sums = stack.sums;
        sums.blocks = numberOf(place, "tbk");
        sums.bytes = numberOf(place, "tb");
        sums.liveBlocks = std::min(numberOf(place, "ebk"), sums.blocks);
        sums.liveBytes = numberOf(place, "eb");
        sums.peakBlocks = numberOf(place, "gbk");
        sums.peakBytes = numberOf(place, "gb");
        sums.maxBlocks = numberOf(place, "mbk");
        sums.maxBytes = numberOf(place, "mb");
        // Of freed and live blocks together.
        const double lived = std::min(
            static_cast<double>(numberOf(place, "tl")) * static_cast<double>(m_nsPerUnit), 1e20);
        (sums.liveBlocks == 0 ? sums.lifetimeNs : sums.ageNs) = lived;
        std::vector<std::uint32_t> frames = valueOfJson<std::vector<std::uint32_t>>(place.at("fs"));
        if (frames.size() > kDeepest) {
            frames.resize(kDeepest);
            stack.end = HeapStackEnd::cut;
        }
        for (const std::uint32_t frame : frames) {
            if (frame >= m_frameTexts.size()) {
                return damaged("a place has the frame " + std::to_string(frame) +
                               ", and the table (ftbl) has " + std::to_string(m_frameTexts.size()));
            }
            if (!m_frames[frame]) {
                m_frames[frame] = frameOf(m_frameTexts[frame]);
                if (!m_frames[frame]) {
                    return damaged("cannot read the frame '" + m_frameTexts[frame].substr(0, 100) +
                                   "'");
                }
            }
        }
        stack.node = nodeOf(frames);
        profile.total += sums;
        profile.stacks.push_back(stack);
        return std::nullopt;
    }

    // Frames of one address in a row, each once, are of one call.
    std::uint32_t nodeOf(const std::vector<std::uint32_t>& frames) {
        std::uint32_t node = 0;
        for (std::size_t end = frames.size(); end > 0;) { // from the outermost
            std::size_t begin = end - 1;
            const std::uint64_t address = m_frames[frames[begin]]->address;
            while (begin > 0 && m_frames[frames[begin - 1]]->address == address &&
                   std::find(frames.begin() + static_cast<std::ptrdiff_t>(begin),
                             frames.begin() + static_cast<std::ptrdiff_t>(end),
                             frames[begin - 1]) ==
                       frames.begin() + static_cast<std::ptrdiff_t>(end)) {
                --begin;
            }
            node = childOf(node, locationOf({frames.begin() + static_cast<std::ptrdiff_t>(begin),
                                             frames.begin() + static_cast<std::ptrdiff_t>(end)}));
            end = begin;
        }
        return node;
    }

    std::uint32_t childOf(std::uint32_t parent, std::uint32_t location) {
        const std::uint64_t key = std::uint64_t{parent} << 32U | location;
        std::vector<HeapNode>& nodes = m_record.profile.nodes;
        const auto [found, isNew] = m_nodes.emplace(key, static_cast<std::uint32_t>(nodes.size()));
        if (isNew) {
            nodes.push_back({m_record.symbols.locations[location].address, parent});
            m_record.symbols.locationOfNode.push_back(location);
        }
        return found->second;
    }

    std::uint32_t locationOf(const std::vector<std::uint32_t>& frames) {
        HeapSymbols& symbols = m_record.symbols;
        const auto [found, isNew] =
            m_locations.emplace(frames, static_cast<std::uint32_t>(symbols.locations.size()));
        if (!isNew) {
            return found->second;
        }
        CodeLocation location;
        location.address = m_frames[frames.front()]->address;
        location.firstFrame = static_cast<std::uint32_t>(symbols.frames.size());
        for (const std::uint32_t number : frames) {
            const Frame& frame = *m_frames[number];
            SourceFrame source;
            source.function = textOf(frame.function);
            if (frame.place.starts_with(kInModule)) {
                location.module = moduleOf(frame.place.substr(kInModule.size()), frame.address);
            } else {
                const auto [file, line] = fileAndLine(frame.place);
                source.file = textOf(file);
                source.line = line;
            }
            symbols.frames.push_back(source);
            ++location.frameCount;
        }
        const bool isUnnamed = location.frameCount == 1 && location.module != location.kNoModule &&
                               m_frames[frames.front()]->function == "???";
        if (isUnnamed) { // "libc.so.6+0x1234" tells more
            symbols.frames.pop_back();
            location.frameCount = 0;
        }
        symbols.locations.push_back(location);
        return found->second;
    }

    std::uint32_t textOf(std::string_view text) {
        std::vector<std::string>& texts = m_record.symbols.texts;
        if (text.empty()) {
            return 0;
        }
        const auto [found, isNew] = m_texts.emplace(text, static_cast<std::uint32_t>(texts.size()));
        if (isNew) {
            texts.emplace_back(text);
        }
        return found->second;
    }

    std::uint32_t moduleOf(std::string_view path, std::uint64_t address) {
        std::vector<HeapModule>& modules = m_record.profile.modules;
        const auto [found, isNew] =
            m_modules.emplace(path, static_cast<std::uint32_t>(modules.size()));
        if (isNew) {
            HeapModule module;
            module.start = address;
            module.path = path;
            modules.push_back(std::move(module));
            m_record.symbols.sources.push_back(SymbolSource::notAsked);
        }
        HeapModule& module = modules[found->second];
        module.start = std::min(module.start, address);
        module.end = std::max(module.end, std::max(address, address + 1));
        return found->second;
    }

    const Json& m_json;
    const std::string m_name;
    HeapRecord m_record;
    std::int64_t m_nsPerUnit = 0; // 0: no time
    std::vector<std::string> m_frameTexts;
    std::vector<std::optional<Frame>> m_frames;               // of those texts
    std::unordered_map<std::uint64_t, std::uint32_t> m_nodes; // by parent and location
    std::map<std::vector<std::uint32_t>, std::uint32_t> m_locations;
    std::unordered_map<std::string_view, std::uint32_t> m_texts;   // keys in m_frameTexts
    std::unordered_map<std::string_view, std::uint32_t> m_modules; // same
};

} // namespace

bool looksLikeDhat(std::string_view beginning) {
    const std::size_t first = beginning.find_first_not_of(" \t\r\n");
    return first != std::string_view::npos && beginning[first] == '{';
}

Expected<HeapRecord> readDhat(std::string_view text, const std::string& name) {
    const auto damaged = [&name](const std::string& what) {
        return makeError(ErrorKind::damaged, name + ": " + what);
    };
    try {
        const Json json = Json::parse(text);
        if (!json.is_object() || !json.contains("dhatFileVersion")) {
            return damaged("is JSON, and not of DHAT (no dhatFileVersion); choose a session or a "
                           "file that 'valgrind --tool=dhat' or dhat-rs wrote");
        }
        if (json.at("dhatFileVersion") != 2) {
            return damaged("is of DHAT's file version " + dumpJson(json.at("dhatFileVersion")) +
                           ", only version 2 can be read");
        }
        const auto mode = json.at("mode").get<std::string>();
        if (mode != "heap" && mode != "rust-heap") {
            return damaged("is of DHAT's mode '" + mode + "', only heap profiles can be shown");
        }
        if (json.at("ftbl").size() > kMostFrames || json.at("pps").size() > kMostFrames) {
            return damaged("has more places or frames than can be read");
        }
        return Reader(json, name).read();
    } catch (const Json::exception& error) {
        return damaged(std::string("cannot be read as a file of DHAT: ") + error.what());
    }
}

} // namespace ringscope
