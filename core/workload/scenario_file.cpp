// SPDX-License-Identifier: MIT
#include "core/workload/scenario_file.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <optional>
#include <set>
#include <utility>

#include "core/base/file_descriptor.h"
#include "core/base/toml.h"
#include "core/base/units.h"
#include "core/workload/scenario_check.h"
#include "core/workload/scenario_keys.h"

namespace ringscope {

namespace {

const ScenarioKey* findKey(std::string_view name) {
    for (const ScenarioKey& key : scenarioKeys()) {
        if (key.name == name) {
            return &key;
        }
    }
    return nullptr;
}

std::string_view leafOf(std::string_view name) {
    const std::size_t dot = name.rfind('.');
    return dot == std::string_view::npos ? name : name.substr(dot + 1);
}

std::string_view tableOf(std::string_view name) {
    const std::size_t dot = name.rfind('.');
    return dot == std::string_view::npos ? std::string_view() : name.substr(0, dot);
}

bool isTable(std::string_view name) {
    return std::any_of(scenarioKeys().begin(), scenarioKeys().end(),
                       [name](const ScenarioKey& key) { return tableOf(key.name) == name; });
}

std::string unknownKey(std::string_view typed) {
    // A right name in the wrong table is as likely as a misspelt one.
    for (const ScenarioKey& key : scenarioKeys()) {
        if (leafOf(key.name) == leafOf(typed) && key.name != typed) {
            return "there is no key '" + std::string(typed) + "'; did you mean '" +
                   std::string(key.name) + "'?";
        }
    }
    std::vector<std::string> names;
    for (const ScenarioKey& key : scenarioKeys()) {
        names.emplace_back(key.name);
        if (tableOf(typed).empty()) {
            names.emplace_back(leafOf(key.name));
        }
    }
    const auto nearest = nearestName(typed, names);
    return "there is no key '" + std::string(typed) + "'" +
           (nearest ? "; did you mean '" + *nearest + "'?"
                    : "; docs/scenarios.md lists the keys of a scenario");
}

std::string unknownFaultKey(std::string_view typed) {
    std::vector<std::string> names;
    for (const FaultKey& key : faultKeys()) {
        names.emplace_back(leafOf(key.name));
    }
    const auto nearest = nearestName(typed, names);
    return "[[faults]] has no key '" + std::string(typed) + "'" +
           (nearest ? "; did you mean '" + *nearest + "'?"
                    : "; docs/scenarios.md lists the keys of a scenario");
}

std::string_view typeOf(const toml::node& node) {
    switch (node.type()) {
    case toml::node_type::table:
        return "a table";
    case toml::node_type::array:
        return "a list";
    case toml::node_type::string:
        return "a text";
    case toml::node_type::integer:
        return "a whole number";
    case toml::node_type::floating_point:
        return "a number with a fraction";
    case toml::node_type::boolean:
        return "true or false";
    default:
        return "a date or time";
    }
}

std::optional<SettingValue> valueOf(const toml::node& node) {
    if (const auto* isSo = node.as_boolean()) {
        return SettingValue(isSo->get());
    }
    if (const auto* whole = node.as_integer()) {
        return SettingValue(whole->get());
    }
    if (const auto* real = node.as_floating_point()) {
        return SettingValue(real->get());
    }
    if (const auto* words = node.as_string()) {
        return SettingValue(words->get());
    }
    const auto* array = node.as_array();
    if (array == nullptr) {
        return std::nullopt;
    }
    std::vector<double> list;
    for (const toml::node& element : *array) {
        const auto number = element.value<double>();
        if (!number || element.is_boolean()) {
            return std::nullopt;
        }
        list.push_back(*number);
    }
    return SettingValue(std::move(list));
}

// What a value looks like, for the sentence that refuses it.
std::string shown(const toml::node& node) {
    if (const auto* words = node.as_string()) {
        return "\"" + words->get() + "\"";
    }
    if (const auto* whole = node.as_integer()) {
        return std::to_string(whole->get());
    }
    return std::string(typeOf(node));
}

// One file being read.
class Reading {
public:
    explicit Reading(const std::string& source)
        : m_source(source) {}

    Expected<Scenario> read(const toml::table& root) {
        readTable(root, "");
        if (!m_error) {
            checkWhole(root);
        }
        if (m_error) {
            return *m_error;
        }
        return m_scenario;
    }

    Error errorAt(const toml::source_position& where, const std::string& sentence) const {
        return makeError(ErrorKind::usage, m_source + ":" + std::to_string(where.line) + ":" +
                                               std::to_string(where.column) + ": " + sentence);
    }

private:
    void readTable(const toml::table& table, const std::string& prefix) {
        for (const auto& [key, node] : table) {
            const std::string name = prefix + std::string(key.str());
            if (m_error) {
                return;
            }
            if (const auto* inner = node.as_table(); inner != nullptr && isTable(name)) {
                readTable(*inner, name + ".");
            } else if (name == "faults") {
                readFaults(key.source().begin, node);
            } else {
                readKey(name, key.source().begin, node);
            }
        }
    }

    void readKey(const std::string& name, const toml::source_position& where,
                 const toml::node& node) {
        const ScenarioKey* key = findKey(name);
        if (key == nullptr) {
            m_error = errorAt(where, isTable(name) ? name + " is a table, it is given " +
                                                         std::string(typeOf(node))
                                                   : unknownKey(name));
            return;
        }
        const auto value = valueOf(node);
        if (!value || !key->set(m_scenario, *value)) {
            m_error = errorAt(node.source().begin,
                              name + " is " + shown(node) + ", it must be " + key->expects);
        }
    }

    void readFaults(const toml::source_position& where, const toml::node& node) {
        const auto* faults = node.as_array();
        if (faults == nullptr || faults->empty() || !faults->is_array_of_tables()) {
            m_error = errorAt(where, "faults is a list of tables; head each of them [[faults]]");
            return;
        }
        for (const toml::node& fault : *faults) {
            m_scenario.faults.emplace_back();
            for (const auto& [key, value] : *fault.as_table()) {
                readFaultKey(key, value);
                if (m_error) {
                    return;
                }
            }
        }
    }

    void readFaultKey(const toml::key& typed, const toml::node& node) {
        for (const FaultKey& key : faultKeys()) {
            if (leafOf(key.name) != typed.str()) {
                continue;
            }
            const auto value = valueOf(node);
            if (!value || !key.set(m_scenario.faults.back(), *value)) {
                m_error =
                    errorAt(node.source().begin, std::string(key.name) + " is " + shown(node) +
                                                     ", it must be " + key.expects);
            }
            return;
        }
        m_error = errorAt(typed.source().begin, unknownFaultKey(typed.str()));
    }

    // A scenario that cannot run is shown where its value stands, or its table, or at the top.
    void checkWhole(const toml::table& root) {
        const auto problems = checkScenario(m_scenario);
        if (problems.empty()) {
            return;
        }
        const ScenarioProblem& problem = problems.front();
        toml::source_position where{1, 1};
        if (const auto table = root.at_path(tableOf(problem.field)); table.node() != nullptr) {
            where = table.node()->source().begin;
        }
        if (const auto node = root.at_path(problem.field); node.node() != nullptr) {
            where = node.node()->source().begin;
        }
        m_error = errorAt(where, problem.sentence);
    }

    const std::string& m_source;
    Scenario m_scenario;
    std::optional<Error> m_error;
};

std::string shortestNumber(double value) {
    if (value == std::floor(value) && std::fabs(value) < 1e15) {
        return std::to_string(static_cast<std::int64_t>(value)) + ".0";
    }
    char text[40]; // not printf, which writes a comma in many a user's locale
    const auto [end, error] =
        std::to_chars(text, text + sizeof text, value, std::chars_format::general);
    return error == std::errc{} ? std::string(text, end) : "nan";
}

std::string quoted(const std::string& words) {
    std::string text = "\"";
    for (const char letter : words) {
        const auto byte = static_cast<unsigned char>(letter);
        if (letter == '"' || letter == '\\') {
            text += '\\';
            text += letter;
        } else if (byte < 0x20 || byte == 0x7F) {
            char escape[8];
            std::snprintf(escape, sizeof escape, "\\u%04X", static_cast<unsigned>(byte));
            text += escape;
        } else {
            text += letter;
        }
    }
    return text + "\"";
}

std::string writtenValue(const SettingValue& value) {
    if (const auto* isSo = std::get_if<bool>(&value)) {
        return *isSo ? "true" : "false";
    }
    if (const auto* whole = std::get_if<std::int64_t>(&value)) {
        return std::to_string(*whole);
    }
    if (const auto* real = std::get_if<double>(&value)) {
        return shortestNumber(*real);
    }
    if (const auto* words = std::get_if<std::string>(&value)) {
        return quoted(*words);
    }
    std::string list;
    for (const double element : std::get<std::vector<double>>(value)) {
        const std::string number = shortestNumber(element);
        const bool isWhole = number.size() > 2 && number.ends_with(".0");
        list +=
            (list.empty() ? "" : ", ") + (isWhole ? number.substr(0, number.size() - 2) : number);
    }
    return "[" + list + "]";
}

Expected<const ScenarioKey*> keyFor(std::string_view typed) {
    if (const ScenarioKey* key = findKey(typed)) {
        return key;
    }
    std::vector<const ScenarioKey*> found;
    for (const ScenarioKey& key : scenarioKeys()) {
        if (leafOf(key.name) == typed) {
            found.push_back(&key);
        }
    }
    if (found.size() == 1) {
        return found.front();
    }
    if (found.empty()) {
        return makeError(ErrorKind::usage, unknownKey(typed));
    }
    std::string names;
    for (const ScenarioKey* key : found) {
        names += (names.empty() ? "" : ", ") + std::string(key->name);
    }
    return makeError(ErrorKind::usage,
                     "'" + std::string(typed) + "' could mean several keys; write one of " + names);
}

// What stands behind the '=' need not be TOML: texts go without quotation marks.
std::optional<SettingValue> settingValue(const ScenarioKey& key, std::string_view text) {
    const toml::parse_result parsed = toml::parse("v = " + std::string(text));
    std::optional<SettingValue> value;
    if (parsed.succeeded() && parsed.table().size() == 1) {
        value = valueOf(*parsed.table().get("v"));
    }
    if (!value) {
        value = SettingValue(std::string(text));
    }
    if (const auto* words = std::get_if<std::string>(&*value); words && key.isWholeNumber) {
        const auto amount = parseBytes(*words);
        if (amount && *amount <= static_cast<std::uint64_t>(INT64_MAX)) {
            value = SettingValue(static_cast<std::int64_t>(*amount));
        }
    }
    return value;
}

Expected<void> applySetting(Scenario& scenario, std::string_view setting) {
    const std::size_t equals = setting.find('=');
    if (equals == std::string_view::npos) {
        return makeError(ErrorKind::usage, "'" + std::string(setting) +
                                               "' is no setting; write KEY=VALUE, for example "
                                               "producers=4");
    }
    const auto key = keyFor(setting.substr(0, equals));
    if (!key) {
        return key.error();
    }
    const std::string_view text = setting.substr(equals + 1);
    const auto value = settingValue(**key, text);
    if (!value || !(*key)->set(scenario, *value)) {
        return makeError(ErrorKind::usage, std::string((*key)->name) + " is '" + std::string(text) +
                                               "', it must be " + (*key)->expects);
    }
    return {};
}

// At commas outside brackets.
std::vector<std::string_view> splitSettings(std::string_view settings) {
    std::vector<std::string_view> parts;
    std::size_t begin = 0;
    int depth = 0;
    for (std::size_t at = 0; at <= settings.size(); ++at) {
        if (at == settings.size() || (settings[at] == ',' && depth == 0)) {
            parts.push_back(settings.substr(begin, at - begin));
            begin = at + 1;
        } else {
            depth += settings[at] == '[' ? 1 : settings[at] == ']' ? -1 : 0;
        }
    }
    return parts;
}

} // namespace

Expected<Scenario> parseScenario(std::string_view toml, const std::string& source) {
    Reading reading(source);
    const toml::parse_result parsed = toml::parse(toml);
    if (parsed.failed()) {
        return reading.errorAt(parsed.error().source().begin,
                               "this is not TOML: " + std::string(parsed.error().description()));
    }
    return reading.read(parsed.table());
}

Expected<Scenario> loadScenario(const std::string& path) {
    constexpr std::size_t kMaxBytes = std::size_t{1} << 20U;
    const auto text = readFile(path, kMaxBytes + 1);
    if (!text) {
        return text.error();
    }
    if (text->size() > kMaxBytes) {
        return makeError(ErrorKind::usage,
                         path +
                             " is larger than 1 MiB, which no scenario is; name a scenario file");
    }
    return parseScenario(*text, path);
}

std::string scenarioToml(const Scenario& scenario) {
    std::string toml;
    std::string_view table;
    for (const ScenarioKey& key : scenarioKeys()) {
        const auto value = key.get(scenario);
        if (!value) {
            continue;
        }
        if (tableOf(key.name) != table) {
            table = tableOf(key.name);
            toml += "\n[" + std::string(table) + "]\n";
        }
        toml += std::string(leafOf(key.name)) + " = " + writtenValue(*value) + "\n";
    }
    for (const FaultSettings& fault : scenario.faults) {
        toml += "\n[[faults]]\n";
        for (const FaultKey& key : faultKeys()) {
            if (const auto value = key.get(fault)) {
                toml += std::string(leafOf(key.name)) + " = " + writtenValue(*value) + "\n";
            }
        }
    }
    return toml;
}

Expected<void> applySettings(Scenario& scenario, std::string_view settings) {
    Scenario changed = scenario;
    for (const std::string_view setting : splitSettings(settings)) {
        const auto applied = applySetting(changed, setting);
        if (!applied) {
            return applied;
        }
    }
    scenario = std::move(changed);
    return {};
}

} // namespace ringscope
