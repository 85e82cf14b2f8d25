// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "core/base/file_descriptor.h"
#include "core/workload/builtin_scenarios.h"
#include "core/workload/scenario_keys.h"

namespace ringscope {
namespace {

std::string document() {
    const auto text = readFile(std::string(RINGSCOPE_SOURCE_DIR) + "/docs/scenarios.md");
    return text.value_or("");
}

// The row of a table whose first cell is this, or nothing.
std::string rowOf(const std::string& text, const std::string& name) {
    const std::size_t begin = text.find("\n| `" + name + "` |");
    return begin == std::string::npos ? ""
                                      : text.substr(begin + 1, text.find('\n', begin + 1) - begin);
}

TEST(ScenarioDocument, HasARowForEveryKey) {
    const std::string text = document();
    for (const ScenarioKey& key : scenarioKeys()) {
        EXPECT_NE(rowOf(text, std::string(key.name)), "") << key.name;
    }
    for (const FaultKey& key : faultKeys()) {
        EXPECT_NE(rowOf(text, std::string(key.name)), "") << key.name;
    }
}

TEST(ScenarioDocument, NamesNoKeyThatDoesNotExist) {
    const std::string text = document();
    std::size_t at = text.find("## The keys");
    ASSERT_NE(at, std::string::npos);
    std::size_t rows = 0;
    while ((at = text.find("\n| `", at + 1)) != std::string::npos) {
        const std::string name = text.substr(at + 4, text.find('`', at + 4) - at - 4);
        bool isKnown = false;
        for (const ScenarioKey& key : scenarioKeys()) {
            isKnown = isKnown || key.name == name;
        }
        for (const FaultKey& key : faultKeys()) {
            isKnown = isKnown || key.name == name;
        }
        EXPECT_TRUE(isKnown) << name;
        ++rows;
    }
    EXPECT_EQ(rows, scenarioKeys().size() + faultKeys().size());
}

TEST(ScenarioDocument, SaysTheDefaultsThatTheScenarioHas) {
    const std::string text = document();
    for (const ScenarioKey& key : scenarioKeys()) {
        const auto value = key.get(Scenario{});
        if (!value || std::holds_alternative<std::vector<double>>(*value)) {
            continue; // lists and [kill] have no default to compare
        }
        std::string shown;
        if (const auto* whole = std::get_if<std::int64_t>(&*value)) {
            shown = " | " + std::to_string(*whole) + " | ";
        } else if (const auto* words = std::get_if<std::string>(&*value)) {
            shown = " | `\"" + *words + "\"` | ";
        } else if (const auto* isSo = std::get_if<bool>(&*value)) {
            shown = *isSo ? " | `true` | " : " | `false` | ";
        } else {
            shown = " | " + std::to_string(std::get<double>(*value)).substr(0, 3); // "0.8", "200"
        }
        EXPECT_THAT(rowOf(text, std::string(key.name)), testing::HasSubstr(shown)) << key.name;
    }
}

TEST(ScenarioDocument, HasARowForEveryBuiltinScenario) {
    const std::string text = document();
    for (const BuiltinScenario& builtin : builtinScenarios()) {
        EXPECT_NE(rowOf(text, std::string(builtin.name)), "") << builtin.name;
    }
}

} // namespace
} // namespace ringscope
