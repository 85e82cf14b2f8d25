// SPDX-License-Identifier: MIT
#include "core/memory/map_difference.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <unordered_map>

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

struct Range {
    std::uint64_t start;
    std::uint64_t end;
};

// Pairs of an earlier and a later list of ranges, each sorted and without overlap: those that
// overlap and fit, the first two that do. Calls matched(before, after), alone ones with one empty.
template <typename RangeOf, typename Fits, typename Matched>
void pairUp(std::size_t beforeCount, std::size_t afterCount, RangeOf rangeOf, Fits fits,
            Matched matched) {
    std::size_t before = 0;
    std::size_t after = 0;
    while (before < beforeCount || after < afterCount) {
        if (after == afterCount) {
            matched(std::optional(before++), std::nullopt);
        } else if (before == beforeCount) {
            matched(std::nullopt, std::optional(after++));
        } else {
            const Range earlier = rangeOf(false, before);
            const Range later = rangeOf(true, after);
            if (earlier.end <= later.start) {
                matched(std::optional(before++), std::nullopt);
            } else if (later.end <= earlier.start) {
                matched(std::nullopt, std::optional(after++));
            } else if (fits(before, after)) {
                matched(std::optional(before++), std::optional(after++));
            } else if (earlier.end <= later.end) {
                matched(std::optional(before++), std::nullopt);
            } else {
                matched(std::nullopt, std::optional(after++));
            }
        }
    }
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
        MapDifferenceRow row;
        const MapObject& shown =
            after ? m_objectsAfter.objects[*after] : m_objectsBefore.objects[*before];
        row.type = shown.type;
        row.name = shown.name;
        const auto& regions = (after ? m_after : m_before).space.map.regions;
        row.start = regions[shown.regions.front()].start;
        row.end = regions[shown.regions.back()].end;
        row.indexBefore = before;
        row.indexAfter = after;
        if (before) {
            row.before = m_objectsBefore.objects[*before].sums;
        }
        if (after) {
            row.after = m_objectsAfter.objects[*after].sums;
        }
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

    [[nodiscard]] static Range rangeOfObject(const MapSnapshot& snapshot, const MapObject& object) {
        const auto& regions = snapshot.space.map.regions;
        return {regions[object.regions.front()].start, regions[object.regions.back()].end};
    }

    // The kernel joins new anonymous memory with what it touches, mostly from below, so unnamed
    // objects are the same when they overlap.
    void compareUnnamed(MemoryType type) {
        const Indices before = select(m_objectsBefore, type, false);
        const Indices after = select(m_objectsAfter, type, false);
        pairUp(
            before.size(), after.size(),
            [&](bool isAfter, std::size_t at) {
                return isAfter ? rangeOfObject(m_after, m_objectsAfter.objects[after[at]])
                               : rangeOfObject(m_before, m_objectsBefore.objects[before[at]]);
            },
            [](std::size_t, std::size_t) { return true; },
            [&](std::optional<std::size_t> one, std::optional<std::size_t> other) {
                addObject(one ? std::optional(before[*one]) : std::nullopt,
                          other ? std::optional(after[*other]) : std::nullopt);
            });
    }

    // Between two processes addresses say nothing.
    void sumUnnamed(MemoryType type) {
        MapDifferenceRow row;
        row.type = type;
        row.name = type == MemoryType::stack  ? "thread stacks"
                   : type == MemoryType::heap ? "arenas"
                                              : "without a name";
        for (const std::uint32_t index : select(m_objectsBefore, type, false)) {
            row.before += m_objectsBefore.objects[index].sums;
        }
        for (const std::uint32_t index : select(m_objectsAfter, type, false)) {
            row.after += m_objectsAfter.objects[index].sums;
        }
        if (row.before.regions > 0 || row.after.regions > 0) {
            row.change = change(row);
            m_result.objects.push_back(std::move(row));
        }
    }

    void compareRegions() {
        const auto& before = m_before.space.map.regions;
        const auto& after = m_after.space.map.regions;
        m_result.regions.reserve(std::max(before.size(), after.size()));
        pairUp(
            before.size(), after.size(),
            [&](bool isAfter, std::size_t at) {
                const MemoryRegion& region = isAfter ? after[at] : before[at];
                return Range{region.start, region.end};
            },
            [&](std::size_t one, std::size_t other) {
                const MemoryRegion& earlier = before[one];
                const MemoryRegion& later = after[other];
                if (earlier.inode != 0 || later.inode != 0) { // whatever its name is by now
                    return earlier.inode == later.inode &&
                           earlier.deviceMajor == later.deviceMajor &&
                           earlier.deviceMinor == later.deviceMinor;
                }
                return m_before.space.map.nameOf(earlier) == m_after.space.map.nameOf(later);
            },
            [&](std::optional<std::size_t> one, std::optional<std::size_t> other) {
                addRegion(one, other);
            });
    }

    void addRegion(std::optional<std::size_t> before, std::optional<std::size_t> after) {
        MapDifferenceRow row;
        const auto set = [&](const MapSnapshot& snapshot, const MapObjects& objects,
                             std::size_t index, MemorySums& sums) {
            const MemoryRegion& region = snapshot.space.map.regions[index];
            row.type = snapshot.types[index];
            row.name = objects.objects[objects.objectOf[index]].name;
            row.start = region.start;
            row.end = region.end;
            sums = sumsOf(snapshot.space.map, region, row.type);
        };
        if (before) {
            row.indexBefore = static_cast<std::uint32_t>(*before);
            set(m_before, m_objectsBefore, *before, row.before);
        }
        if (after) {
            row.indexAfter = static_cast<std::uint32_t>(*after);
            set(m_after, m_objectsAfter, *after, row.after);
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
