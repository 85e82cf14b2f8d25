// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

#include "core/base/expected.h"
#include "core/workload/scenario.h"

namespace ringscope {

// Reads a scenario written in TOML (docs/scenarios.md). What is not given keeps Scenario's default.
// Errors (usage) say source, line and column, then what is wrong: syntax, an unknown key (with the
// one that was probably meant), a wrong type, a value that checkScenario() refuses.
[[nodiscard]] Expected<Scenario> parseScenario(std::string_view toml, const std::string& source);
// Errors: as parseScenario(); the file cannot be read (target).
[[nodiscard]] Expected<Scenario> loadScenario(const std::string& path);

// Every key of the scenario; parseScenario() turns it into an equal one.
[[nodiscard]] std::string scenarioToml(const Scenario& scenario);

// "producers=4,ring.capacity=64k,cpus=[0,1]": a key may drop its table where that is not ambiguous,
// whole numbers may have a suffix (parseBytes()). Changes nothing on error (usage); whether the
// result makes sense is checkScenario()'s to say.
[[nodiscard]] Expected<void> applySettings(Scenario& scenario, std::string_view settings);

} // namespace ringscope
