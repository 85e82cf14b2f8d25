// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/expected.h"
#include "core/workload/scenario.h"

namespace ringscope {

struct BuiltinScenario {
    std::string_view name;
    std::string_view toml; // as it stands in resources/scenarios/NAME.toml
};

// The scenarios that are part of the program, in the order people are shown. Any thread.
[[nodiscard]] const std::vector<BuiltinScenario>& builtinScenarios();

// A built-in scenario by its name, or one in a file: whatever ends in ".toml" or contains a '/'.
// Errors (usage): there is no such scenario (with the name that was probably meant); as
// loadScenario().
[[nodiscard]] Expected<Scenario> findScenario(const std::string& nameOrPath);

} // namespace ringscope
