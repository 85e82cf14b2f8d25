// SPDX-License-Identifier: MIT
#include "core/session/heap_coding.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "core/base/json_fields.h"
#include "core/session/byte_coding.h"

namespace ringscope {

namespace {

// Of a stack's sums, in their order; new ones go to the end.
constexpr std::array kSums = {
    &HeapSums::blocks,    &HeapSums::bytes,      &HeapSums::liveBlocks,
    &HeapSums::liveBytes, &HeapSums::peakBlocks, &HeapSums::peakBytes,
    &HeapSums::maxBlocks, &HeapSums::maxBytes,   &HeapSums::temporaryBlocks,
};

constexpr std::array kThreadCounters = {
    &HeapThreadCounters::allocations,   &HeapThreadCounters::frees,
    &HeapThreadCounters::reallocations, &HeapThreadCounters::allocatedBytes,
    &HeapThreadCounters::freedBytes,
};

// Frames of a stack, and of what is inlined at one place. Far more than there are.
constexpr std::uint32_t kDeepest = 1024;

constexpr char kDhat[] = "dhat"; // the origin of a profile that another program recorded

// A sum of times, ns.
bool isTime(double ns) {
    return ns >= 0 && ns < 1e21;
}

std::string headOf(const HeapRecord& record) {
    const HeapProfile& profile = record.profile;
    Json json{{"label", record.label},
              {"pid", record.process.pid},
              {"start_ticks", record.process.startTicks},
              {"name", record.name},
              {"program", profile.program},
              {"time_ns", record.timeNs},
              {"start_ns", profile.startNs},
              {"peak_ns", profile.peakNs},
              {"peak_bytes", profile.peakBytes},
              {"peak_error_bytes", profile.peakErrorBytes},
              {"unknown_frees", profile.unknownFrees},
              {"lost", profile.lost}};
    if (profile.origin == HeapOrigin::dhat) {
        json["origin"] = kDhat;
    }
    if (!profile.hasTimes) {
        json["has_times"] = false;
    }
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

bool readHead(const std::string& text, HeapRecord& record) {
    try {
        const Json json = Json::parse(text);
        HeapProfile& profile = record.profile;
        std::string origin;
        Fields(json)
            .read("label", record.label)
            .read("pid", record.process.pid)
            .read("start_ticks", record.process.startTicks)
            .read("name", record.name)
            .read("program", profile.program)
            .read("time_ns", record.timeNs)
            .read("start_ns", profile.startNs)
            .read("peak_ns", profile.peakNs)
            .read("peak_bytes", profile.peakBytes)
            .read("peak_error_bytes", profile.peakErrorBytes)
            .read("unknown_frees", profile.unknownFrees)
            .read("lost", profile.lost)
            .read("has_times", profile.hasTimes)
            .read("origin", origin);
        profile.origin = origin == kDhat ? HeapOrigin::dhat : HeapOrigin::tracker;
        profile.timeNs = record.timeNs;
        return profile.timeNs >= 0 && profile.startNs >= 0 && profile.peakNs >= 0;
    } catch (const Json::exception&) {
        return false;
    }
}

void putText(std::string& to, std::string_view text) {
    putVarint(to, text.size());
    to += text;
}

std::string takeText(ByteReader& reader) {
    return std::string(reader.take(reader.varint()));
}

// How many of something follow, each of a byte at least.
std::optional<std::size_t> takeCount(ByteReader& reader) {
    const std::uint64_t count = reader.varint();
    return reader.hasFailed() || count > reader.left() ? std::nullopt
                                                       : std::optional<std::size_t>(count);
}

std::uint32_t takeBelow(ByteReader& reader, std::size_t limit, bool& isSane) {
    const std::uint64_t value = reader.varint();
    isSane = isSane && value < limit;
    return isSane ? static_cast<std::uint32_t>(value) : 0;
}

std::uint32_t takeNumber(ByteReader& reader, bool& isSane) {
    return takeBelow(reader, std::size_t{1} << 32U, isSane);
}

void putModules(std::string& to, const HeapRecord& record) {
    putVarint(to, record.profile.modules.size());
    for (std::size_t i = 0; i < record.profile.modules.size(); ++i) {
        const HeapModule& module = record.profile.modules[i];
        putVarint(to, module.start);
        putVarint(to, module.end - module.start);
        putVarint(to, module.bias);
        putVarint(to, module.firstNode);
        putText(to, module.path);
        putText(to, module.buildId);
        const SymbolSource source =
            i < record.symbols.sources.size() ? record.symbols.sources[i] : SymbolSource::missing;
        putVarint(to, static_cast<std::uint64_t>(source));
    }
}

bool takeModules(ByteReader& reader, HeapRecord& record) {
    const auto count = takeCount(reader);
    bool isSane = count.has_value();
    for (std::size_t i = 0; isSane && i < *count && !reader.hasFailed(); ++i) {
        HeapModule module;
        module.start = reader.varint();
        module.end = module.start + reader.varint();
        module.bias = reader.varint();
        module.firstNode = takeNumber(reader, isSane);
        module.path = takeText(reader);
        module.buildId = takeText(reader);
        const std::uint32_t source =
            takeBelow(reader, static_cast<std::size_t>(SymbolSource::debugInfo) + 1, isSane);
        record.profile.modules.push_back(std::move(module));
        record.symbols.sources.push_back(static_cast<SymbolSource>(source));
    }
    return isSane && !reader.hasFailed();
}

void putSymbols(std::string& to, const HeapSymbols& symbols) {
    putVarint(to, symbols.texts.size());
    for (const std::string& text : symbols.texts) {
        putText(to, text);
    }
    putVarint(to, symbols.frames.size());
    for (const SourceFrame& frame : symbols.frames) {
        putVarint(to, frame.function);
        putVarint(to, frame.file);
        putVarint(to, frame.line);
    }
    // The first stands for nothing.
    putVarint(to, symbols.locations.size());
    for (std::size_t i = 1; i < symbols.locations.size(); ++i) {
        const CodeLocation& location = symbols.locations[i];
        putVarint(to, location.module == CodeLocation::kNoModule ? 0 : location.module + 1ULL);
        putVarint(to, location.address);
        putVarint(to, location.firstFrame);
        putVarint(to, location.frameCount);
    }
}

bool takeSymbols(ByteReader& reader, HeapSymbols& symbols, std::size_t modules) {
    const auto texts = takeCount(reader);
    if (!texts || *texts == 0) {
        return false;
    }
    symbols.texts.clear();
    for (std::size_t i = 0; i < *texts && !reader.hasFailed(); ++i) {
        symbols.texts.push_back(takeText(reader));
    }
    bool isSane = !reader.hasFailed();
    const auto frames = takeCount(reader);
    for (std::size_t i = 0; isSane && frames && i < *frames; ++i) {
        SourceFrame frame;
        frame.function = takeBelow(reader, *texts, isSane);
        frame.file = takeBelow(reader, *texts, isSane);
        frame.line = takeNumber(reader, isSane);
        symbols.frames.push_back(frame);
    }
    const auto locations = takeCount(reader);
    isSane = isSane && frames && locations && *locations > 0;
    for (std::size_t i = 1; isSane && i < *locations; ++i) {
        CodeLocation location;
        const std::uint32_t module = takeBelow(reader, modules + 1, isSane);
        location.module = module == 0 ? CodeLocation::kNoModule : module - 1;
        location.address = reader.varint();
        location.firstFrame = takeBelow(reader, *frames + 1, isSane);
        location.frameCount = takeBelow(reader, *frames + 1, isSane);
        isSane = isSane && location.frameCount <= *frames - location.firstFrame &&
                 location.frameCount <= kDeepest;
        symbols.locations.push_back(location);
    }
    return isSane && !reader.hasFailed();
}

// A node's parent is older and mostly near; its address is that of its location.
void putNodes(std::string& to, const HeapRecord& record) {
    const auto& nodes = record.profile.nodes;
    putVarint(to, nodes.size());
    for (std::uint32_t i = 1; i < nodes.size(); ++i) {
        putVarint(to, nodes[i].parent == 0 ? 0 : i - nodes[i].parent);
        putVarint(to,
                  i < record.symbols.locationOfNode.size() ? record.symbols.locationOfNode[i] : 0);
    }
}

bool takeNodes(ByteReader& reader, HeapRecord& record) {
    const auto count = takeCount(reader);
    bool isSane = count.has_value();
    std::vector<std::uint32_t> depths{0}; // of node 0
    for (std::uint32_t i = 0; isSane && i < *count; ++i) {
        HeapNode node;
        std::uint32_t location = 0;
        if (i != 0) {
            const std::uint32_t back = takeBelow(reader, i, isSane);
            node.parent = back == 0 ? 0 : i - back;
            depths.push_back(depths[node.parent] + 1);
            isSane = isSane && depths.back() <= kDeepest;
            location = takeBelow(reader, record.symbols.locations.size(), isSane);
            const CodeLocation& code = record.symbols.locations[location];
            node.address = code.address + (code.module == CodeLocation::kNoModule
                                               ? 0
                                               : record.profile.modules[code.module].bias);
        }
        record.profile.nodes.push_back(node);
        record.symbols.locationOfNode.push_back(location);
    }
    return isSane && !reader.hasFailed();
}

void putStacks(std::string& to, const HeapProfile& profile) {
    putVarint(to, profile.stacks.size());
    for (const HeapStack& stack : profile.stacks) {
        putVarint(to, stack.number);
        putVarint(to, stack.node);
        to.push_back(
            static_cast<char>(static_cast<unsigned>(stack.end) | (stack.isMaxExact ? 4U : 0U)));
        for (const auto member : kSums) {
            putVarint(to, stack.sums.*member);
        }
        putFixed(to, stack.sums.lifetimeNs);
        putFixed(to, stack.sums.ageNs);
    }
}

bool takeStacks(ByteReader& reader, HeapProfile& profile) {
    const auto count = takeCount(reader);
    bool isSane = count.has_value();
    for (std::size_t i = 0; isSane && i < *count && !reader.hasFailed(); ++i) {
        HeapStack stack;
        stack.number = takeNumber(reader, isSane);
        stack.node = takeBelow(reader, profile.nodes.size(), isSane);
        const auto bits = reader.fixed<std::uint8_t>();
        stack.end = static_cast<HeapStackEnd>(bits & 3U);
        isSane = isSane && bits < 8 && (bits & 3U) <= static_cast<unsigned>(HeapStackEnd::lost);
        stack.isMaxExact = (bits & 4U) != 0;
        for (const auto member : kSums) {
            stack.sums.*member = reader.varint();
        }
        stack.sums.lifetimeNs = reader.fixed<double>();
        stack.sums.ageNs = reader.fixed<double>();
        isSane = isSane && isTime(stack.sums.lifetimeNs) && isTime(stack.sums.ageNs);
        profile.total += stack.sums;
        profile.stacks.push_back(stack);
    }
    return isSane && !reader.hasFailed();
}

void putDetails(std::string& to, const HeapProfile& profile) {
    putVarint(to, profile.lifetimes.size());
    for (const HeapLifetime& lifetime : profile.lifetimes) {
        putVarint(to, static_cast<std::uint64_t>(lifetime.belowNs));
        putVarint(to, lifetime.blocks);
    }
    putVarint(to, profile.sizes.size());
    for (const HeapSizeClass& size : profile.sizes) {
        putVarint(to, size.fromBytes);
        putVarint(to, size.belowBytes);
        putVarint(to, size.allocations);
        putVarint(to, size.liveBlocks);
    }
    putVarint(to, profile.threads.size());
    for (const HeapThreadCounters& thread : profile.threads) {
        putVarint(to, static_cast<std::uint32_t>(thread.tid));
        putText(to, thread.name);
        putVarint(to, thread.isRunning ? 1 : 0);
        for (const auto member : kThreadCounters) {
            putVarint(to, thread.*member);
        }
    }
    putVarint(to, profile.blocksLeftOut);
    putVarint(to, profile.blocks.size());
    std::uint64_t before = 0;
    for (const LiveBlock& block : profile.blocks) {
        putVarint(to, block.address - before);
        before = block.address;
        putVarint(to, block.bytes);
        putVarint(to, block.stack);
        // Back from the reading: those that count are young or old, but never of the future.
        putVarint(to, static_cast<std::uint64_t>(
                          std::max<std::int64_t>(profile.timeNs - block.timeNs, 0)));
    }
    putVarint(to, profile.samplePeriodBytes);
    putVarint(to, static_cast<std::uint64_t>(profile.programStartNs));
}

// A time in ns that arithmetic with others cannot take out of range.
std::int64_t takeTime(ByteReader& reader, bool& isSane) {
    constexpr std::uint64_t kLongest = std::uint64_t{1} << 62U;
    const std::uint64_t value = reader.varint();
    isSane = isSane && value <= kLongest;
    return isSane ? static_cast<std::int64_t>(value) : 0;
}

bool takeClasses(ByteReader& reader, HeapProfile& profile) {
    const auto lifetimes = takeCount(reader);
    bool isSane = lifetimes.has_value();
    for (std::size_t i = 0; isSane && i < *lifetimes; ++i) {
        const std::int64_t belowNs = takeTime(reader, isSane);
        profile.lifetimes.push_back({belowNs, reader.varint()});
    }
    const auto sizes = takeCount(reader);
    isSane = isSane && sizes;
    for (std::size_t i = 0; isSane && i < *sizes && !reader.hasFailed(); ++i) {
        HeapSizeClass size;
        size.fromBytes = reader.varint();
        size.belowBytes = reader.varint();
        size.allocations = reader.varint();
        size.liveBlocks = reader.varint();
        profile.sizes.push_back(size);
    }
    return isSane && !reader.hasFailed();
}

bool takeThreads(ByteReader& reader, HeapProfile& profile) {
    const auto threads = takeCount(reader);
    bool isSane = threads.has_value();
    for (std::size_t i = 0; isSane && i < *threads && !reader.hasFailed(); ++i) {
        HeapThreadCounters thread;
        thread.tid = static_cast<std::int32_t>(takeNumber(reader, isSane));
        thread.name = takeText(reader);
        thread.isRunning = reader.varint() != 0;
        for (const auto member : kThreadCounters) {
            thread.*member = reader.varint();
        }
        profile.threads.push_back(std::move(thread));
    }
    return isSane && !reader.hasFailed();
}

bool takeLiveBlocks(ByteReader& reader, HeapProfile& profile) {
    profile.blocksLeftOut = reader.varint();
    const auto blocks = takeCount(reader);
    bool isSane = blocks.has_value();
    std::uint64_t address = 0;
    for (std::size_t i = 0; isSane && i < *blocks && !reader.hasFailed(); ++i) {
        LiveBlock block;
        address += reader.varint();
        block.address = address;
        block.bytes = reader.varint();
        block.stack = takeNumber(reader, isSane);
        block.timeNs = profile.timeNs - takeTime(reader, isSane);
        profile.blocks.push_back(block);
    }
    return isSane && !reader.hasFailed();
}

bool takeBegin(ByteReader& reader, HeapProfile& profile) {
    bool isSane = true;
    profile.samplePeriodBytes = reader.varint();
    profile.programStartNs = takeTime(reader, isSane);
    return isSane && !reader.hasFailed();
}

// Files of before have none of it.
bool takeDetails(ByteReader& reader, HeapProfile& profile) {
    return reader.left() == 0 || (takeClasses(reader, profile) && takeThreads(reader, profile) &&
                                  takeLiveBlocks(reader, profile) && takeBegin(reader, profile));
}

} // namespace

std::string encodeHeapRecord(const HeapRecord& record) {
    std::string bytes;
    putText(bytes, headOf(record));
    putModules(bytes, record);
    putSymbols(bytes, record.symbols);
    putNodes(bytes, record);
    putStacks(bytes, record.profile);
    putDetails(bytes, record.profile);
    return bytes;
}

std::shared_ptr<const HeapRecord> decodeHeapRecord(std::string_view payload) {
    ByteReader reader(payload);
    auto record = std::make_shared<HeapRecord>();
    const std::string head = takeText(reader);
    const bool isSane = !reader.hasFailed() && readHead(head, *record) &&
                        takeModules(reader, *record) &&
                        takeSymbols(reader, record->symbols, record->profile.modules.size()) &&
                        takeNodes(reader, *record) && takeStacks(reader, record->profile) &&
                        takeDetails(reader, record->profile);
    return isSane ? record : nullptr;
}

} // namespace ringscope
