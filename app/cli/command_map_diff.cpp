// SPDX-License-Identifier: MIT
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "app/cli/commands.h"
#include "app/cli/console.h"
#include "app/cli/map_table.h"
#include "app/cli/map_target.h"
#include "app/cli/output.h"
#include "core/base/printable_name.h"
#include "core/base/units.h"
#include "core/export/map_csv.h"
#include "core/memory/map_difference.h"

namespace ringscope {

namespace {

using Json = nlohmann::ordered_json;

struct DiffOptions {
    std::string before;
    std::string after;
    std::string by = "object";
    std::string names = "linux";
    std::string unit = "KiB";
    std::string output = "-";
    bool isJson = false;
    bool isCsv = false;
};

MapTableRow rowOf(std::vector<std::string> texts, const MemorySums& before,
                  const MemorySums& after) {
    return {std::move(texts), [before, after](const MapColumn& column) {
                return static_cast<std::int64_t>(column.value(after) - column.value(before));
            }};
}

void addTypes(const MapDifference& difference, std::vector<MapTableRow>& rows) {
    for (const MemoryType type : kMemoryTypes) {
        if (type != MemoryType::free && difference.before.of(type) != difference.after.of(type)) {
            rows.push_back(rowOf({std::string(memoryTypeName(type))}, difference.before.of(type),
                                 difference.after.of(type)));
        }
    }
    rows.push_back(
        rowOf({"Total"}, difference.before.regionTotal(), difference.after.regionTotal()));
}

// "before: sleep, pid 4711, 2026-11-23 15:04:05 UTC (a.json)".
std::string sideText(const char* side, const MapSnapshot& snapshot, const std::string& target) {
    std::string text = side;
    text += snapshot.name.empty() ? "memory map" : printableName(snapshot.name);
    if (snapshot.space.process.pid != 0) {
        text += ", pid " + std::to_string(snapshot.space.process.pid);
    }
    if (snapshot.wallNs != 0) {
        text += ", " + wallTimeText(snapshot.wallNs);
    }
    return text + " (" + printableName(target) + ")\n";
}

void printText(const MapDifference& difference, const MapTableOptions& options, std::ostream& out) {
    std::vector<MapTableRow> rows;
    std::vector<std::string> heads = {"TYPE"};
    if (options.rows == MapRows::type) {
        addTypes(difference, rows);
    } else {
        const bool isByRegion = options.rows == MapRows::region;
        heads = {"CHANGE", "TYPE", "OBJECT"};
        if (isByRegion) {
            heads.insert(heads.begin() + 1, "ADDRESS");
        }
        for (const auto& row : isByRegion ? difference.regions : difference.objects) {
            if (row.change == MapChange::same) {
                continue;
            }
            std::vector<std::string> texts{std::string(mapChangeName(row.change)),
                                           std::string(memoryTypeName(row.type)),
                                           printableKernelName(row.name)};
            if (isByRegion) {
                texts.insert(texts.begin() + 1, hexRange(row.start, row.end));
            }
            rows.push_back(rowOf(std::move(texts), row.before, row.after));
        }
    }
    const std::string leftOut = difference.leftOut();
    if (options.rows != MapRows::type && rows.empty()) {
        out << "Nothing changed.\n" << (leftOut.empty() ? "" : "\n" + leftOut + "\n");
        return;
    }
    if (options.rows != MapRows::type) { // of all, also of what did not change
        std::vector<std::string> texts(heads.size());
        texts.front() = "Total";
        rows.push_back(rowOf(std::move(texts), difference.before.regionTotal(),
                             difference.after.regionTotal()));
    }
    out << "What changed, in " << unitWords(options.scale) << "\n\n"
        << mapTable(heads, rows, options, difference.columns, true);
    if (!leftOut.empty()) {
        out << '\n' << leftOut << '\n';
    }
    if (!difference.isSameProcess) {
        out << "\nTwo processes: memory without a name is summed up by type.\n";
    }
}

// Of the columns that both maps tell.
Json pairJson(const MapDifference& difference, const MemorySums& before, const MemorySums& after) {
    Json earlier = Json::object();
    Json later = Json::object();
    Json change = Json::object();
    for (const MapColumn* const column : difference.columns) {
        const std::string key(column->key);
        earlier[key] = column->value(before);
        later[key] = column->value(after);
        change[key] = static_cast<std::int64_t>(column->value(after) - column->value(before));
    }
    return {{"before", earlier}, {"after", later}, {"difference", change}};
}

Json rowsJson(const MapDifference& difference, bool hasAddress) {
    const auto& rows = hasAddress ? difference.regions : difference.objects;
    Json list = Json::array();
    for (const MapDifferenceRow& row : rows) {
        if (row.change == MapChange::same) {
            continue;
        }
        Json json{{"change", mapChangeName(row.change)},
                  {"type", memoryTypeName(row.type)},
                  {"object", row.name}};
        if (hasAddress) {
            json["start"] = row.start;
            json["end"] = row.end;
        }
        json.update(pairJson(difference, row.before, row.after));
        list.push_back(std::move(json));
    }
    return list;
}

void printJson(const DiffOptions& given, const MapSnapshot& before, const MapSnapshot& after,
               const MapDifference& difference, std::ostream& out) {
    const auto side = [](const MapSnapshot& snapshot, const std::string& target) {
        return Json{{"target", target},
                    {"pid", snapshot.space.process.pid},
                    {"name", snapshot.name},
                    {"time", static_cast<double>(snapshot.wallNs) / 1e9}};
    };
    Json json{{"before", side(before, given.before)},
              {"after", side(after, given.after)},
              {"same_process", difference.isSameProcess}};
    if (const std::string leftOut = difference.leftOut(); !leftOut.empty()) {
        json["left_out"] = leftOut;
    }
    json["types"] = Json::array();
    for (const MemoryType type : kMemoryTypes) {
        Json row{{"type", memoryTypeName(type)}};
        row.update(pairJson(difference, difference.before.of(type), difference.after.of(type)));
        json["types"].push_back(std::move(row));
    }
    json["total"] =
        pairJson(difference, difference.before.regionTotal(), difference.after.regionTotal());
    json["objects"] = rowsJson(difference, false);
    json["regions"] = rowsJson(difference, true);
    out << json.dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
}

int showDifference(const DiffOptions& given) {
    const auto options = mapTableOptions(given.by, given.names, given.unit, "");
    if (!options) {
        return reportError(options.error());
    }
    if (given.isJson && given.isCsv) {
        return reportError(
            makeError(ErrorKind::usage, "--json and --csv cannot be had at once, choose one"));
    }
    for (const std::string& target : {given.before, given.after}) {
        if (isSameFile(mapTargetFile(target), given.output)) {
            return reportError(makeError(ErrorKind::usage, "the output " + given.output +
                                                               " is one of the maps to compare, "
                                                               "choose another path"));
        }
    }
    const auto before = readMapTarget(given.before);
    if (!before) {
        return reportError(before.error());
    }
    const auto after = readMapTarget(given.after);
    if (!after) {
        return reportError(after.error());
    }
    const MapDifference difference = compareMaps(*before, *after);
    if (options->rows == MapRows::region && !difference.isSameProcess) {
        return reportError(
            makeError(ErrorKind::usage, given.before + " and " + given.after +
                                            " are of two processes, whose addresses cannot be "
                                            "compared: use --by object"));
    }
    const auto write = [&](std::ostream& out) -> Expected<void> {
        if (given.isJson) {
            printJson(given, *before, *after, difference, out);
        } else if (given.isCsv) {
            writeMapDifferenceCsv(difference, options->rows, out);
        } else {
            out << sideText("before: ", *before, given.before)
                << sideText("after:  ", *after, given.after) << '\n';
            printText(difference, *options, out);
        }
        if (!out) {
            return makeError(ErrorKind::failed, "the output cannot be written");
        }
        return {};
    };
    if (const auto done = writeOutput(given.output, write); !done) {
        return reportError(done.error());
    }
    return kExitDone;
}

} // namespace

void addMapDiffCommand(CLI::App& map, CommandLine& line) {
    auto options = std::make_shared<DiffOptions>();
    CLI::App* command = map.add_subcommand("diff", "What changed from one memory map to another");
    command->add_option("before", options->before, "A pid, or a saved map")
        ->required()
        ->type_name("PID|FILE");
    command->add_option("after", options->after, "A pid, or a saved map")
        ->required()
        ->type_name("PID|FILE");
    command->add_option("--by", options->by, "One row for each type, object or region");
    command->add_option("--names", options->names, "Column names: linux or vmmap");
    command->add_option("--unit", options->unit, "bytes, KiB, MiB or pages; files are in bytes");
    command->add_flag("--json", options->isJson, "Prints one JSON document");
    command->add_flag("--csv", options->isCsv, "The rows as CSV");
    command->add_option("-o,--output", options->output, "Writes there; - is standard output")
        ->type_name("FILE");
    command->footer("Examples:\n"
                    "  ringscope-cli map 4711 --json -o before.json\n"
                    "  ringscope-cli map diff before.json 4711\n"
                    "  ringscope-cli map diff before.json after.json --by region --csv");
    command->callback([options, &line] {
        line.onlyReads = true;
        line.command = [options] { return showDifference(*options); };
    });
}

} // namespace ringscope
