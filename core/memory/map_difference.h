// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/memory/map_columns.h"
#include "core/memory/map_objects.h"
#include "core/memory/map_snapshot.h"

namespace ringscope {

// changed: as large and as much in memory as before, but otherwise private, shared, swapped, dirty
// or huge.
enum class MapChange : std::uint8_t { same, appeared, vanished, grown, shrunk, changed };
// "appeared"; "same" is empty.
[[nodiscard]] std::string_view mapChangeName(MapChange change);

// One row of a comparison: of an object or of a region. Sums of what is not there are zero. What
// the kernel cut or joined between the two maps is one row, so that only what went or came differs.
struct MapDifferenceRow {
    MemoryType type = MemoryType::unknown;
    // By size, or else by rss and swap, or else by what they are. PSS and what was referenced
    // differ in any two maps of a process that others share libraries with: they alone are same.
    MapChange change = MapChange::same;
    std::string name; // of the object
    // Of a region: after, or before when it vanished. From the first of several to the last.
    std::uint64_t start = 0;
    std::uint64_t end = 0;
    MemorySums before;
    MemorySums after;
    // Index into the objects or regions of its map, of the first of several; empty where it is not.
    std::optional<std::uint32_t> indexBefore;
    std::optional<std::uint32_t> indexAfter;
};

// What became of one map until another. A value.
struct MapDifference {
    MemoryByType before;
    MemoryByType after;
    // The same process, so that addresses and unnamed objects are compared; otherwise those without
    // a name are summed up under one row a type.
    bool isSameProcess = false;
    // The columns that both maps tell; of the others nothing is compared.
    std::vector<const MapColumn*> columns;
    std::vector<MapDifferenceRow> objects; // by type, then as in the later map, then the vanished
    std::vector<MapDifferenceRow> regions; // by address; empty unless isSameProcess
    // The row in objects of each object of the earlier and of the later map.
    std::vector<std::uint32_t> objectRowBefore;
    std::vector<std::uint32_t> objectRowAfter;

    [[nodiscard]] bool tells(const MapColumn& column) const;
    // A sentence on the columns that are left out; empty: none is.
    [[nodiscard]] std::string leftOut() const;
};

// Linear in the regions: 20,000 each in some milliseconds. Any thread.
[[nodiscard]] MapDifference compareMaps(const MapSnapshot& before, const MapSnapshot& after);

} // namespace ringscope
