// SPDX-License-Identifier: MIT
#pragma once

#include "core/memory/map_columns.h"
#include "core/memory/map_snapshot.h"

namespace ringscope {

// Whether the map tells this number of its regions; where not, all are 0. A core dump tells nothing
// that is charged or in memory, VMMap only what it has a column for.
[[nodiscard]] bool tells(const MapSnapshot& snapshot, const MapColumn& column);

} // namespace ringscope
