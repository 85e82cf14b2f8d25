// SPDX-License-Identifier: MIT
#include "core/memory/map_json.h"

#include <algorithm>
#include <array>
#include <bit>
#include <ostream>
#include <unordered_map>
#include <utility>

#include "core/base/json_fields.h"
#include "core/memory/map_columns.h"
#include "core/memory/map_objects.h"

namespace ringscope {

namespace {

constexpr int kVersion = 1;
constexpr std::array<std::string_view, 3> kOrigins = {"process", "core dump", "VMMap CSV"};

template <typename Owner>
struct Number {
    const char* key;
    std::uint64_t Owner::*member;
};
template <typename Owner>
struct OptionalNumber {
    const char* key;
    std::optional<std::uint64_t> Owner::*member;
};

// What smaps says of a region beside the sums that every row has; zeros are left out.
constexpr std::array kRegionNumbers = {
    Number<MemoryRegion>{"offset", &MemoryRegion::offset},
    Number<MemoryRegion>{"inode", &MemoryRegion::inode},
    Number<MemoryRegion>{"kernel_page_size", &MemoryRegion::pageSize},
    Number<MemoryRegion>{"pss_dirty", &MemoryRegion::pssDirty},
    Number<MemoryRegion>{"shared_clean", &MemoryRegion::sharedClean},
    Number<MemoryRegion>{"shared_dirty", &MemoryRegion::sharedDirty},
    Number<MemoryRegion>{"private_clean", &MemoryRegion::privateClean},
    Number<MemoryRegion>{"private_dirty", &MemoryRegion::privateDirty},
    Number<MemoryRegion>{"anonymous", &MemoryRegion::anonymous},
    Number<MemoryRegion>{"ksm", &MemoryRegion::ksm},
    Number<MemoryRegion>{"lazy_free", &MemoryRegion::lazyFree},
    Number<MemoryRegion>{"anon_huge_pages", &MemoryRegion::anonHugePages},
    Number<MemoryRegion>{"shmem_pmd_mapped", &MemoryRegion::shmemPmdMapped},
    Number<MemoryRegion>{"file_pmd_mapped", &MemoryRegion::filePmdMapped},
    Number<MemoryRegion>{"shared_hugetlb", &MemoryRegion::sharedHugetlb},
    Number<MemoryRegion>{"private_hugetlb", &MemoryRegion::privateHugetlb},
    Number<MemoryRegion>{"swap_pss", &MemoryRegion::swapPss},
};
// Which the columns hold as they are.
constexpr std::array kRegionColumns = {
    Number<MemoryRegion>{"rss", &MemoryRegion::rss},
    Number<MemoryRegion>{"pss", &MemoryRegion::pss},
    Number<MemoryRegion>{"referenced", &MemoryRegion::referenced},
    Number<MemoryRegion>{"swap", &MemoryRegion::swap},
    Number<MemoryRegion>{"locked", &MemoryRegion::locked},
};

constexpr std::array kRollupNumbers = {
    Number<SlowCounters>{"rss", &SlowCounters::rss},
    Number<SlowCounters>{"pss", &SlowCounters::pss},
    Number<SlowCounters>{"shared_clean", &SlowCounters::sharedClean},
    Number<SlowCounters>{"shared_dirty", &SlowCounters::sharedDirty},
    Number<SlowCounters>{"private_clean", &SlowCounters::privateClean},
    Number<SlowCounters>{"private_dirty", &SlowCounters::privateDirty},
    Number<SlowCounters>{"referenced", &SlowCounters::referenced},
    Number<SlowCounters>{"anonymous", &SlowCounters::anonymous},
    Number<SlowCounters>{"anon_huge_pages", &SlowCounters::anonHugePages},
    Number<SlowCounters>{"swap", &SlowCounters::swap},
    Number<SlowCounters>{"locked", &SlowCounters::locked},
};
constexpr std::array kRollupOptionals = {
    OptionalNumber<SlowCounters>{"pss_anon", &SlowCounters::pssAnon},
    OptionalNumber<SlowCounters>{"pss_file", &SlowCounters::pssFile},
    OptionalNumber<SlowCounters>{"pss_shmem", &SlowCounters::pssShmem},
    OptionalNumber<SlowCounters>{"pss_dirty", &SlowCounters::pssDirty},
    OptionalNumber<SlowCounters>{"swap_pss", &SlowCounters::swapPss},
    OptionalNumber<SlowCounters>{"shared_hugetlb", &SlowCounters::sharedHugetlb},
    OptionalNumber<SlowCounters>{"private_hugetlb", &SlowCounters::privateHugetlb},
};

constexpr std::array kCounterNumbers = {
    Number<FastCounters>{"virtual_size", &FastCounters::virtualSize},
    Number<FastCounters>{"rss", &FastCounters::rss},
    Number<FastCounters>{"rss_peak", &FastCounters::rssPeak},
    Number<FastCounters>{"minor_faults", &FastCounters::minorFaults},
    Number<FastCounters>{"major_faults", &FastCounters::majorFaults},
};
constexpr std::array kCounterOptionals = {
    OptionalNumber<FastCounters>{"rss_anon", &FastCounters::rssAnon},
    OptionalNumber<FastCounters>{"rss_file", &FastCounters::rssFile},
    OptionalNumber<FastCounters>{"rss_shmem", &FastCounters::rssShmem},
    OptionalNumber<FastCounters>{"swap", &FastCounters::swap},
    OptionalNumber<FastCounters>{"page_tables", &FastCounters::pageTables},
    OptionalNumber<FastCounters>{"hugetlb", &FastCounters::hugetlb},
};

constexpr std::array kCgroupOptionals = {
    OptionalNumber<CgroupMemory>{"usage", &CgroupMemory::usage},
    OptionalNumber<CgroupMemory>{"limit", &CgroupMemory::limit},
    OptionalNumber<CgroupMemory>{"oom_kills", &CgroupMemory::oomKills},
};
constexpr std::array<Number<CgroupMemory>, 0> kCgroupNumbers{};

template <typename Owner, typename Numbers, typename Optionals>
Json numbersJson(const Owner& owner, const Numbers& numbers, const Optionals& optionals) {
    Json json = Json::object();
    for (const auto& [key, member] : numbers) {
        json[key] = owner.*member;
    }
    for (const auto& [key, member] : optionals) {
        json[key] = owner.*member ? Json(*(owner.*member)) : Json();
    }
    return json;
}

void addSums(Json& json, const MemorySums& sums) {
    for (const MapColumn& column : mapColumns()) {
        json[std::string(column.key)] = column.value(sums);
    }
}

Json rollupJson(const MapSnapshot& snapshot) {
    if (!snapshot.rollup) {
        return {};
    }
    Json json = numbersJson(*snapshot.rollup, kRollupNumbers, kRollupOptionals);
    json["private"] = snapshot.rollup->privateBytes();
    json["shared"] = snapshot.rollup->sharedBytes();
    return json;
}

Json allocatorJson(const std::optional<AllocatorSums>& sums) {
    if (!sums) {
        return {};
    }
    return {{"monotonic_ns", sums->timeNs},
            {"arena_bytes", sums->arenaBytes},
            {"mapped_bytes", sums->mappedBytes},
            {"free_bytes", sums->freeBytes},
            {"trimmable_bytes", sums->trimmableBytes}};
}

Json headJson(const MapSnapshot& snapshot) {
    Json json;
    json["format"] = kMapFormat;
    json["version"] = kVersion;
    json["origin"] = kOrigins[static_cast<std::size_t>(snapshot.origin)];
    json["pid"] = snapshot.space.process.pid;
    json["name"] = snapshot.name;
    json["command"] = snapshot.command;
    json["page_size"] = snapshot.pageSize;
    json["time"] = static_cast<double>(snapshot.wallNs) / 1e9;
    json["time_ns"] = snapshot.wallNs;
    json["monotonic_ns"] = snapshot.space.timeNs;
    json["cost_ns"] = snapshot.space.costNs;
    json["start_ticks"] = snapshot.space.process.startTicks;
    json["pid_namespace"] = snapshot.space.process.pidNamespace;
    json["remarks"] = snapshot.remarks;
    if (snapshot.heap) {
        json["heap_live_bytes"] = snapshot.heap->liveBytes;
        json["allocator"] = allocatorJson(snapshot.heap->allocator);
    }
    json["rollup"] = rollupJson(snapshot);
    json["counters"] = snapshot.counters
                           ? numbersJson(*snapshot.counters, kCounterNumbers, kCounterOptionals)
                           : Json();
    json["cgroup"] = Json();
    if (snapshot.cgroup) {
        json["cgroup"] = numbersJson(*snapshot.cgroup, kCgroupNumbers, kCgroupOptionals);
        json["cgroup"]["version"] = snapshot.cgroup->version;
        json["cgroup"]["path"] = snapshot.cgroup->path;
    }
    json["threads"] = Json::array();
    for (const ThreadPlace& thread : snapshot.space.threads) {
        json["threads"].push_back(
            {{"tid", thread.tid}, {"name", thread.name}, {"stack_pointer", thread.stackPointer}});
    }
    json["stacks_known"] = snapshot.space.areStacksKnown;
    json["malformed_lines"] = snapshot.space.map.malformedLines;
    return json;
}

void addTypes(const MapSnapshot& snapshot, Json& json) {
    const MemoryByType sums = snapshot.sums();
    json["types"] = Json::array();
    for (const MemoryType type : kMemoryTypes) {
        Json row{{"type", memoryTypeName(type)}};
        addSums(row, sums.of(type));
        json["types"].push_back(std::move(row));
    }
    const MemorySums total = sums.regionTotal();
    json["total"] = Json::object();
    addSums(json["total"], total);
    const auto rounding = pssRounding(snapshot, total);
    json["pss_rounding"] = rounding ? Json(*rounding) : Json();
}

Json objectJson(const MapObject& object) {
    Json json{{"type", memoryTypeName(object.type)}, {"name", object.name}, {"key", object.key}};
    addSums(json, object.sums);
    return json;
}

Json regionJson(const MapSnapshot& snapshot, const MapObjects& objects, std::size_t index) {
    const MemoryMap& map = snapshot.space.map;
    const MemoryRegion& region = map.regions[index];
    Json json{{"start", region.start},
              {"end", region.end},
              {"type", memoryTypeName(snapshot.types[index])},
              {"object", objects.objects[objects.objectOf[index]].name},
              {"protection", protectionCode(region)}};
    addSums(json, sumsOf(map, region, snapshot.types[index]));
    if (const std::string details = regionDetails(snapshot, index); !details.empty()) {
        json["details"] = details;
    }
    if (region.name != 0) {
        json["name"] = map.nameOf(region);
    }
    if (region.flags != 0) {
        json["flags"] = map.flagsOf(region);
    }
    if (region.deviceMajor != 0 || region.deviceMinor != 0) {
        json["device"] = {region.deviceMajor, region.deviceMinor};
    }
    for (const auto& [key, member] : kRegionNumbers) {
        if (region.*member != 0) {
            json[key] = region.*member;
        }
    }
    if (snapshot.nodes && !snapshot.nodes->regions[index].empty()) {
        json["nodes"] = Json::array();
        for (const NodeBytes& node : snapshot.nodes->regions[index]) {
            json["nodes"].push_back({node.node, node.bytes});
        }
    }
    return json;
}

Error noMap(const std::string& what, const std::string& why) {
    return makeError(ErrorKind::damaged, what + " is no memory map that Ringscope can read: " +
                                             why + "; save the map again");
}

// Of what anything divides addresses by.
bool isPageSize(std::uint64_t bytes) {
    constexpr std::uint64_t kLeast = 4096;
    constexpr std::uint64_t kMost = std::uint64_t{1} << 20U;
    return bytes >= kLeast && bytes <= kMost && std::has_single_bit(bytes);
}

// Before it is parsed: each level would need memory of its own. A map has five.
bool isNestedTooDeeply(std::string_view text) {
    constexpr int kMostLevels = 32;
    int level = 0;
    bool isInText = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (isInText) {
            i += c == '\\' ? 1U : 0U;
            isInText = c != '"';
        } else if (c == '"') {
            isInText = true;
        } else if (c == '[' || c == '{') {
            if (++level > kMostLevels) {
                return true;
            }
        } else if (c == ']' || c == '}') {
            --level;
        }
    }
    return false;
}

class MapReader {
public:
    // isHeadOnly: no regions are looked for.
    MapReader(const Json& json, const std::string& what, bool isHeadOnly)
        : m_json(json)
        , m_what(what)
        , m_isHeadOnly(isHeadOnly) {}

    Expected<MapSnapshot> read() {
        if (!m_json.is_object() || m_json.value("format", "") != kMapFormat) {
            return noMap(m_what, "it does not say that it is one");
        }
        int version = 0;
        Fields(m_json).read("version", version);
        if (version < 1 || version > kVersion) {
            return makeError(ErrorKind::damaged,
                             m_what + " is a memory map of version " + std::to_string(version) +
                                 ", which this Ringscope does not know: open it with a newer one");
        }
        readHead();
        if (!isPageSize(m_snapshot.pageSize)) {
            return noMap(m_what, "its page size of " + std::to_string(m_snapshot.pageSize) +
                                     " bytes is none that a machine has");
        }
        if (m_isHeadOnly) {
            return std::move(m_snapshot);
        }
        Fields(m_json).part("nodes", [&](const Fields& fields) {
            m_snapshot.nodes.emplace();
            fields.read("malformed_lines", m_snapshot.nodes->malformedLines)
                .read("unmatched_lines", m_snapshot.nodes->unmatchedLines);
        });
        for (const Json& region : m_json.at("regions")) {
            if (auto added = readRegion(region); !added) {
                return added.error();
            }
        }
        return std::move(m_snapshot);
    }

private:
    void readHead() {
        ProcessIdentity& process = m_snapshot.space.process;
        std::string origin(kOrigins.front());
        Fields(m_json)
            .read("origin", origin)
            .read("pid", process.pid)
            .read("start_ticks", process.startTicks)
            .read("pid_namespace", process.pidNamespace)
            .read("name", m_snapshot.name)
            .read("command", m_snapshot.command)
            .read("page_size", m_snapshot.pageSize)
            .read("time_ns", m_snapshot.wallNs)
            .read("monotonic_ns", m_snapshot.space.timeNs)
            .read("cost_ns", m_snapshot.space.costNs)
            .read("remarks", m_snapshot.remarks)
            .read("stacks_known", m_snapshot.space.areStacksKnown)
            .read("malformed_lines", m_snapshot.space.map.malformedLines)
            .part("rollup",
                  [&](const Fields& fields) {
                      m_snapshot.rollup.emplace();
                      readNumbers(fields, *m_snapshot.rollup, kRollupNumbers, kRollupOptionals);
                  })
            .part("counters",
                  [&](const Fields& fields) {
                      m_snapshot.counters.emplace();
                      readNumbers(fields, *m_snapshot.counters, kCounterNumbers, kCounterOptionals);
                  })
            .part("cgroup",
                  [&](const Fields& fields) {
                      m_snapshot.cgroup.emplace();
                      readNumbers(fields, *m_snapshot.cgroup, kCgroupNumbers, kCgroupOptionals);
                      fields.read("version", m_snapshot.cgroup->version)
                          .read("path", m_snapshot.cgroup->path);
                  })
            .each("threads", [&](const Fields& fields) {
                ThreadPlace thread;
                fields.read("tid", thread.tid)
                    .read("name", thread.name)
                    .read("stack_pointer", thread.stackPointer);
                m_snapshot.space.threads.push_back(std::move(thread));
            });
        readHeap();
        const auto found = std::find(kOrigins.begin(), kOrigins.end(), origin);
        m_snapshot.origin = static_cast<MapOrigin>(
            found == kOrigins.end() ? 0 : std::distance(kOrigins.begin(), found));
    }

    void readHeap() {
        std::optional<std::uint64_t> liveBytes;
        const Fields fields(m_json);
        fields.readOptional("heap_live_bytes", liveBytes);
        if (!liveBytes) {
            return;
        }
        m_snapshot.heap = HeapFigures{*liveBytes, std::nullopt};
        fields.part("allocator", [this](const Fields& sums) {
            AllocatorSums& allocator = m_snapshot.heap->allocator.emplace();
            sums.read("monotonic_ns", allocator.timeNs)
                .read("arena_bytes", allocator.arenaBytes)
                .read("mapped_bytes", allocator.mappedBytes)
                .read("free_bytes", allocator.freeBytes)
                .read("trimmable_bytes", allocator.trimmableBytes);
        });
    }

    template <typename Owner, typename Numbers, typename Optionals>
    static void readNumbers(const Fields& fields, Owner& owner, const Numbers& numbers,
                            const Optionals& optionals) {
        for (const auto& [key, member] : numbers) {
            fields.read(key, owner.*member);
        }
        for (const auto& [key, member] : optionals) {
            fields.readOptional(key, owner.*member);
        }
    }

    Expected<void> readRegion(const Json& json) {
        MemoryMap& map = m_snapshot.space.map;
        MemoryRegion region;
        std::string type;
        std::string protection;
        std::string name;
        std::string flags;
        std::array<std::uint32_t, 2> device{};
        const Fields fields(json);
        fields.read("start", region.start)
            .read("end", region.end)
            .read("type", type)
            .read("protection", protection)
            .read("name", name)
            .read("flags", flags)
            .read("device", device);
        for (const auto& [key, member] : kRegionColumns) {
            fields.read(key, region.*member);
        }
        for (const auto& [key, member] : kRegionNumbers) {
            fields.read(key, region.*member);
        }
        if (region.start >= region.end ||
            (!map.regions.empty() && region.start < map.regions.back().end)) {
            return noMap(m_what, "its regions are not in the order of their addresses");
        }
        protection.resize(4, '-');
        region.isReadable = protection[0] == 'r';
        region.isWritable = protection[1] == 'w';
        region.isExecutable = protection[2] == 'x';
        region.isSharedMapping = protection[3] == 's';
        region.deviceMajor = device[0];
        region.deviceMinor = device[1];
        region.name = intern(name, map.names, m_names);
        region.flags = intern(flags, map.flags, m_flags);
        map.regions.push_back(region);
        if (m_snapshot.nodes) {
            if (!readNodes(fields)) {
                return noMap(m_what, "a region's memory nodes are not in order");
            }
        }
        m_snapshot.types.push_back(memoryTypeFromName(type).value_or(MemoryType::unknown));
        return {};
    }

    // Of the region that was added last. False: not in order, or none there can be.
    bool readNodes(const Fields& fields) {
        std::vector<std::array<std::uint64_t, 2>> pairs;
        fields.read("nodes", pairs);
        MemoryNodes& nodes = m_snapshot.nodes->regions.emplace_back();
        for (const auto& [node, bytes] : pairs) {
            if (node >= kMaxMemoryNodes || bytes == 0 ||
                (!nodes.empty() && node <= nodes.back().node)) {
                return false;
            }
            nodes.push_back({static_cast<std::uint32_t>(node), bytes});
        }
        return true;
    }

    using Index = std::unordered_map<std::string, std::uint32_t>;

    static std::uint32_t intern(const std::string& text, std::vector<std::string>& texts,
                                Index& index) {
        if (text.empty()) {
            return 0;
        }
        const auto [at, isNew] = index.emplace(text, static_cast<std::uint32_t>(texts.size()));
        if (isNew) {
            texts.push_back(text);
        }
        return at->second;
    }

    const Json& m_json;
    const std::string& m_what;
    const bool m_isHeadOnly;
    MapSnapshot m_snapshot;
    Index m_names;
    Index m_flags;
};

Expected<MapSnapshot> parse(std::string_view text, const std::string& what, bool isHeadOnly) {
    if (isNestedTooDeeply(text)) {
        return noMap(what, "it is nested deeper than any map");
    }
    const Json json = Json::parse(text, nullptr, false);
    if (json.is_discarded()) {
        return noMap(what, "it is cut short or no JSON");
    }
    try {
        return MapReader(json, what, isHeadOnly).read();
    } catch (const Json::exception&) { // a field of another type
        return noMap(what, "a field is missing or of another type");
    }
}

} // namespace

void writeMapJson(const MapSnapshot& snapshot, std::ostream& out) {
    const MapObjects objects = groupByObject(snapshot);
    Json json = headJson(snapshot);
    addTypes(snapshot, json);
    json["nodes"] = Json();
    if (snapshot.nodes) {
        json["nodes"] = {{"malformed_lines", snapshot.nodes->malformedLines},
                         {"unmatched_lines", snapshot.nodes->unmatchedLines}};
    }
    std::string head = dumpJson(json, 2);
    head.resize(head.rfind('\n')); // without its closing brace
    out << head << ",\n  \"objects\": [";
    const char* separator = "\n    ";
    for (const MapObject& object : objects.objects) {
        out << separator << dumpJson(objectJson(object));
        separator = ",\n    ";
    }
    out << "\n  ],\n  \"regions\": [";
    separator = "\n    ";
    for (std::size_t i = 0; i < snapshot.space.map.regions.size(); ++i) {
        out << separator << dumpJson(regionJson(snapshot, objects, i));
        separator = ",\n    ";
    }
    out << "\n  ]\n}\n";
}

Expected<MapSnapshot> mapFromJson(std::string_view text, const std::string& what) {
    return parse(text, what, false);
}

std::string mapHeadToJson(const MapSnapshot& snapshot) {
    return dumpJson(headJson(snapshot));
}

std::optional<MapSnapshot> mapHeadFromJson(const std::string& text) {
    auto snapshot = parse(text, "", true);
    return snapshot ? std::optional(std::move(snapshot).value()) : std::nullopt;
}

} // namespace ringscope
