// SPDX-License-Identifier: MIT
#include <CLI/CLI.hpp>
#include <iostream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/cli/commands.h"
#include "app/cli/console.h"
#include "app/cli/summary_text.h"
#include "core/base/clock.h"
#include "core/base/printable_name.h"
#include "core/base/units.h"
#include "core/session/heap_record.h"
#include "core/session/leak_record.h"
#include "core/session/series.h"
#include "core/session/session_file.h"
#include "core/session/sizing_json.h"

namespace ringscope {

namespace {

using Json = nlohmann::ordered_json;

std::string sinceStart(const SessionView& view, std::int64_t timeNs) {
    return formatDuration((timeNs - view.provenance->startMonotonicNs) / kNsPerMs * kNsPerMs);
}

std::string shownNumber(const SessionView& view, TrackRef track, double value) {
    return formatValue(value, shownUnit(view.description(track)));
}

std::string trackTable(const SessionView& view) {
    std::vector<std::vector<std::string>> rows{{"TRACK", "SAMPLES", "MIN", "MEAN", "MAX", "LAST"}};
    for (const TrackRef track : view.match("*")) {
        const SeriesStatistics s = seriesStatistics(view, track, view.startNs, view.endNs);
        rows.push_back({view.description(track).name, std::to_string(s.samples),
                        shownNumber(view, track, s.min), shownNumber(view, track, s.mean),
                        shownNumber(view, track, s.max), shownNumber(view, track, s.last)});
    }
    return alignedTable(rows, 1);
}

// The first and the last map of each process.
std::string mapTable(const SessionView& view) {
    std::map<std::string, std::vector<const MapRecord*>> byProcess;
    for (const auto& map : *view.maps) {
        byProcess[map->label].push_back(map.get());
    }
    std::vector<std::vector<std::string>> rows{
        {"MEMORY MAPS OF", "COUNT", "FIRST", "LAST", "RSS FIRST", "RSS LAST"}};
    const auto rssOf = [](const MapRecord& map) {
        return formatBytes(static_cast<double>(map.sums.regionTotal().rss));
    };
    for (const auto& [label, maps] : byProcess) {
        rows.push_back({label + " " + std::to_string(maps.front()->process.pid) + " " +
                            printableName(maps.front()->name),
                        std::to_string(maps.size()), sinceStart(view, maps.front()->timeNs),
                        sinceStart(view, maps.back()->timeNs), rssOf(*maps.front()),
                        rssOf(*maps.back())});
    }
    return alignedTable(rows, 1);
}

// Why those were taken that were not just due; empty: there are none.
std::string mapReasonTable(const SessionView& view) {
    std::vector<std::vector<std::string>> rows{{"TIME", "MEMORY MAPS OF", "WHY"}};
    const MapRecord* before = nullptr;
    for (const auto& map : *view.maps) {
        if (map->reason.empty() || map->reason == kPeriodicMap) {
            continue;
        }
        // Those of several processes were taken one after another, for the same reason.
        const bool isSame = before != nullptr && before->reason == map->reason &&
                            map->timeNs - before->timeNs < kMapsTogetherNs &&
                            before->label != map->label;
        if (isSame) {
            rows.back()[1] += " " + map->label;
        } else {
            rows.push_back({sinceStart(view, map->timeNs), map->label, map->reason});
        }
        before = map.get();
    }
    return rows.size() == 1 ? std::string() : "\n" + alignedTable(rows, 3);
}

std::string heapTable(const SessionView& view) {
    std::vector<std::vector<std::string>> rows{
        {"HEAP PROFILES OF", "CALL STACKS", "PEAK", "LIVE", "IN ALL", "BLOCKS"}};
    const auto bytes = [](std::uint64_t count) { return formatBytes(static_cast<double>(count)); };
    const auto number = [](std::uint64_t count) { return formatCount(static_cast<double>(count)); };
    for (const auto& heap : *view.heaps) {
        const HeapProfile& profile = heap->profile;
        rows.push_back({heap->label + " " + std::to_string(heap->process.pid) + " " +
                            printableName(heap->name),
                        number(profile.stacks.size()), bytes(profile.peakBytes),
                        bytes(profile.total.liveBytes), bytes(profile.total.bytes),
                        number(profile.total.blocks)});
    }
    return alignedTable(rows, 1);
}

std::string leakTable(const SessionView& view) {
    std::vector<std::vector<std::string>> rows{
        {"LEAKS AT THE EXIT OF", "DEFINITE", "INDIRECT", "POSSIBLE", "REACHABLE"}};
    for (const auto& record : *view.leaks) {
        std::vector<std::string> row = {record->label + " " + std::to_string(record->process.pid) +
                                        " " + printableName(record->name)};
        if (!record->report) {
            row[0] += ": " + record->reason;
            row.resize(rows[0].size());
        } else {
            for (const LeakKind kind : {LeakKind::definite, LeakKind::indirect, LeakKind::possible,
                                        LeakKind::reachable}) {
                row.push_back(formatBytes(static_cast<double>(record->report->of(kind).bytes)));
            }
        }
        rows.push_back(std::move(row));
    }
    return alignedTable(rows, 1);
}

Json leaksJson(const SessionView& view) {
    Json leaks = Json::array();
    for (std::size_t i = 0; view.leaks && i < view.leaks->size(); ++i) {
        const LeakRecord& record = *view.leaks->at(i);
        Json one = {{"process", record.label}, {"pid", record.process.pid}, {"name", record.name}};
        if (!record.report) {
            one["unsearched"] = record.reason;
        } else {
            for (const LeakKind kind : {LeakKind::definite, LeakKind::indirect, LeakKind::possible,
                                        LeakKind::reachable}) {
                one[leakKindText(kind)] = {{"blocks", record.report->of(kind).blocks},
                                           {"bytes", record.report->of(kind).bytes}};
            }
        }
        leaks.push_back(std::move(one));
    }
    return leaks;
}

std::string sourceTable(const SessionView& view) {
    std::vector<std::vector<std::string>> rows{{"SOURCE", "PERIOD", "COST", "SAMPLES", "LOST"}};
    for (const SourceStatus& source : view.sources) {
        rows.push_back({source.name, formatDuration(source.periodNs), formatDuration(source.costNs),
                        std::to_string(source.samples), std::to_string(source.lost)});
    }
    return alignedTable(rows, 1);
}

// A file of DHAT: nothing was sampled, and nobody said where.
void printHeapsAlone(const std::string& path, const SessionFile& file) {
    const SessionView& view = *file.view;
    std::cout << path << ": " << formatBytes(static_cast<double>(file.bytes)) << ", "
              << view.provenance->scenario << ", recorded by DHAT\n\n"
              << heapTable(view);
}

void printText(const std::string& path, const SessionFile& file) {
    const SessionView& view = *file.view;
    const Provenance& from = *view.provenance;
    if (file.frames == 0 && !view.heaps->empty()) {
        printHeapsAlone(path, file);
        return;
    }
    std::cout << path << ": " << formatBytes(static_cast<double>(file.bytes)) << ", " << file.frames
              << " frames, " << formatCount(static_cast<double>(file.values)) << " samples\n"
              << "scenario   " << from.scenario << ", seed " << from.seed << '\n'
              << "recorded   " << wallTimeText(from.startWallNs) << ", "
              << formatDuration(view.endNs - view.startNs) << ", Ringscope " << from.version << '\n'
              << "machine    " << from.machine << ", kernel " << from.kernel << '\n';
    if (view.ring) {
        std::cout << "ring       " << view.ring->name << ", " << view.ring->channels.size()
                  << (view.ring->channels.size() == 1 ? " channel, " : " channels, ")
                  << formatBytes(static_cast<double>(view.ring->bytes)) << '\n';
    }
    if (file.summary) {
        std::cout << '\n' << summaryText(*file.summary);
    }
    if (!file.summary || file.summary->sizing.empty()) {
        std::cout << sizingText(sizingOf(view)); // cut short, or of an older version
    }
    std::cout << '\n' << trackTable(view) << '\n' << sourceTable(view);
    if (!view.maps->empty()) {
        std::cout << '\n' << mapTable(view) << mapReasonTable(view);
    }
    if (!view.heaps->empty()) {
        std::cout << '\n' << heapTable(view);
    }
    if (view.leaks && !view.leaks->empty()) {
        std::cout << '\n' << leakTable(view);
    }
    if (!view.markers->empty()) {
        std::vector<std::vector<std::string>> rows{{"TIME", "MARKER"}};
        for (const Marker& marker : *view.markers) {
            rows.push_back({sinceStart(view, marker.timeNs), marker.text});
        }
        std::cout << '\n' << alignedTable(rows, 2);
    }
}

Json tracksJson(const SessionView& view) {
    Json tracks = Json::array();
    for (const TrackRef track : view.match("*")) {
        const TrackDescription& description = view.description(track);
        tracks.push_back({{"name", description.name},
                          {"unit", unitName(description.unit)},
                          {"kind", description.kind == TrackKind::counter ? "counter" : "gauge"},
                          {"help", description.help},
                          {"samples", view.samples(track).rows()}});
    }
    return tracks;
}

Json mapsJson(const SessionView& view) {
    Json maps = Json::array();
    for (const auto& map : *view.maps) {
        const MemorySums total = map->sums.regionTotal();
        maps.push_back(
            {{"time_s", static_cast<double>(map->timeNs - view.provenance->startMonotonicNs) / 1e9},
             {"process", map->label},
             {"pid", map->process.pid},
             {"name", map->name},
             {"reason", map->reason},
             {"regions", total.regions},
             {"rss", total.rss},
             {"pss", total.pss}});
    }
    return maps;
}

Json heapsJson(const SessionView& view) {
    Json heaps = Json::array();
    for (const auto& heap : *view.heaps) {
        heaps.push_back({{"process", heap->label},
                         {"pid", heap->process.pid},
                         {"name", heap->name},
                         {"stacks", heap->profile.stacks.size()},
                         {"peak_bytes", heap->profile.peakBytes},
                         {"live_bytes", heap->profile.total.liveBytes},
                         {"bytes", heap->profile.total.bytes},
                         {"blocks", heap->profile.total.blocks}});
    }
    return heaps;
}

void printJson(const std::string& path, const SessionFile& file) {
    const SessionView& view = *file.view;
    const Provenance& from = *view.provenance;
    Json targets = Json::array();
    for (const WorkerRow& worker : *view.workers) {
        targets.push_back({{"role", worker.role},
                           {"index", worker.index},
                           {"pid", worker.pid},
                           {"messages", worker.messages},
                           {"outcome", worker.outcome}});
    }
    Json markers = Json::array();
    for (const Marker& marker : *view.markers) {
        markers.push_back(
            {{"time_s", static_cast<double>(marker.timeNs - from.startMonotonicNs) / 1e9},
             {"text", marker.text}});
    }
    Json losses = Json::array();
    for (const SourceStatus& source : view.sources) {
        if (source.lost > 0) {
            losses.push_back({{"source", source.name}, {"lost", source.lost}});
        }
    }
    const Json json{{"file", path},
                    {"bytes", file.bytes},
                    {"frames", file.frames},
                    {"values", file.values},
                    {"version", from.version},
                    {"machine", from.machine},
                    {"kernel", from.kernel},
                    {"scenario", from.scenario},
                    {"seed", from.seed},
                    {"start_unix_ns", from.startWallNs},
                    {"duration_s", static_cast<double>(view.endNs - view.startNs) / 1e9},
                    {"ring", view.ring ? Json(view.ring->name) : Json(nullptr)},
                    {"targets", std::move(targets)},
                    {"tracks", tracksJson(view)},
                    {"sizing", Json::parse(sizingToJson(sizingOf(view)))},
                    {"markers", std::move(markers)},
                    {"memory_maps", mapsJson(view)},
                    {"heap_profiles", heapsJson(view)},
                    {"leaks", leaksJson(view)},
                    {"losses", std::move(losses)},
                    {"summary", file.summary ? Json::parse(toJson(*file.summary)) : Json(nullptr)},
                    {"damage", view.damage}};
    std::cout << json.dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
}

int info(const std::string& path, bool isJson) {
    const auto file = SessionFile::open(path);
    if (!file) {
        return reportError(file.error());
    }
    isJson ? printJson(path, *file) : printText(path, *file);
    if (!file->view->damage.empty()) {
        remark(path + ": " + file->view->damage);
        return kExitFailed;
    }
    return kExitDone;
}

} // namespace

void addInfoCommand(CLI::App& app, CommandLine& line) {
    auto path = std::make_shared<std::string>();
    auto isJson = std::make_shared<bool>(false);
    CLI::App* command = app.add_subcommand("info", "Says what a recorded session holds");
    command->add_option("file", *path, "A .ringscope file")->required()->type_name("FILE");
    command->add_flag("--json", *isJson, "Prints one JSON document");
    command->footer("Example:\n  ringscope-cli info steady.ringscope");
    command->callback([path, isJson, &line] {
        line.onlyReads = true;
        line.command = [path, isJson] { return info(*path, *isJson); };
    });
}

} // namespace ringscope
