// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <iosfwd>
#include <optional>

#include "core/memory/map_difference.h"
#include "core/memory/map_snapshot.h"

namespace ringscope {

// What a row of a table of a memory map stands for.
enum class MapRows : std::uint8_t { type, object, region };

// The map as a table: comment lines (#) with what it is of, one header row (keys of mapColumns()),
// then a row each, and Total at the end of those by type. Bytes, C locale, RFC 4180, lines end with
// \n. Cells that the map does not tell, as of a core dump, are empty. only: rows of that type.
void writeMapCsv(const MapSnapshot& snapshot, MapRows rows, std::optional<MemoryType> only,
                 std::ostream& out);

// What changed, of each column the signed difference, and `change`. Rows that are the same are left
// out, save by type.
void writeMapDifferenceCsv(const MapDifference& difference, MapRows rows, std::ostream& out);

} // namespace ringscope
