// SPDX-License-Identifier: MIT
#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/cli/commands.h"
#include "app/cli/console.h"
#include "app/cli/map_mappers.h"
#include "app/cli/map_table.h"
#include "app/cli/map_target.h"
#include "app/cli/output.h"
#include "core/base/printable_name.h"
#include "core/base/units.h"
#include "core/export/map_csv.h"
#include "core/memory/map_accounts.h"
#include "core/memory/map_json.h"
#include "core/memory/map_objects.h"
#include "core/memory/told_columns.h"

namespace ringscope {

namespace {

struct MapOptions {
    std::string target;
    std::string by = "type";
    std::string names = "linux";
    std::string unit = "KiB";
    std::string type;
    std::string sort;
    std::string mappers; // an object: who maps it
    std::size_t top = 0; // 0: all
    std::string output = "-";
    bool isJson = false;
    bool isCsv = false;
    bool withNodes = false;
};

MapTableRow rowOf(std::vector<std::string> texts, const MemorySums& sums) {
    return {std::move(texts), [sums](const MapColumn& column) {
                return static_cast<std::int64_t>(column.value(sums));
            }};
}

// The last text of a row, where the nodes were read.
std::vector<std::string> withNodes(std::vector<std::string> texts, const MapSnapshot& snapshot,
                                   const MemoryNodes& nodes) {
    if (snapshot.nodes) {
        texts.push_back(memoryNodesText(nodes));
    }
    return texts;
}

void addTypes(const MapSnapshot& snapshot, const MapTableOptions& options,
              std::vector<MapTableRow>& rows) {
    const MemoryByType sums = snapshot.sums();
    const auto add = [&](MemoryType type) {
        if (sums.of(type).size > 0 && (!options.only || *options.only == type)) {
            rows.push_back(rowOf(
                withNodes({std::string(memoryTypeName(type))}, snapshot, snapshot.nodesOf(type)),
                sums.of(type)));
        }
    };
    for (const MemoryType type : kMemoryTypes) {
        if (type != MemoryType::pageTable && type != MemoryType::free) {
            add(type);
        }
    }
    if (!options.only) {
        rows.push_back(rowOf(withNodes({"Total"}, snapshot, snapshot.nodesOf(std::nullopt)),
                             sums.regionTotal()));
    }
    add(MemoryType::pageTable);
    add(MemoryType::free);
}

// What nothing but its place tells from others of its kind.
std::string placeOf(const MapSnapshot& snapshot, const MapObject& object) {
    const auto& regions = snapshot.space.map.regions;
    return object.isNamed ? ""
                          : " at " + hexRange(regions[object.regions.front()].start,
                                              regions[object.regions.back()].end);
}

void addObjects(const MapSnapshot& snapshot, const MapTableOptions& options,
                std::vector<MapTableRow>& rows) {
    for (const MapObject& object : groupByObject(snapshot).objects) {
        if (!options.only || *options.only == object.type) {
            rows.push_back(
                rowOf(withNodes({std::string(memoryTypeName(object.type)),
                                 printableKernelName(object.name) + placeOf(snapshot, object)},
                                snapshot, snapshot.nodesOf(object.regions)),
                      object.sums));
        }
    }
}

void addRegions(const MapSnapshot& snapshot, const MapTableOptions& options,
                std::vector<MapTableRow>& rows) {
    const MapObjects objects = groupByObject(snapshot);
    const auto& regions = snapshot.space.map.regions;
    for (std::size_t i = 0; i < regions.size(); ++i) {
        if (options.only && *options.only != snapshot.types[i]) {
            continue;
        }
        std::string name = printableKernelName(objects.objects[objects.objectOf[i]].name);
        const std::string details = regionDetails(snapshot, i);
        rows.push_back(
            rowOf(withNodes({hexRange(regions[i].start, regions[i].end), protectionCode(regions[i]),
                             std::string(memoryTypeName(snapshot.types[i])),
                             name + (details.empty() ? "" : " (" + details + ")")},
                            snapshot, snapshot.nodes ? snapshot.nodes->regions[i] : MemoryNodes{}),
                  sumsOf(snapshot.space.map, regions[i], snapshot.types[i])));
    }
}

// Largest first by that column, then the first of them.
std::size_t sortAndCut(const MapOptions& given, std::vector<MapTableRow>& rows) {
    if (const MapColumn* const column = findMapColumn(given.sort)) {
        std::stable_sort(rows.begin(), rows.end(),
                         [column](const MapTableRow& one, const MapTableRow& other) {
                             return one.value(*column) > other.value(*column);
                         });
    }
    const std::size_t all = rows.size();
    if (given.top > 0 && all > given.top) {
        rows.resize(given.top);
    }
    return all;
}

std::string titleOf(const MapSnapshot& snapshot) {
    std::string title = snapshot.name.empty() ? "memory map" : printableName(snapshot.name);
    if (snapshot.space.process.pid != 0) {
        title += ", pid " + std::to_string(snapshot.space.process.pid);
    }
    if (snapshot.wallNs != 0) {
        title += ", " + wallTimeText(snapshot.wallNs);
    }
    return title;
}

void printText(const MapSnapshot& snapshot, const MapTableOptions& options, const MapOptions& given,
               std::ostream& out) {
    std::vector<MapTableRow> rows;
    std::vector<std::string> heads;
    switch (options.rows) {
    case MapRows::type:
        heads = {"TYPE"};
        addTypes(snapshot, options, rows);
        break;
    case MapRows::object:
        heads = {"TYPE", "OBJECT"};
        addObjects(snapshot, options, rows);
        break;
    case MapRows::region:
        heads = {"ADDRESS", "PROT", "TYPE", "OBJECT"};
        addRegions(snapshot, options, rows);
        break;
    }
    if (snapshot.nodes) {
        heads.emplace_back("NUMA");
    }
    std::vector<const MapColumn*> columns;
    for (const MapColumn& column : mapColumns()) {
        if (tells(snapshot, column)) {
            columns.push_back(&column);
        }
    }
    const std::size_t all = sortAndCut(given, rows);
    out << titleOf(snapshot) << "; sizes in " << unitWords(options.scale) << "\n\n"
        << mapTable(heads, rows, options, columns, false) << '\n';
    if (rows.size() < all) {
        out << "These are the first " << rows.size() << " of " << all << " rows.\n\n";
    }
    for (const std::string& sentence : mapAccounts(snapshot)) {
        out << printableKernelName(sentence) << '\n'; // a saved map's remarks may hold anything
    }
}

// What is wrong with --sort, --top and --mappers; empty: nothing.
std::optional<Error> misuseOf(const MapOptions& given, MapRows rows) {
    if (!given.mappers.empty() && given.isCsv) {
        return makeError(ErrorKind::usage, "--mappers has no --csv, use --json");
    }
    if (given.sort.empty() && given.top == 0) {
        return std::nullopt;
    }
    if (rows == MapRows::type || given.isJson || given.isCsv) {
        return makeError(ErrorKind::usage, "--sort and --top are for the table that --by object or "
                                           "--by region prints");
    }
    constexpr std::array kSorts = {"", "rss", "size", "private", "pss"};
    if (std::find(kSorts.begin(), kSorts.end(), given.sort) == kSorts.end()) {
        return makeError(ErrorKind::usage, "there is no --sort '" + given.sort +
                                               "'; choose one of: rss, size, private, pss");
    }
    return std::nullopt;
}

int showMap(const MapOptions& given) {
    const auto options = mapTableOptions(given.by, given.names, given.unit, given.type);
    if (!options) {
        return reportError(options.error());
    }
    if (given.isJson && given.isCsv) {
        return reportError(
            makeError(ErrorKind::usage, "--json and --csv cannot be had at once, choose one"));
    }
    if (const auto misuse = misuseOf(given, options->rows)) {
        return reportError(*misuse);
    }
    if (given.target.empty()) {
        return reportError(makeError(ErrorKind::usage, "map needs a pid or a saved map"));
    }
    if (!given.mappers.empty()) {
        return showMappers({given.target, given.mappers, given.output, given.isJson});
    }
    if (isSameFile(mapTargetFile(given.target), given.output)) {
        return reportError(
            makeError(ErrorKind::usage,
                      "the output " + given.output + " is the map itself, choose another path"));
    }
    const auto snapshot =
        readMapTarget(given.target, given.withNodes ? NodePlaces::read : NodePlaces::leftOut);
    if (!snapshot) {
        return reportError(snapshot.error());
    }
    if (given.withNodes && !snapshot->nodes && !isProcessTarget(given.target)) {
        return reportError(makeError(
            ErrorKind::target, given.target + " was saved without the memory nodes of its pages: "
                                              "they can only be read of a running process"));
    }
    const auto write = [&](std::ostream& out) -> Expected<void> {
        if (given.isJson) {
            writeMapJson(*snapshot, out);
        } else if (given.isCsv) {
            writeMapCsv(*snapshot, options->rows, options->only, out);
        } else {
            printText(*snapshot, *options, given, out);
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

void addMapCommand(CLI::App& app, CommandLine& line) {
    auto options = std::make_shared<MapOptions>();
    CLI::App* command =
        app.add_subcommand("map", "The memory map of a process: by type, by object or by region");
    command->add_option("target", options->target, "A pid, or a saved map")->type_name("PID|FILE");
    command->add_option("--by", options->by, "One row for each type, object or region");
    command->add_option("--type", options->type,
                        "Only this type, as \"Mapped File\"; JSON always has all");
    command
        ->add_option("--sort", options->sort,
                     "Largest first: rss, size, private or pss; with --by object or region")
        ->type_name("COLUMN");
    command->add_option("--top", options->top, "Only the first rows")->type_name("N");
    command
        ->add_option("--mappers", options->mappers,
                     "Who else maps this: the name of an object, or an address in it")
        ->type_name("OBJECT|ADDRESS");
    command->add_option("--names", options->names, "Column names: linux or vmmap");
    command->add_option("--unit", options->unit, "bytes, KiB, MiB or pages; files are in bytes");
    command->add_flag("--json", options->isJson, "The whole map as JSON, which map opens again");
    command->add_flag("--numa", options->withNodes,
                      "Also on which memory nodes the pages are, which takes as long again");
    command->add_flag("--csv", options->isCsv, "The rows as CSV");
    command->add_option("-o,--output", options->output, "Writes there; - is standard output")
        ->type_name("FILE");
    addMapDiffCommand(*command, line);
    command->footer("Examples:\n"
                    "  ringscope-cli map 4711\n"
                    "  ringscope-cli map 4711 --by object --type Shareable\n"
                    "  ringscope-cli map 4711 --by object --sort rss --top 10\n"
                    "  ringscope-cli map 4711 --mappers libc.so.6\n"
                    "  ringscope-cli map 4711 --json -o before.json\n"
                    "  ringscope-cli map diff before.json 4711");
    command->callback([command, options, &line] {
        if (command->get_subcommands().empty()) {
            line.onlyReads = true;
            line.command = [options] { return showMap(*options); };
        }
    });
}

} // namespace ringscope
