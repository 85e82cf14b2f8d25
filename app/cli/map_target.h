// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "core/base/expected.h"
#include "core/memory/map_reader.h"
#include "core/memory/map_snapshot.h"

namespace ringscope {

// What the commands on memory maps take: a pid; the path of a saved map; or FILE@TIME[:PROCESS] of
// a session, the last map that was kept not after that time since its start
// ("run.ringscope@12s:P1"), of its first process unless told. A session alone stands for its last
// map. A file whose name is a number is given as ./4711. Errors name the target: no such process or
// file, not permitted, no map.
[[nodiscard]] Expected<MapSnapshot> readMapTarget(const std::string& target,
                                                  NodePlaces nodePlaces = NodePlaces::leftOut);
// Whether it is a process, not a file.
[[nodiscard]] bool isProcessTarget(const std::string& target);
// The file that it is read from: FILE of FILE@TIME; empty of a process.
[[nodiscard]] std::string mapTargetFile(const std::string& target);

} // namespace ringscope
