// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/workload/scenario.h"

namespace ringscope {

// A value as a scenario file writes it. Times and choices are texts.
using SettingValue = std::variant<bool, std::int64_t, double, std::string, std::vector<double>>;

// One key of the scenario file, tied to its field. The table of them is the only place that knows
// the names: parsing, writing, --set and the test of the documentation all read it.
struct ScenarioKey {
    std::string_view name; // "ring.capacity"
    std::string expects;   // "a whole number", "one of \"max\", \"fixed\""
    bool isWholeNumber = false;
    // False: the value has not the type (or is not among the choices) that expects says.
    std::function<bool(Scenario&, const SettingValue&)> set;
    // Empty: nothing to write for this scenario.
    std::function<std::optional<SettingValue>(const Scenario&)> get;
};

// In the order of the file. Any thread: made once, never changed.
[[nodiscard]] const std::vector<ScenarioKey>& scenarioKeys();

// One key of the [[faults]] tables, named "faults.role"; as above, of one fault.
struct FaultKey {
    std::string_view name;
    std::string expects;
    std::function<bool(FaultSettings&, const SettingValue&)> set;
    std::function<std::optional<SettingValue>(const FaultSettings&)> get;
};
[[nodiscard]] const std::vector<FaultKey>& faultKeys();

// The name nearest to a mistyped one, when one is near enough to be meant.
[[nodiscard]] std::optional<std::string> nearestName(std::string_view typed,
                                                     const std::vector<std::string>& names);

// "250ms": the shortest text that parseDurationNs() turns into exactly this.
[[nodiscard]] std::string exactDuration(std::int64_t ns);

} // namespace ringscope
