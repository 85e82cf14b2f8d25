// SPDX-License-Identifier: MIT
#include "core/workload/builtin_scenarios.h"

#include <utility>

#include "core/workload/scenario_file.h"
#include "core/workload/scenario_keys.h"

namespace ringscope {

Expected<Scenario> findScenario(const std::string& nameOrPath) {
    if (nameOrPath.ends_with(".toml") || nameOrPath.find('/') != std::string::npos) {
        return loadScenario(nameOrPath);
    }
    std::vector<std::string> names;
    for (const BuiltinScenario& builtin : builtinScenarios()) {
        if (builtin.name == nameOrPath) {
            return parseScenario(builtin.toml, nameOrPath + ".toml");
        }
        names.emplace_back(builtin.name);
    }
    const auto nearest = nearestName(nameOrPath, names);
    return makeError(ErrorKind::usage,
                     "there is no scenario '" + nameOrPath + "'; " +
                         (nearest ? "did you mean '" + *nearest + "'?"
                                  : "`ringscope-cli scenarios` lists the built-in ones, and the "
                                    "name of a file ends in .toml"));
}

} // namespace ringscope
