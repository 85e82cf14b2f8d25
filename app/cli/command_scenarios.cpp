// SPDX-License-Identifier: MIT
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/cli/commands.h"
#include "app/cli/console.h"
#include "core/workload/builtin_scenarios.h"
#include "core/workload/scenario_file.h"

namespace ringscope {

namespace {

int listScenarios(bool isJson) {
    nlohmann::ordered_json list = nlohmann::ordered_json::array();
    std::vector<std::vector<std::string>> rows{{"NAME", "PRODUCERS", "CONSUMERS", "SHOWS"}};
    for (const BuiltinScenario& builtin : builtinScenarios()) {
        const auto scenario = parseScenario(builtin.toml, std::string(builtin.name));
        if (!scenario) {
            return reportError(scenario.error());
        }
        list.push_back({{"name", scenario->name},
                        {"summary", scenario->summary},
                        {"producers", scenario->workers.producers},
                        {"consumers", scenario->workers.consumers}});
        rows.push_back({scenario->name, std::to_string(scenario->workers.producers),
                        std::to_string(scenario->workers.consumers), scenario->summary});
    }
    std::cout << (isJson ? list.dump(2) + "\n" : alignedTable(rows, 4));
    return kExitDone;
}

int showScenario(const std::string& name) {
    for (const BuiltinScenario& builtin : builtinScenarios()) {
        if (builtin.name == name) {
            std::cout << builtin.toml;
            return kExitDone;
        }
    }
    const auto meant = findScenario(name); // a file, or the sentence with what was probably meant
    if (!meant) {
        return reportError(meant.error());
    }
    std::cout << scenarioToml(*meant);
    return kExitDone;
}

} // namespace

void addScenariosCommand(CLI::App& app, CommandLine& line) {
    CLI::App* command = app.add_subcommand("scenarios", "Lists the built-in scenarios");
    auto isJson = std::make_shared<bool>(false);
    command->add_flag("--json", *isJson, "Prints one JSON document");
    command->footer("Examples:\n"
                    "  ringscope-cli scenarios\n"
                    "  ringscope-cli scenarios show steady > my.toml");
    CLI::App* show =
        command->add_subcommand("show", "Prints the TOML of one, to start your own from");
    auto name = std::make_shared<std::string>();
    show->add_option("name", *name, "A built-in scenario")->required()->type_name("NAME");
    show->footer("Example:\n"
                 "  ringscope-cli scenarios show steady > my.toml");
    show->callback([name, &line] { line.command = [name] { return showScenario(*name); }; });
    command->callback([isJson, &line] {
        if (!line.command) {
            line.command = [isJson] { return listScenarios(*isJson); };
        }
    });
}

} // namespace ringscope
