// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/memory/map_snapshot.h"
#include "core/memory/memory_sums.h"

namespace ringscope {

// What several mappings of one type belong to: a file, an object of shared memory, the heap, one
// arena, one thread's stack, one stretch of anonymous memory.
struct MapObject {
    MemoryType type = MemoryType::unknown;
    // As the kernel has it (newlines as \012), or what it is, in words: "arena", "thread 4711
    // worker", "anonymous". Not unique.
    std::string name;
    // Tells it from others of its type in this map and names it in a later map of the same process.
    std::string key;
    bool isNamed = false; // by the program, a file or a thread; false: by its place only
    std::vector<std::uint32_t> regions; // indices into the map, by address; never empty
    MemorySums sums;
};

struct MapObjects {
    std::vector<MapObject> objects;      // by type (kMemoryTypes), then by lowest address
    std::vector<std::uint32_t> objectOf; // of each region of the map: index into objects
};

// Every region belongs to exactly one object. Linear in the regions.
[[nodiscard]] MapObjects groupByObject(const MapSnapshot& snapshot);

// "r-xp", as in smaps.
[[nodiscard]] std::string protectionCode(const MemoryRegion& region);
// "Read/Write", "Execute/Read", "No access", with ", shared" for MAP_SHARED: as VMMap says it.
[[nodiscard]] std::string protectionWords(const MemoryRegion& region);
// What is to be said of a region beside its object's name: thread, offset in the file, deleted, "
// guard inside", flags that this version does not know. Empty when there is nothing.
[[nodiscard]] std::string regionDetails(const MapSnapshot& snapshot, std::size_t region);

} // namespace ringscope
