// SPDX-License-Identifier: MIT
#pragma once

#include "core/base/expected.h"
#include "core/base/process_identity.h"
#include "core/memory/map_snapshot.h"

namespace ringscope {

// Reads the map, names of program and threads, counters and the kernel's own sums of a process. Any
// thread; takes as long as readAddressSpace() and smaps_rollup together. Errors as
// readAddressSpace()'s. What else cannot be read is a remark.
[[nodiscard]] Expected<MapSnapshot> readMapSnapshot(const ProcessIdentity& process);

} // namespace ringscope
