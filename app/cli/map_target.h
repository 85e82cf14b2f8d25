// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "core/base/expected.h"
#include "core/memory/map_snapshot.h"

namespace ringscope {

// What the commands on memory maps take: a pid, or the path of a saved map. A file whose name is a
// number is given as ./4711. Errors name the target: no such process or file, not permitted, no
// map.
[[nodiscard]] Expected<MapSnapshot> readMapTarget(const std::string& target);

} // namespace ringscope
