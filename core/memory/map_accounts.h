// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "core/memory/map_snapshot.h"

namespace ringscope {

// How the numbers of a map and the kernel's others fit together, and why they differ: each a whole
// sentence for people. The sums against the kernel's own (smaps_rollup) and its counters (status),
// what the program has allocated, what is in neither RSS nor PSS, what the cgroup is charged. The
// snapshot's remarks come last.
[[nodiscard]] std::vector<std::string> mapAccounts(const MapSnapshot& snapshot);

} // namespace ringscope
