// SPDX-License-Identifier: MIT
#include "core/memory/map_objects.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>
#include <optional>
#include <string_view>
#include <tuple>
#include <unordered_map>

#include "core/base/printable_name.h"

namespace ringscope {

namespace {

using std::string_view;

std::string hex(std::uint64_t value) {
    std::array<char, 24> text{};
    std::snprintf(text.data(), text.size(), "%llx", static_cast<unsigned long long>(value));
    return text.data();
}

class Grouping {
public:
    explicit Grouping(const MapSnapshot& snapshot)
        : m_snapshot(snapshot)
        , m_map(snapshot.space.map) {
        for (const ThreadPlace& thread : snapshot.space.threads) {
            if (thread.stackPointer != 0) {
                m_threads.emplace(thread.stackPointer, &thread);
            }
        }
    }

    MapObjects group() {
        m_result.objectOf.resize(m_map.regions.size());
        for (std::uint32_t i = 0; i < m_map.regions.size(); ++i) {
            const std::uint32_t object = objectFor(i);
            m_result.objectOf[i] = object;
            MapObject& row = m_result.objects[object];
            row.regions.push_back(i);
            row.sums += sumsOf(m_map, m_map.regions[i], m_snapshot.types[i]);
        }
        nameGuards();
        sortByType();
        giveKeys();
        return std::move(m_result);
    }

private:
    using NamedKey = std::tuple<MemoryType, std::uint32_t, std::uint32_t, std::uint32_t,
                                std::uint64_t>; // type, name, device, inode

    std::uint32_t objectFor(std::uint32_t index) {
        const MemoryRegion& region = m_map.regions[index];
        const MemoryType type = m_snapshot.types[index];
        if (region.name != 0) {
            const NamedKey key{type, region.name, region.deviceMajor, region.deviceMinor,
                               region.inode};
            const auto [at, isNew] = m_named.try_emplace(key, 0);
            if (isNew) {
                at->second = add(type, std::string(m_map.nameOf(region)), true);
            }
            return at->second;
        }
        if (continuesBelow(index)) {
            return m_result.objectOf[index - 1];
        }
        return add(type, nameOfUnnamed(region, type), false);
    }

    // Neighbours of one type are one stretch; .bss belongs to the image below it.
    [[nodiscard]] bool continuesBelow(std::uint32_t index) const {
        if (index == 0 || m_map.regions[index - 1].end != m_map.regions[index].start) {
            return false;
        }
        const MemoryType type = m_snapshot.types[index];
        if (m_snapshot.types[index - 1] != type) {
            return false;
        }
        if (type == MemoryType::image) {
            return true;
        }
        constexpr std::uint64_t kArenaSize = std::uint64_t{64} << 20U;
        const bool isArena =
            type == MemoryType::heap && m_map.regions[index].start % kArenaSize == 0;
        return m_map.regions[index - 1].name == 0 && !isArena && type != MemoryType::stack &&
               type != MemoryType::reserved;
    }

    [[nodiscard]] std::string nameOfUnnamed(const MemoryRegion& region, MemoryType type) const {
        switch (type) {
        case MemoryType::heap:
            return "arena";
        case MemoryType::stack: {
            const auto thread = m_threads.lower_bound(region.start);
            if (thread == m_threads.end() || thread->first >= region.end) {
                return "thread stack";
            }
            return "thread " + std::to_string(thread->second->tid) +
                   (thread->second->name.empty() ? "" : " " + thread->second->name);
        }
        case MemoryType::reserved:
            return "reservation";
        default:
            return "anonymous";
        }
    }

    std::uint32_t add(MemoryType type, std::string name, bool isNamed) {
        MapObject object;
        object.type = type;
        object.name = std::move(name);
        object.isNamed = isNamed;
        m_result.objects.push_back(std::move(object));
        return static_cast<std::uint32_t>(m_result.objects.size() - 1);
    }

    // A reservation is told by what it touches: the stack above it, the arena below it.
    void nameGuards() {
        constexpr std::uint64_t kLargestGuard = std::uint64_t{1} << 20U;
        const auto& regions = m_map.regions;
        for (std::uint32_t i = 0; i < regions.size(); ++i) {
            if (m_snapshot.types[i] != MemoryType::reserved || regions[i].name != 0) {
                continue;
            }
            MapObject& object = m_result.objects[m_result.objectOf[i]];
            const bool isUnderStack = i + 1 < regions.size() &&
                                      regions[i + 1].start == regions[i].end &&
                                      m_snapshot.types[i + 1] == MemoryType::stack;
            const bool isOverHeap = i > 0 && regions[i - 1].end == regions[i].start &&
                                    m_snapshot.types[i - 1] == MemoryType::heap;
            if (isUnderStack && regions[i].size() <= kLargestGuard) {
                object.name = "guard of " + m_result.objects[m_result.objectOf[i + 1]].name;
            } else if (isOverHeap) {
                object.name = "rest of arena";
            }
        }
    }

    void sortByType() {
        std::vector<std::uint32_t> order(m_result.objects.size());
        for (std::uint32_t i = 0; i < order.size(); ++i) {
            order[i] = i;
        }
        std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
            return m_result.objects[a].type < m_result.objects[b].type;
        });
        std::vector<MapObject> sorted;
        std::vector<std::uint32_t> placeOf(order.size());
        sorted.reserve(order.size());
        for (std::uint32_t place = 0; place < order.size(); ++place) {
            placeOf[order[place]] = place;
            sorted.push_back(std::move(m_result.objects[order[place]]));
        }
        m_result.objects = std::move(sorted);
        for (std::uint32_t& object : m_result.objectOf) {
            object = placeOf[object];
        }
    }

    void giveKeys() {
        std::unordered_map<std::string, std::uint32_t> uses;
        for (MapObject& object : m_result.objects) {
            object.key = std::string(memoryTypeName(object.type)) + " " + object.name;
            if (!object.isNamed) {
                object.key += " at " + hex(m_map.regions[object.regions.front()].start);
            }
            const std::uint32_t use = ++uses[object.key];
            if (use > 1) { // two memory files of one name
                object.key += " #" + std::to_string(use);
            }
        }
    }

    const MapSnapshot& m_snapshot;
    const MemoryMap& m_map;
    std::map<std::uint64_t, const ThreadPlace*> m_threads; // by stack pointer
    std::map<NamedKey, std::uint32_t> m_named;
    MapObjects m_result;
};

// Codes of VmFlags that Linux 6.18 writes (Documentation/filesystems/proc.rst, fs/proc/task_mmu.c).
constexpr string_view kKnownFlags = " rd wr ex sh mr mw me ms gd pf lo io sr rr dc de ac nr ht sf "
                                    "nl ar wf dd sd mm hg nh mg um uw ui ss sl lf dp gu mt bt ";

std::string unknownFlags(string_view flags) {
    std::string unknown;
    while (!flags.empty()) {
        const auto end = std::min(flags.find(' '), flags.size());
        const std::string code(flags.substr(0, end));
        flags.remove_prefix(std::min(end + 1, flags.size()));
        if (!code.empty() && kKnownFlags.find(" " + code + " ") == string_view::npos) {
            unknown += " " + printableName(code);
        }
    }
    return unknown;
}

// Arenas of glibc, the heap of Go and .bss have no name of their own; nothing else lies so, as far
// as is known.
bool isGuessed(const MapSnapshot& snapshot, std::size_t index) {
    const MemoryRegion& region = snapshot.space.map.regions[index];
    const MemoryType type = snapshot.types[index];
    return region.name == 0 && region.inode == 0 && snapshot.origin != MapOrigin::vmmapCsv &&
           (type == MemoryType::heap || type == MemoryType::managedHeap ||
            type == MemoryType::image);
}

} // namespace

MapObjects groupByObject(const MapSnapshot& snapshot) {
    return Grouping(snapshot).group();
}

std::string protectionCode(const MemoryRegion& region) {
    std::string code = "---p";
    code[0] = region.isReadable ? 'r' : '-';
    code[1] = region.isWritable ? 'w' : '-';
    code[2] = region.isExecutable ? 'x' : '-';
    code[3] = region.isSharedMapping ? 's' : 'p';
    return code;
}

std::string protectionWords(const MemoryRegion& region) {
    if (region.hasNoAccess()) {
        return "No access";
    }
    std::string words;
    const auto add = [&](bool isSet, string_view word) {
        if (isSet) {
            words += (words.empty() ? "" : "/");
            words += word;
        }
    };
    add(region.isExecutable, "Execute");
    add(region.isReadable, "Read");
    add(region.isWritable, "Write");
    return words + (region.isSharedMapping ? ", shared" : "");
}

std::string regionDetails(const MapSnapshot& snapshot, std::size_t index) {
    const MemoryMap& map = snapshot.space.map;
    const MemoryRegion& region = map.regions[index];
    std::string details;
    const auto add = [&](const std::string& text) {
        details += (details.empty() ? "" : ", ") + text;
    };
    if (snapshot.types[index] == MemoryType::image && region.inode == 0) {
        add(".bss");
    }
    if (isGuessed(snapshot, index)) {
        add("guessed by its place");
    }
    if (map.nameOf(region).starts_with("/SYSV")) {
        add("shmid " + std::to_string(region.inode));
    }
    if (region.offset != 0 && region.inode != 0) {
        add("from offset 0x" + hex(region.offset));
    }
    if (map.hasFlag(region, "gu")) {
        add("guard pages inside");
    }
    if (map.hasFlag(region, "lo")) {
        add("locked");
    }
    if (map.hasFlag(region, "nr") && !region.hasNoAccess()) {
        add("not charged (MAP_NORESERVE)");
    }
    if (map.hasFlag(region, "dd") || map.hasFlag(region, "dc")) {
        add(map.hasFlag(region, "dd") ? "not in core dumps" : "not inherited by fork");
    }
    const std::string unknown = unknownFlags(map.flagsOf(region));
    if (!unknown.empty()) {
        add("unknown flags" + unknown);
    }
    return details;
}

} // namespace ringscope
