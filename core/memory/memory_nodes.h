// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/memory/memory_region.h"

namespace ringscope {

// What of some memory is on one node of the machine (NUMA).
struct NodeBytes {
    std::uint32_t node = 0;
    std::uint64_t bytes = 0; // never 0

    bool operator==(const NodeBytes&) const = default;
};

// By node, each once; empty: nothing is in memory.
using MemoryNodes = std::vector<NodeBytes>;

// More than any Linux is built for (1 << CONFIG_NODES_SHIFT is at most 1,024).
inline constexpr std::uint32_t kMaxMemoryNodes = 4096;

// On which nodes the pages of each region of a map are.
struct NodePlacement {
    std::vector<MemoryNodes> regions; // of the map, one each
    std::uint64_t malformedLines = 0; // left out
    std::uint64_t unmatchedLines = 0; // of mappings that the map does not have; left out
    bool operator==(const NodePlacement&) const = default;
};

// The text of /proc/PID/numa_maps, held against a map that was read just before: its lines say
// where a mapping begins, not where it ends. Pages there are of the mapping's own size.
[[nodiscard]] NodePlacement parseNumaMaps(std::string_view text, const MemoryMap& map);

// Sums stay below 2^64 whatever is added: what is more is cut off.
void addNodes(MemoryNodes& sum, const MemoryNodes& more);

// "N0 12 MiB, N1 4 MiB"; "N0" when all is on one node; empty when nothing is in memory.
[[nodiscard]] std::string memoryNodesText(const MemoryNodes& nodes);
// "N0=12582912 N1=4194304", in bytes, for files.
[[nodiscard]] std::string memoryNodesField(const MemoryNodes& nodes);

// How many nodes a text as that of /sys/devices/system/node/online names ("0", "0-1,4"); empty when
// it is none.
[[nodiscard]] std::optional<std::uint64_t> countNodeList(std::string_view text);

} // namespace ringscope
