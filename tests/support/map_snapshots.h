// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

#include "core/memory/map_snapshot.h"
#include "core/memory/region_classifier.h"
#include "core/memory/smaps_parser.h"

namespace ringscope::testing {

// The map that this text of smaps describes, of process 7 unless told.
inline MapSnapshot mapOf(std::string_view smaps, std::int32_t pid = 7) {
    MapSnapshot snapshot;
    snapshot.space.map = parseSmaps(smaps);
    snapshot.space.process.pid = pid;
    snapshot.space.process.startTicks = 1;
    snapshot.name = "probe";
    snapshot.types = classifyRegions(snapshot.space);
    return snapshot;
}

} // namespace ringscope::testing
