// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/session/session_view.h"

namespace ringscope {

// The parts of a session that its file holds as JSON (docs/file-format.md). Keys are never given
// another meaning; unknown ones are ignored and missing ones are empty, so that both an older and a
// newer reader get along. Each reader is empty when the text is no JSON or a field has another
// type.
[[nodiscard]] std::string provenanceToJson(const Provenance& provenance);
[[nodiscard]] std::optional<Provenance> provenanceFromJson(const std::string& text);

// Groups [first, groups.size()) of a view, with their numbers and without samples.
struct GroupDescription {
    std::uint32_t group = 0;
    std::string source;
    std::vector<TrackDescription> tracks;
};
[[nodiscard]] std::string groupsToJson(const std::vector<TrackGroup>& groups, std::size_t first);
[[nodiscard]] std::optional<std::vector<GroupDescription>> groupsFromJson(const std::string& text);

// Everything of a stall picture but its slots.
[[nodiscard]] std::string stallToJson(const StallPicture& stall);
[[nodiscard]] std::optional<StallPicture> stallFromJson(const std::string& text);

[[nodiscard]] std::string markersToJson(const std::vector<Marker>& markers);
[[nodiscard]] std::optional<std::vector<Marker>> markersFromJson(const std::string& text);

// What a view says about the present: sources, workers, participants, ring cursors, own
// cost.
struct SessionState {
    std::vector<SourceStatus> sources;
    std::vector<WorkerRow> workers;
    std::vector<ParticipantRow> participants;
    std::vector<ChannelBacklog> backlogs;
    std::optional<RingTarget> ring;
    SelfCost self;
};
[[nodiscard]] std::string stateToJson(const SessionView& view);
[[nodiscard]] std::optional<SessionState> stateFromJson(const std::string& text);

} // namespace ringscope
