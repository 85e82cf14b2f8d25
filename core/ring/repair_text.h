// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "core/ring/repair.h"

namespace ringscope {

// A report for people: a line for each slot given back ("channel 0, position 381 (slot 381), held
// by dead consumer pid 4711 thread 4711: released; message 380 of pid 4710 is lost") and for each
// left alone, with the reason; then repairTotals(). isDryRun: what it would do.
[[nodiscard]] std::vector<std::string> describe(const RepairReport& report, bool isDryRun);

// "1 dead participant; 1 slot repaired (0 tombstones, 1 message lost), 0 left alone, 1 roster place
// freed", or that nobody is dead.
[[nodiscard]] std::string repairTotals(const RepairReport& report, bool isDryRun);

} // namespace ringscope
