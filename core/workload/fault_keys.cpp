// SPDX-License-Identifier: MIT
#include <cmath>
#include <limits>

#include "core/workload/scenario_keys.h"
#include "core/workload/setting_values.h"

namespace ringscope {

namespace {

std::optional<std::uint32_t> smallNumber(const SettingValue& value) {
    const auto* number = std::get_if<std::int64_t>(&value);
    if (number == nullptr || *number < 0 || *number > std::numeric_limits<std::uint32_t>::max()) {
        return std::nullopt;
    }
    return static_cast<std::uint32_t>(*number);
}

template <typename Enum, std::size_t N>
FaultKey choice(std::string_view name, const std::array<ChoiceName<Enum>, N>& choices,
                Enum FaultSettings::*member) {
    return {name, namesOf(choices),
            [&choices, member](FaultSettings& fault, const SettingValue& value) {
                return setChoice(choices, fault.*member, value);
            },
            [&choices, member](const FaultSettings& fault) {
                return std::optional<SettingValue>(std::string(choiceName(choices, fault.*member)));
            }};
}

FaultKey workerKey() {
    return {"faults.worker", "a whole number",
            [](FaultSettings& fault, const SettingValue& value) {
                fault.worker = smallNumber(value);
                return fault.worker.has_value();
            },
            [](const FaultSettings& fault) -> std::optional<SettingValue> {
                return fault.worker ? std::optional<SettingValue>(std::int64_t{*fault.worker})
                                    : std::nullopt;
            }};
}

FaultKey probabilityKey() {
    return {
        "faults.probability", "a number",
        [](FaultSettings& fault, const SettingValue& value) {
            if (const auto* whole = std::get_if<std::int64_t>(&value)) {
                fault.probability = static_cast<double>(*whole);
                return true;
            }
            const auto* real = std::get_if<double>(&value);
            if (real == nullptr || !std::isfinite(*real)) {
                return false;
            }
            fault.probability = *real;
            return true;
        },
        [](const FaultSettings& fault) { return std::optional<SettingValue>(fault.probability); }};
}

FaultKey durationKey() {
    return {"faults.for", kExpectsDuration,
            [](FaultSettings& fault, const SettingValue& value) {
                return setDuration(fault.forNs, value);
            },
            [](const FaultSettings& fault) {
                return std::optional<SettingValue>(exactDuration(fault.forNs));
            }};
}

FaultKey countKey() {
    return {"faults.count", "a whole number",
            [](FaultSettings& fault, const SettingValue& value) {
                const auto count = smallNumber(value);
                fault.count = count.value_or(fault.count);
                return count.has_value();
            },
            [](const FaultSettings& fault) {
                return std::optional<SettingValue>(std::int64_t{fault.count});
            }};
}

} // namespace

const std::vector<FaultKey>& faultKeys() {
    static const std::vector<FaultKey> keys{
        choice("faults.role", kFaultRoles, &FaultSettings::role),
        workerKey(),
        choice("faults.point", kFaultPoints, &FaultSettings::point),
        choice("faults.action", kFaultActions, &FaultSettings::action),
        probabilityKey(),
        durationKey(),
        countKey()};
    return keys;
}

} // namespace ringscope
