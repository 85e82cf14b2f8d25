// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/map/map_items.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace ringscope {

namespace {

bool isSameProtection(const MemoryRegion& a, const MemoryRegion& b) {
    return a.isReadable == b.isReadable && a.isWritable == b.isWritable &&
           a.isExecutable == b.isExecutable && a.isSharedMapping == b.isSharedMapping;
}

} // namespace

MapItems::MapItems(MapSnapshotPtr snapshot)
    : m_after(std::move(snapshot)) {
    if (m_after) {
        m_objectsAfter = groupByObject(*m_after);
        m_objectOf = m_objectsAfter.objectOf;
        gatherFacts(m_objectsAfter.objects.size());
    }
}

MapItems::MapItems(std::shared_ptr<const MapDifference> difference, MapSnapshotPtr before,
                   MapSnapshotPtr after)
    : m_before(std::move(before))
    , m_after(std::move(after))
    , m_difference(std::move(difference)) {
    assert(m_difference && m_before && m_after);
    m_objectsBefore = groupByObject(*m_before);
    m_objectsAfter = groupByObject(*m_after);
    groupDifference();
    gatherFacts(m_difference->objects.size());
}

// A region belongs where its object of the later map is, or that of the earlier one.
void MapItems::groupDifference() {
    m_objectOf.reserve(m_difference->regions.size());
    for (const MapDifferenceRow& region : m_difference->regions) {
        m_objectOf.push_back(
            region.indexAfter
                ? m_difference->objectRowAfter[m_objectsAfter.objectOf[*region.indexAfter]]
                : m_difference->objectRowBefore[m_objectsBefore.objectOf[*region.indexBefore]]);
    }
}

void MapItems::gatherFacts(std::size_t objectCount) {
    m_facts.resize(objectCount);
    for (const std::uint32_t object : m_objectOf) {
        ++m_facts[object].regionCount;
    }
    std::uint32_t first = 0;
    for (ObjectFacts& facts : m_facts) {
        facts.firstRegion = first;
        first += std::exchange(facts.regionCount, 0);
    }
    m_regions.resize(m_objectOf.size());
    for (std::uint32_t region = 0; region < m_objectOf.size(); ++region) {
        ObjectFacts& facts = m_facts[m_objectOf[region]];
        if (facts.regionCount == 0) {
            facts.isTogether = true;
            facts.hasOneProtection = true;
        } else {
            const std::uint32_t last = m_regions[facts.firstRegion + facts.regionCount - 1];
            facts.isTogether = facts.isTogether && last + 1 == region;
            facts.hasOneProtection =
                facts.hasOneProtection && isSameProtection(regionAt(last), regionAt(region));
        }
        m_regions[facts.firstRegion + facts.regionCount++] = region;
    }
}

std::span<const std::uint32_t> MapItems::regionsOf(std::uint32_t object) const {
    const ObjectFacts& facts = m_facts[object];
    return std::span(m_regions).subspan(facts.firstRegion, facts.regionCount);
}

std::optional<std::uint32_t> MapItems::soleRegion(std::uint32_t object) const {
    const auto regions = regionsOf(object);
    return regions.size() == 1 ? std::optional(regions.front()) : std::nullopt;
}

MapPlace MapItems::placeOf(std::uint32_t region) const {
    if (!m_difference) {
        return {m_after.get(), region};
    }
    const MapDifferenceRow& row = m_difference->regions[region];
    return row.indexAfter ? MapPlace{m_after.get(), *row.indexAfter}
                          : MapPlace{m_before.get(), row.indexBefore.value_or(0)};
}

const MemoryRegion& MapItems::regionAt(std::uint32_t region) const {
    const MapPlace place = placeOf(region);
    return place.snapshot->space.map.regions[place.region];
}

// A row of a difference may stand for several regions that were one.
std::pair<std::uint64_t, std::uint64_t> MapItems::rangeOf(std::uint32_t region) const {
    if (m_difference) {
        const MapDifferenceRow& row = m_difference->regions[region];
        return {row.start, row.end};
    }
    const MemoryRegion& range = regionAt(region);
    return {range.start, range.end};
}

// Linear: the rows of a difference are not quite sorted where a mapping was replaced by others.
std::optional<std::uint32_t> MapItems::regionContaining(std::uint64_t address) const {
    std::optional<std::uint32_t> vanished;
    for (std::uint32_t region = 0; region < regionCount(); ++region) {
        const auto [start, end] = rangeOf(region);
        if (start <= address && address < end) {
            if (placeOf(region).snapshot == m_after.get()) {
                return region;
            }
            vanished = region;
        }
    }
    return vanished;
}

const MapDifferenceRow& MapItems::rowOf(MapItem item) const {
    return (item.isObject ? m_difference->objects : m_difference->regions)[item.index];
}

MemoryType MapItems::typeOf(MapItem item) const {
    if (m_difference) {
        return rowOf(item).type;
    }
    return item.isObject ? m_objectsAfter.objects[item.index].type : m_after->types[item.index];
}

MapChange MapItems::changeOf(MapItem item) const {
    return m_difference ? rowOf(item).change : MapChange::same;
}

const std::string& MapItems::objectName(std::uint32_t object) const {
    return m_difference ? m_difference->objects[object].name : m_objectsAfter.objects[object].name;
}

std::string MapItems::objectKey(std::uint32_t object) const {
    if (!m_difference) {
        return m_objectsAfter.objects[object].key;
    }
    const MapDifferenceRow& row = m_difference->objects[object];
    if (row.indexAfter) {
        return m_objectsAfter.objects[*row.indexAfter].key;
    }
    return row.indexBefore ? "before " + m_objectsBefore.objects[*row.indexBefore].key
                           : "all " + std::string(memoryTypeName(row.type)) + " " + row.name;
}

MemorySums MapItems::sumsBefore(MapItem item) const {
    return m_difference ? rowOf(item).before : MemorySums{};
}

MemorySums MapItems::sumsAfter(MapItem item) const {
    if (m_difference) {
        return rowOf(item).after;
    }
    return item.isObject ? m_objectsAfter.objects[item.index].sums
                         : sumsOf(m_after->space.map, m_after->space.map.regions[item.index],
                                  m_after->types[item.index]);
}

bool MapItems::hasResidency() const {
    return m_after->hasResidency() && (!m_before || m_before->hasResidency());
}

std::optional<std::int64_t> MapItems::amountOf(MapItem item, const MapColumn& column) const {
    if (column.needsResidency && !hasResidency()) {
        return std::nullopt;
    }
    return static_cast<std::int64_t>(column.value(sumsAfter(item))) -
           static_cast<std::int64_t>(column.value(sumsBefore(item)));
}

std::optional<std::uint64_t> MapItems::startOf(MapItem item) const {
    if (!item.isObject) {
        return rangeOf(item.index).first;
    }
    return isTogether(item.index) ? std::optional(rangeOf(regionsOf(item.index).front()).first)
                                  : std::nullopt;
}

std::uint64_t MapItems::endOf(MapItem item) const {
    if (!item.isObject) {
        return rangeOf(item.index).second;
    }
    return isTogether(item.index) ? rangeOf(regionsOf(item.index).back()).second : 0;
}

const MemoryRegion* MapItems::protectedAs(MapItem item) const {
    if (!item.isObject) {
        return &regionAt(item.index);
    }
    return m_facts[item.index].hasOneProtection ? &regionAt(regionsOf(item.index).front())
                                                : nullptr;
}

MemoryNodes MapItems::nodesOf(MapItem item) const {
    MemoryNodes sum;
    const auto add = [&](std::uint32_t region) {
        const MapPlace place = placeOf(region);
        if (place.snapshot == m_after.get() && place.snapshot->nodes) {
            addNodes(sum, place.snapshot->nodes->regions[place.region]);
        }
    };
    if (!item.isObject) {
        add(item.index);
    } else {
        for (const std::uint32_t region : regionsOf(item.index)) {
            add(region);
        }
    }
    return sum;
}

std::string MapItems::detailsOf(MapItem item) const {
    const auto ofRegion = [this](std::uint32_t region) {
        const MapPlace place = placeOf(region);
        return regionDetails(*place.snapshot, place.region);
    };
    if (!item.isObject) {
        return ofRegion(item.index);
    }
    const std::optional<std::uint32_t> sole = soleRegion(item.index);
    const std::string details = sole ? ofRegion(*sole) : std::string();
    return objectName(item.index) + (details.empty() ? "" : ", " + details);
}

} // namespace ringscope
