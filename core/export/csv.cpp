// SPDX-License-Identifier: MIT
#include "core/export/csv.h"

#include <algorithm>
#include <ostream>

#include "core/export/csv_fields.h"

namespace ringscope {

namespace {

using csv::oneLine;
using csv::quoted;

void writeProvenance(const SessionView& view, std::ostream& out) {
    const Provenance& from = *view.provenance;
    out << "# Ringscope " << oneLine(from.version) << '\n';
    out << "# scenario: " << oneLine(from.scenario) << ", seed " << from.seed << '\n';
    out << "# machine: " << oneLine(from.machine) << ", kernel " << oneLine(from.kernel) << '\n';
    out << "# start (Unix time, ns): " << from.startWallNs << '\n';
    for (const SourceStatus& source : view.sources) {
        out << "# source: " << oneLine(source.name) << ", period " << source.periodNs << " ns, "
            << source.samples << " samples, " << source.lost << " lost\n";
    }
    if (!view.damage.empty()) {
        out << "# damage: " << oneLine(view.damage) << '\n';
    }
}

// Walks the selected tracks of one group.
struct GroupCursor {
    const SampleTableView* samples;
    std::vector<TrackRef> tracks;
    std::size_t row;
};

std::vector<GroupCursor> cursorsOf(const SessionView& view, const std::vector<TrackRef>& tracks,
                                   std::int64_t fromNs) {
    std::vector<GroupCursor> cursors;
    for (const TrackRef track : tracks) {
        if (cursors.empty() || cursors.back().tracks.back().group != track.group) {
            const SampleTableView& samples = view.samples(track);
            cursors.push_back({&samples, {}, samples.lowerBound(fromNs)});
        }
        cursors.back().tracks.push_back(track);
    }
    return cursors;
}

} // namespace

Expected<void> writeCsv(const SessionView& view, const ExportSelection& selection,
                        std::ostream& out) {
    const auto tracks = selectTracks(view, selection);
    if (!tracks) {
        return tracks.error();
    }
    writeProvenance(view, out);
    out << "time_s";
    for (const TrackRef track : *tracks) {
        const TrackDescription& description = view.description(track);
        const std::string unit(unitName(description.unit));
        out << ','
            << quoted(unit.empty() ? description.name : description.name + " [" + unit + "]");
    }
    out << '\n';

    std::vector<GroupCursor> cursors = cursorsOf(view, *tracks, selection.fromNs);
    while (out) {
        std::int64_t now = std::numeric_limits<std::int64_t>::max();
        bool isMore = false;
        for (const GroupCursor& cursor : cursors) {
            if (cursor.row < cursor.samples->rows()) {
                now = std::min(now, cursor.samples->timeAt(cursor.row));
                isMore = true;
            }
        }
        if (!isMore || now > selection.toNs) {
            break;
        }
        out << secondsText(now - view.provenance->startMonotonicNs);
        for (GroupCursor& cursor : cursors) {
            const bool isHere =
                cursor.row < cursor.samples->rows() && cursor.samples->timeAt(cursor.row) == now;
            for (const TrackRef track : cursor.tracks) {
                out << ',';
                if (isHere) {
                    out << numberText(cursor.samples->valueAt(track.column, cursor.row));
                }
            }
            cursor.row += isHere ? 1U : 0U;
        }
        out << '\n';
    }
    out.flush();
    return out ? Expected<void>() : makeError(ErrorKind::failed, "the output cannot be written");
}

} // namespace ringscope
