// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/memory/map_columns.h"
#include "core/memory/map_difference.h"
#include "core/memory/map_objects.h"
#include "core/memory/map_snapshot.h"

namespace ringscope {

// One object, or one of the mappings that objects are made of.
struct MapItem {
    bool isObject = true;
    std::uint32_t index = 0; // of the object, or of the region
    bool operator==(const MapItem&) const = default;
};

// Where a region is to be looked up.
struct MapPlace {
    const MapSnapshot* snapshot = nullptr;
    std::uint32_t region = 0; // of snapshot
};

// What the rows of a map stand for: its objects with their mappings, or what became of them between
// two maps. Made in linear time; every question but objectKey() and the texts is then answered in
// constant time and without allocating. A value: any thread, once built.
class MapItems {
public:
    MapItems() = default; // nothing
    explicit MapItems(MapSnapshotPtr snapshot);
    MapItems(std::shared_ptr<const MapDifference> difference, MapSnapshotPtr before,
             MapSnapshotPtr after);

    [[nodiscard]] bool isDifference() const { return m_difference != nullptr; }
    // Of a difference the later map; nullptr when there is nothing.
    [[nodiscard]] const MapSnapshot* snapshot() const { return m_after.get(); }
    [[nodiscard]] std::uint32_t objectCount() const {
        return static_cast<std::uint32_t>(m_facts.size());
    }
    [[nodiscard]] std::uint32_t regionCount() const {
        return static_cast<std::uint32_t>(m_objectOf.size());
    }
    // By address. Empty for an object of two processes, between which addresses say nothing.
    [[nodiscard]] std::span<const std::uint32_t> regionsOf(std::uint32_t object) const;
    [[nodiscard]] std::uint32_t objectOf(std::uint32_t region) const { return m_objectOf[region]; }
    // The only region of an object, which then stands for both.
    [[nodiscard]] std::optional<std::uint32_t> soleRegion(std::uint32_t object) const;
    // Nothing else lies between its regions.
    [[nodiscard]] bool isTogether(std::uint32_t object) const { return m_facts[object].isTogether; }
    // Of the later map, or of the earlier one where it vanished.
    [[nodiscard]] MapPlace placeOf(std::uint32_t region) const;
    [[nodiscard]] const MemoryRegion& regionAt(std::uint32_t region) const;
    [[nodiscard]] std::optional<std::uint32_t> regionContaining(std::uint64_t address) const;

    [[nodiscard]] MemoryType typeOf(MapItem item) const;
    [[nodiscard]] MapChange changeOf(MapItem item) const; // same without a difference
    [[nodiscard]] const std::string& objectName(std::uint32_t object) const;
    // Names it in a later map of the same process, as MapObject::key.
    [[nodiscard]] std::string objectKey(std::uint32_t object) const;
    // What is to be shown of the column: in a difference how much it changed. Empty where that was
    // not read.
    [[nodiscard]] std::optional<std::int64_t> amountOf(MapItem item, const MapColumn& column) const;
    [[nodiscard]] MemorySums sumsBefore(MapItem item) const; // zero without a difference
    [[nodiscard]] MemorySums sumsAfter(MapItem item) const;
    // Where it starts; empty for an object whose regions are scattered.
    [[nodiscard]] std::optional<std::uint64_t> startOf(MapItem item) const;
    [[nodiscard]] std::uint64_t endOf(MapItem item) const; // as startOf()
    // The region whose protection is that of the whole item, if there is one.
    [[nodiscard]] const MemoryRegion* protectedAs(MapItem item) const;
    // Of the later map; empty where it was not read.
    [[nodiscard]] MemoryNodes nodesOf(MapItem item) const;
    [[nodiscard]] std::string detailsOf(MapItem item) const;

private:
    struct ObjectFacts {
        std::uint32_t firstRegion = 0; // index into m_regions
        std::uint32_t regionCount = 0;
        bool isTogether = false;
        bool hasOneProtection = false;
    };

    void groupDifference();
    void gatherFacts(std::size_t objectCount);
    [[nodiscard]] const MapDifferenceRow& rowOf(MapItem item) const;
    [[nodiscard]] bool hasResidency() const;
    [[nodiscard]] std::pair<std::uint64_t, std::uint64_t> rangeOf(std::uint32_t region) const;

    MapSnapshotPtr m_before;
    MapSnapshotPtr m_after;
    std::shared_ptr<const MapDifference> m_difference;
    MapObjects m_objectsBefore;
    MapObjects m_objectsAfter;
    std::vector<ObjectFacts> m_facts;      // by object
    std::vector<std::uint32_t> m_regions;  // those of each object together
    std::vector<std::uint32_t> m_objectOf; // by region
};

} // namespace ringscope
