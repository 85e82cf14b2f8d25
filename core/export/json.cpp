// SPDX-License-Identifier: MIT
#include "core/export/json.h"

#include <nlohmann/json.hpp>
#include <ostream>

#include "core/session/sizing_json.h"

namespace ringscope {

namespace {

using Json = nlohmann::ordered_json;

// Names may hold bytes that are not UTF-8 (a process may call itself anything): replaced, never
// thrown at.
std::string dumped(const Json& value) {
    return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

const char* markerKindName(MarkerKind kind) {
    switch (kind) {
    case MarkerKind::user:
        return "user";
    case MarkerKind::phase:
        return "phase";
    case MarkerKind::workerDied:
        return "worker_died";
    case MarkerKind::stall:
        return "stall";
    case MarkerKind::loss:
        return "loss";
    case MarkerKind::finding:
        return "finding";
    }
    return "user";
}

// JSON has no NaN and no infinity.
bool isFiniteNumber(const std::string& text) {
    return !text.empty() && text.find("inf") == std::string::npos;
}

double seconds(std::int64_t ns) {
    return static_cast<double>(ns) / 1e9;
}

Json provenanceJson(const Provenance& from) {
    return {{"version", from.version},
            {"machine", from.machine},
            {"kernel", from.kernel},
            {"scenario", from.scenario},
            {"scenario_toml", from.scenarioToml},
            {"seed", from.seed},
            {"start_unix_ns", from.startWallNs}};
}

Json markersJson(const SessionView& view) {
    Json markers = Json::array();
    for (const Marker& marker : *view.markers) {
        markers.push_back({{"time_s", seconds(marker.timeNs - view.provenance->startMonotonicNs)},
                           {"kind", markerKindName(marker.kind)},
                           {"text", marker.text}});
    }
    return markers;
}

Json workersJson(const SessionView& view) {
    Json workers = Json::array();
    for (const WorkerRow& worker : *view.workers) {
        workers.push_back({{"role", worker.role},
                           {"index", worker.index},
                           {"pid", worker.pid},
                           {"tid", worker.tid},
                           {"messages", worker.messages},
                           {"full_waits", worker.fullWaits},
                           {"empty_waits", worker.emptyWaits},
                           {"last_position", worker.lastPosition},
                           {"outcome", worker.outcome}});
    }
    return workers;
}

Json sourcesJson(const SessionView& view) {
    Json sources = Json::array();
    for (const SourceStatus& source : view.sources) {
        sources.push_back({{"name", source.name},
                           {"period_ns", source.periodNs},
                           {"cost_ns", source.costNs},
                           {"samples", source.samples},
                           {"lost", source.lost}});
    }
    return sources;
}

void writeTrack(const SessionView& view, TrackRef track, const ExportSelection& selection,
                std::ostream& out) {
    const TrackDescription& description = view.description(track);
    const SampleTableView& samples = view.samples(track);
    out << "{\"name\":" << dumped(description.name)
        << ",\"unit\":" << dumped(std::string(unitName(description.unit)))
        << ",\"kind\":" << (description.kind == TrackKind::counter ? "\"counter\"" : "\"gauge\"")
        << ",\"help\":" << dumped(description.help) << ",\"times_s\":[";
    const std::size_t first = samples.lowerBound(selection.fromNs);
    std::size_t last = first;
    for (; last < samples.rows() && samples.timeAt(last) <= selection.toNs; ++last) {
        out << (last == first ? "" : ",")
            << secondsText(samples.timeAt(last) - view.provenance->startMonotonicNs);
    }
    out << "],\"values\":[";
    for (std::size_t row = first; row < last; ++row) {
        const std::string value = numberText(samples.valueAt(track.column, row));
        out << (row == first ? "" : ",") << (isFiniteNumber(value) ? value : "null");
    }
    out << "]}";
}

} // namespace

Expected<void> writeJson(const SessionView& view, const ExportSelection& selection,
                         std::ostream& out) {
    const auto tracks = selectTracks(view, selection);
    if (!tracks) {
        return tracks.error();
    }
    out << "{\"provenance\":" << dumped(provenanceJson(*view.provenance)) << ",\n\"tracks\":[";
    bool isFirst = true;
    for (const TrackRef track : *tracks) {
        out << (isFirst ? "\n" : ",\n");
        isFirst = false;
        writeTrack(view, track, selection, out);
    }
    out << "],\n\"markers\":" << dumped(markersJson(view))
        << ",\n\"workers\":" << dumped(workersJson(view))
        << ",\n\"sizing\":" << sizingToJson(sizingOf(view, selection.fromNs, selection.toNs))
        << ",\n\"sources\":" << dumped(sourcesJson(view))
        << ",\n\"damage\":" << dumped(Json(view.damage)) << "}\n";
    out.flush();
    return out ? Expected<void>() : makeError(ErrorKind::failed, "the output cannot be written");
}

} // namespace ringscope
