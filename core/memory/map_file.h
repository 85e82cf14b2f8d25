// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "core/base/expected.h"
#include "core/memory/map_snapshot.h"

namespace ringscope {

// Opens a memory map from a file, whose content tells what it is: a saved map, an ELF core dump or
// an export of VMMap as CSV (docs/memory-map.md). Any thread. Errors: target (cannot be read),
// damaged (cut short, of another kind or version).
[[nodiscard]] Expected<MapSnapshot> readMapFile(const std::string& path);

// Whether a file's first bytes are those of a saved map, of an ELF file or of VMMap's CSV, so that
// readMapFile() may be tried.
[[nodiscard]] bool isMapFile(const std::string& path);

} // namespace ringscope
