// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "core/base/units.h"
#include "core/workload/scenario_keys.h"

// How values of a scenario file become fields, for the tables of its keys.

namespace ringscope {

inline constexpr const char* kExpectsDuration = "a time such as \"10s\", \"250ms\" or \"50us\"";

inline bool setDuration(std::int64_t& ns, const SettingValue& value) {
    std::string words;
    if (const auto* given = std::get_if<std::string>(&value)) {
        words = *given;
    } else if (const auto* whole = std::get_if<std::int64_t>(&value)) {
        words = std::to_string(*whole);
    } else if (const auto* real = std::get_if<double>(&value)) {
        words = std::to_string(*real);
    }
    const auto parsed = parseDurationNs(words);
    if (parsed) {
        ns = *parsed;
    }
    return parsed.has_value();
}

template <typename Enum, std::size_t N>
[[nodiscard]] std::string namesOf(const std::array<ChoiceName<Enum>, N>& choices) {
    std::string names = "one of ";
    for (const ChoiceName<Enum>& choice : choices) {
        names += (choice.value == choices.front().value ? "\"" : ", \"") +
                 std::string(choice.name) + "\"";
    }
    return names;
}

template <typename Enum, std::size_t N>
bool setChoice(const std::array<ChoiceName<Enum>, N>& choices, Enum& field,
               const SettingValue& value) {
    const auto* words = std::get_if<std::string>(&value);
    for (const ChoiceName<Enum>& choice : choices) {
        if (words != nullptr && choice.name == *words) {
            field = choice.value;
            return true;
        }
    }
    return false;
}

} // namespace ringscope
