// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/process_identity.h"
#include "core/memory/map_snapshot.h"
#include "core/memory/memory_by_type.h"

namespace ringscope {

// MapRecord::reason of one that was due.
constexpr std::string_view kPeriodicMap = "periodic";

// Maps of several processes are taken one after another; those this near were meant together.
constexpr std::int64_t kMapsTogetherNs = 500'000'000;

// A memory map that a session keeps: its sums, and the map itself packed, so that an hour of maps
// stays small. Immutable.
struct MapRecord {
    std::int64_t timeNs = 0; // monotonic
    std::string label;       // of the process in this session: "P0"
    ProcessIdentity process;
    std::string name;   // of its program
    std::string reason; // why it was taken: "periodic", "memory.rss rose above 500 MiB"
    MemoryByType sums;
    std::string packed; // packMap()
    std::string nodes;  // packNodes(); empty: was not read on which nodes the pages are

    // The map; null when the bytes make no sense, as of a damaged file. Some milliseconds for
    // 20,000 mappings; any thread.
    [[nodiscard]] MapSnapshotPtr unpack() const;
};

} // namespace ringscope
