// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "core/workload/scenario.h"

namespace ringscope {

// One thing that makes a scenario impossible. field is the key of the scenario file
// ("ring.capacity"); sentence names the value, what is wrong with it, and what would do.
struct ScenarioProblem {
    std::string field;
    std::string sentence;
};

// Everything that is wrong with a scenario as such, in the order of its keys; empty when it can
// run. Pure: whether this machine has the memory for it shows when it starts.
[[nodiscard]] std::vector<ScenarioProblem> checkScenario(const Scenario& scenario);

// Bytes of the ring segment's slots, for people who are about to ask for them.
[[nodiscard]] std::uint64_t ringBytes(const Scenario& scenario);

} // namespace ringscope
