// SPDX-License-Identifier: MIT
#include "core/memory/map_difference.h"

#include <algorithm>
#include <array>
#include <map>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "core/memory/overlap_groups.h"

#include "core/memory/told_columns.h"

namespace ringscope {

namespace {

std::uint64_t inMemory(const MemorySums& sums) {
    return sums.rss + sums.hugetlb + sums.swap;
}

// What of a map is told, which the other side may not be.
MemorySums toldBy(const MapSnapshot& snapshot, MemorySums sums) {
    if (snapshot.origin == MapOrigin::coreDump) {
        MemorySums told;
        told.regions = sums.regions;
        told.size = sums.size;
        told.largest = sums.largest;
        return told;
    }
    if (snapshot.origin == MapOrigin::vmmapCsv) {
        sums.swap = sums.privateSwap = 0;
        sums.huge = sums.hugetlb = 0;
        sums.dirty = 0;
    }
    return sums;
}

// All but what any other process changes all the time.
bool isOtherwise(MemorySums before, MemorySums after) {
    for (MemorySums* const sums : {&before, &after}) {
        sums->pss = 0;
        sums->swapPss = 0;
        sums->referenced = 0;
        sums->locked = 0; // the kernel divides it by who else maps the page
    }
    return before != after;
}

MapChange changeOf(const MemorySums& before, const MemorySums& after) {
    const bool isOtherSize = before.size != after.size;
    const std::uint64_t earlier = isOtherSize ? before.size : inMemory(before);
    const std::uint64_t later = isOtherSize ? after.size : inMemory(after);
    if (earlier != later) {
        return later > earlier ? MapChange::grown : MapChange::shrunk;
    }
    return isOtherwise(before, after) ? MapChange::changed : MapChange::same;
}

class Comparison {
public:
    Comparison(const MapSnapshot& before, const MapSnapshot& after)
        : m_before(before)
        , m_after(after)
        , m_objectsBefore(groupByObject(before))
        , m_objectsAfter(groupByObject(after)) {}

    MapDifference compare() {
        for (const MapColumn& column : mapColumns()) {
            if (ringscope::tells(m_before, column) && ringscope::tells(m_after, column)) {
                m_result.columns.push_back(&column);
            }
        }
        m_result.objectRowBefore.resize(m_objectsBefore.objects.size());
        m_result.objectRowAfter.resize(m_objectsAfter.objects.size());
        m_result.before = m_before.sums();
        m_result.after = m_after.sums();
        const ProcessIdentity& one = m_before.space.process;
        const ProcessIdentity& other = m_after.space.process;
        m_result.isSameProcess = one.pid != 0 && one.startTicks != 0 && one == other;
        for (const MemoryType type : kMemoryTypes) {
            compareNamed(type);
            if (m_result.isSameProcess) {
                compareUnnamed(type);
            } else {
                sumUnnamed(type);
            }
        }
        if (m_result.isSameProcess) {
            compareRegions();
        }
        return std::move(m_result);
    }

private:
    using Indices = std::vector<std::uint32_t>;

    static Indices select(const MapObjects& objects, MemoryType type, bool isNamed) {
        Indices found;
        const auto first =
            std::partition_point(objects.objects.begin(), objects.objects.end(),
                                 [&](const MapObject& object) { return object.type < type; });
        for (auto at = first; at != objects.objects.end() && at->type == type; ++at) {
            if (at->isNamed == isNamed) {
                found.push_back(static_cast<std::uint32_t>(at - objects.objects.begin()));
            }
        }
        return found;
    }

    [[nodiscard]] MapChange change(const MapDifferenceRow& row) const {
        if (!row.indexBefore && row.before.regions == 0) {
            return MapChange::appeared;
        }
        if (!row.indexAfter && row.after.regions == 0) {
            return MapChange::vanished;
        }
        const auto told = [this](const MemorySums& sums) {
            return toldBy(m_before, toldBy(m_after, sums));
        };
        return changeOf(told(row.before), told(row.after));
    }

    void addObject(std::optional<std::uint32_t> before, std::optional<std::uint32_t> after) {
        addObjects(before ? Indices{*before} : Indices{}, after ? Indices{*after} : Indices{});
    }

    // Of several the first of each side stands for all.
    void addObjects(const Indices& before, const Indices& after) {
        MapDifferenceRow row;
        const auto number = static_cast<std::uint32_t>(m_result.objects.size());
        const auto set = [&](const MapSnapshot& snapshot, const MapObjects& objects,
                             const Indices& indices, MemorySums& sums,
                             std::vector<std::uint32_t>& rowOf) {
            if (indices.empty()) {
                return;
            }
            const auto& regions = snapshot.space.map.regions;
            const MapObject& first = objects.objects[indices.front()];
            row.type = first.type;
            row.name = first.name;
            row.start = regions[first.regions.front()].start;
            row.end = regions[objects.objects[indices.back()].regions.back()].end;
            for (const std::uint32_t index : indices) {
                sums += objects.objects[index].sums;
                rowOf[index] = number;
            }
        };
        if (!before.empty()) {
            row.indexBefore = before.front();
        }
        if (!after.empty()) {
            row.indexAfter = after.front();
        }
        set(m_before, m_objectsBefore, before, row.before, m_result.objectRowBefore);
        set(m_after, m_objectsAfter, after, row.after, m_result.objectRowAfter);
        row.change = change(row);
        m_result.objects.push_back(std::move(row));
    }

    // Of a file that has an inode: which one it is, whatever it is called by now.
    static std::string fileOf(const MapSnapshot& snapshot, const MapObject& object) {
        const MemoryRegion& region = snapshot.space.map.regions[object.regions.front()];
        return region.inode == 0
                   ? std::string()
                   : std::to_string(region.deviceMajor) + ":" + std::to_string(region.deviceMinor) +
                         " " + std::to_string(region.inode);
    }

    // Pairs those objects of before that have none yet with those of after, by what nameOf says of
    // them; empty: by nothing.
    template <typename NameOf>
    void pairBy(NameOf nameOf, const Indices& before, const Indices& after,
                std::vector<std::optional<std::uint32_t>>& pairOf) {
        std::unordered_map<std::string, std::uint32_t> earlier;
        std::vector<bool> isTaken(m_objectsBefore.objects.size());
        for (const auto& taken : pairOf) {
            if (taken) {
                isTaken[*taken] = true;
            }
        }
        for (const std::uint32_t index : before) {
            const std::string name = nameOf(m_before, m_objectsBefore.objects[index]);
            if (!isTaken[index] && !name.empty()) {
                earlier.emplace(name, index);
            }
        }
        for (std::size_t i = 0; i < after.size() && !earlier.empty(); ++i) {
            if (pairOf[i]) {
                continue;
            }
            const auto found = earlier.find(nameOf(m_after, m_objectsAfter.objects[after[i]]));
            if (found != earlier.end()) {
                pairOf[i] = found->second;
                earlier.erase(found);
            }
        }
    }

    // By name: of one process only what is no other file, as one that took the name of another may
    // be, or the second of two memory files called the same.
    void compareNamed(MemoryType type) {
        const Indices before = select(m_objectsBefore, type, true);
        const Indices after = select(m_objectsAfter, type, true);
        std::vector<std::optional<std::uint32_t>> pairOf(after.size());
        if (m_result.isSameProcess) {
            pairBy(
                [](const MapSnapshot& snapshot, const MapObject& object) {
                    const std::string file = fileOf(snapshot, object);
                    return file.empty() ? file : file + " " + object.name;
                },
                before, after, pairOf);
            pairBy(fileOf, before, after, pairOf);
        }
        pairBy([](const MapSnapshot&, const MapObject& object) { return object.key; }, before,
               after, pairOf);
        std::vector<bool> isMatched(m_objectsBefore.objects.size());
        for (std::size_t i = 0; i < after.size(); ++i) {
            if (pairOf[i]) {
                isMatched[*pairOf[i]] = true;
            }
            addObject(pairOf[i], after[i]);
        }
        for (const std::uint32_t index : before) {
            if (!isMatched[index]) {
                addObject(index, std::nullopt);
            }
        }
    }

    [[nodiscard]] static std::vector<KeyedRange>
    rangesOf(const MapSnapshot& snapshot, const MapObjects& objects, const Indices& indices) {
        const auto& regions = snapshot.space.map.regions;
        std::vector<KeyedRange> ranges;
        ranges.reserve(indices.size());
        for (const std::uint32_t index : indices) {
            const MapObject& object = objects.objects[index];
            ranges.push_back(
                {regions[object.regions.front()].start, regions[object.regions.back()].end, 0});
        }
        return ranges;
    }

    [[nodiscard]] static Indices pick(const Indices& all, const Indices& positions) {
        Indices picked;
        for (const std::uint32_t position : positions) {
            picked.push_back(all[position]);
        }
        return picked;
    }

    // The kernel joins new anonymous memory with what it touches, mostly from below, and cuts what
    // is unmapped in part, so unnamed objects are the same when they overlap.
    void compareUnnamed(MemoryType type) {
        const Indices before = select(m_objectsBefore, type, false);
        const Indices after = select(m_objectsAfter, type, false);
        for (const OverlapGroup& group : groupOverlaps(rangesOf(m_before, m_objectsBefore, before),
                                                       rangesOf(m_after, m_objectsAfter, after))) {
            addObjects(pick(before, group.before), pick(after, group.after));
        }
    }

    // Between two processes addresses say nothing.
    void sumUnnamed(MemoryType type) {
        MapDifferenceRow row;
        row.type = type;
        row.name = type == MemoryType::stack  ? "thread stacks"
                   : type == MemoryType::heap ? "arenas"
                                              : "without a name";
        const auto number = static_cast<std::uint32_t>(m_result.objects.size());
        for (const std::uint32_t index : select(m_objectsBefore, type, false)) {
            row.before += m_objectsBefore.objects[index].sums;
            m_result.objectRowBefore[index] = number;
        }
        for (const std::uint32_t index : select(m_objectsAfter, type, false)) {
            row.after += m_objectsAfter.objects[index].sums;
            m_result.objectRowAfter[index] = number;
        }
        if (row.before.regions > 0 || row.after.regions > 0) {
            row.change = change(row);
            m_result.objects.push_back(std::move(row));
        }
    }

    // What a region must share with one of the other map to be the same memory. That memory can
    // be used or not is part of it: an arena that grows does so at the cost of its own reservation.
    // A file is the same whatever its name is by now.
    using Identity =
        std::tuple<std::uint32_t, std::uint32_t, std::uint64_t, std::string_view, bool>;

    [[nodiscard]] static Identity identityOf(const MapSnapshot& snapshot,
                                             const MemoryRegion& region) {
        return {region.deviceMajor, region.deviceMinor, region.inode,
                region.inode == 0 ? snapshot.space.map.nameOf(region) : std::string_view(),
                region.hasNoAccess()};
    }

    // The identity of an earlier region: of one that only lost or got its access, the later one's.
    [[nodiscard]] Identity earlierIdentity(const MemoryRegion& region) const {
        Identity identity = identityOf(m_before, region);
        const auto& after = m_after.space.map.regions;
        const auto same = std::lower_bound(
            after.begin(), after.end(), region.start,
            [](const MemoryRegion& one, std::uint64_t start) { return one.start < start; });
        if (same != after.end() && same->start == region.start && same->end == region.end) {
            Identity later = identityOf(m_after, *same);
            std::get<bool>(identity) = std::get<bool>(later);
        }
        return identity;
    }

    void compareRegions() {
        const auto& before = m_before.space.map.regions;
        const auto& after = m_after.space.map.regions;
        std::map<Identity, std::uint32_t> keys;
        const auto keyOf = [&keys](const Identity& identity) {
            return keys.try_emplace(identity, static_cast<std::uint32_t>(keys.size()))
                .first->second;
        };
        std::vector<KeyedRange> earlier;
        std::vector<KeyedRange> later;
        earlier.reserve(before.size());
        later.reserve(after.size());
        for (const MemoryRegion& region : before) {
            earlier.push_back({region.start, region.end, keyOf(earlierIdentity(region))});
        }
        for (const MemoryRegion& region : after) {
            later.push_back({region.start, region.end, keyOf(identityOf(m_after, region))});
        }
        const std::vector<OverlapGroup> groups = groupOverlaps(earlier, later);
        m_result.regions.reserve(groups.size());
        for (const OverlapGroup& group : groups) {
            addRegions(group);
        }
    }

    void addRegions(const OverlapGroup& group) {
        MapDifferenceRow row;
        const auto set = [&](const MapSnapshot& snapshot, const MapObjects& objects,
                             const Indices& indices, MemorySums& sums) {
            const auto& regions = snapshot.space.map.regions;
            row.type = snapshot.types[indices.front()];
            row.name = objects.objects[objects.objectOf[indices.front()]].name;
            row.start = regions[indices.front()].start;
            row.end = regions[indices.back()].end;
            for (const std::uint32_t index : indices) {
                sums += sumsOf(snapshot.space.map, regions[index], snapshot.types[index]);
            }
        };
        if (!group.before.empty()) {
            row.indexBefore = group.before.front();
            set(m_before, m_objectsBefore, group.before, row.before);
        }
        if (!group.after.empty()) {
            row.indexAfter = group.after.front();
            set(m_after, m_objectsAfter, group.after, row.after);
        }
        row.change = change(row);
        m_result.regions.push_back(std::move(row));
    }

    const MapSnapshot& m_before;
    const MapSnapshot& m_after;
    const MapObjects m_objectsBefore;
    const MapObjects m_objectsAfter;
    MapDifference m_result;
};

} // namespace

std::string_view mapChangeName(MapChange change) {
    constexpr std::array<std::string_view, 6> kNames = {"",      "appeared", "vanished",
                                                        "grown", "shrunk",   "changed"};
    const auto index = static_cast<std::size_t>(change);
    return index < kNames.size() ? kNames[index] : std::string_view{};
}

bool MapDifference::tells(const MapColumn& column) const {
    return std::find(columns.begin(), columns.end(), &column) != columns.end();
}

std::string MapDifference::leftOut() const {
    std::string names;
    for (const MapColumn& column : mapColumns()) {
        if (!tells(column)) {
            names += (names.empty() ? "" : ", ") + std::string(column.linuxName);
        }
    }
    return names.empty() ? "" : "Left out, as one of the two maps does not tell it: " + names + ".";
}

MapDifference compareMaps(const MapSnapshot& before, const MapSnapshot& after) {
    return Comparison(before, after).compare();
}

} // namespace ringscope
