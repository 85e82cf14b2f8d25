// SPDX-License-Identifier: MIT
#include "core/session/session_json.h"

#include <array>
#include <utility>

#include "core/base/json_fields.h"

namespace ringscope {

namespace {

// Words rather than numbers in files: an enumerator may move.
constexpr std::array<const char*, 6> kMarkerWords = {"user",  "phase", "worker_died",
                                                     "stall", "loss",  "finding"};
constexpr std::array<const char*, 5> kWorkerWords = {"starting", "running", "stopped", "finished",
                                                     "died"};

constexpr std::array<const char*, 4> kLivenessWords = {"alive", "stopped", "dead", "unknown"};
constexpr std::array<const char*, 3> kBlockedWords = {"nothing_yet", "consumers", "producers"};

// One each, other than unitName(), which is for people and writes some alike.
constexpr std::array<const char*, 8> kUnitWords = {
    "none", "count", "count_per_s", "bytes", "bytes_per_s", "ns", "percent", "per_message"};
static_assert(kUnitWords.size() == static_cast<std::size_t>(Unit::ratePerMessage) + 1);

template <typename Enum, std::size_t N>
const char* wordOf(const std::array<const char*, N>& words, Enum value) {
    const auto index = static_cast<std::size_t>(value);
    return index < N ? words[index] : words[0];
}

// The first enumerator for a word of a later version.
template <typename Enum, std::size_t N>
Enum enumOf(const std::array<const char*, N>& words, const std::string& word) {
    for (std::size_t i = 0; i < N; ++i) {
        if (word == words[i]) {
            return static_cast<Enum>(i);
        }
    }
    return Enum{};
}

// read(Json object) -> value; empty when the text or a field is not what it should be.
template <typename Read>
auto parseObject(const std::string& text, Read read)
    -> std::optional<decltype(read(Fields(std::declval<const Json&>())))> {
    const Json json = Json::parse(text, nullptr, false);
    if (!json.is_object()) {
        return std::nullopt;
    }
    try {
        return read(Fields(json));
    } catch (const Json::exception&) {
        return std::nullopt;
    }
}

Json trackToJson(const TrackDescription& track) {
    return {{"name", track.name},
            {"label", track.label},
            {"unit", wordOf(kUnitWords, track.unit)},
            {"kind", track.kind == TrackKind::counter ? "counter" : "gauge"},
            {"help", track.help}};
}

TrackDescription trackFromFields(const Fields& fields) {
    TrackDescription track;
    std::string unit;
    std::string kind;
    fields.read("name", track.name).read("label", track.label).read("help", track.help);
    fields.read("unit", unit).read("kind", kind);
    track.unit = enumOf<Unit>(kUnitWords, unit);
    track.kind = kind == "counter" ? TrackKind::counter : TrackKind::gauge;
    return track;
}

Json workerToJson(const WorkerRow& worker) {
    return {{"role", worker.role},
            {"index", worker.index},
            {"pid", worker.pid},
            {"tid", worker.tid},
            {"state", wordOf(kWorkerWords, worker.state)},
            {"messages", worker.messages},
            {"messages_per_s", worker.messagesPerSecond},
            {"full_waits", worker.fullWaits},
            {"empty_waits", worker.emptyWaits},
            {"last_position", worker.lastPosition},
            {"rss", worker.rssBytes},
            {"outcome", worker.outcome}};
}

WorkerRow workerFromFields(const Fields& fields) {
    WorkerRow worker;
    std::string state;
    fields.read("role", worker.role).read("index", worker.index).read("pid", worker.pid);
    fields.read("tid", worker.tid).read("state", state).read("messages", worker.messages);
    fields.read("messages_per_s", worker.messagesPerSecond).read("rss", worker.rssBytes);
    fields.read("full_waits", worker.fullWaits).read("empty_waits", worker.emptyWaits);
    fields.read("last_position", worker.lastPosition).read("outcome", worker.outcome);
    worker.state = enumOf<WorkerState>(kWorkerWords, state);
    return worker;
}

Json participantToJson(const ParticipantRow& row) {
    return {{"registered", row.isRegistered},
            {"role", row.isProducer ? "producer" : "consumer"},
            {"channel", row.channel},
            {"entry", row.entry},
            {"pid", row.pid},
            {"tid", row.tid},
            {"start_ticks", row.startTicks},
            {"command", row.command},
            {"state", wordOf(kLivenessWords, row.liveness)},
            {"joined_ns", row.joinedNs},
            {"claims", row.claims},
            {"held_first", row.heldFirst},
            {"held_count", row.heldCount},
            {"first_slot", row.firstSlot},
            {"held_ns", row.heldNs},
            {"blocks", wordOf(kBlockedWords, row.blocked)},
            {"distance", row.distance}};
}

ParticipantRow participantFromFields(const Fields& fields) {
    ParticipantRow row;
    std::string role;
    std::string state;
    std::string blocks;
    fields.read("registered", row.isRegistered).read("role", role).read("channel", row.channel);
    fields.read("entry", row.entry).read("pid", row.pid).read("tid", row.tid);
    fields.read("start_ticks", row.startTicks).read("command", row.command).read("state", state);
    fields.read("joined_ns", row.joinedNs).read("claims", row.claims);
    fields.read("held_first", row.heldFirst).read("held_count", row.heldCount);
    fields.read("first_slot", row.firstSlot).read("held_ns", row.heldNs);
    fields.read("blocks", blocks).read("distance", row.distance);
    row.isProducer = role == "producer";
    row.liveness = enumOf<Liveness>(kLivenessWords, state);
    row.blocked = enumOf<Blocked>(kBlockedWords, blocks);
    return row;
}

Json participantsToJson(const std::vector<ParticipantRow>& rows) {
    Json list = Json::array();
    for (const ParticipantRow& row : rows) {
        list.push_back(participantToJson(row));
    }
    return list;
}

std::vector<ParticipantRow> participantsFromFields(const Fields& fields) {
    std::vector<ParticipantRow> rows;
    fields.each("participants",
                [&](const Fields& row) { rows.push_back(participantFromFields(row)); });
    return rows;
}

Json ringToJson(const RingTarget& ring) {
    Json channels = Json::array();
    for (const ChannelCursors& cursors : ring.channels) {
        channels.push_back({{"channel", cursors.channel},
                            {"capacity", cursors.capacity},
                            {"head", cursors.head},
                            {"tail", cursors.tail}});
    }
    return {{"name", ring.name},
            {"bytes", ring.bytes},
            {"slot_stride", ring.slotStride},
            {"is_dmxp", ring.isDmxp},
            {"channels", std::move(channels)}};
}

Json backlogsToJson(const std::vector<ChannelBacklog>& backlogs) {
    Json list = Json::array();
    for (const ChannelBacklog& backlog : backlogs) {
        Json senders = Json::array();
        for (const QueuedBy& sender : backlog.senders) {
            senders.push_back({{"pid", sender.pid},
                               {"worker", sender.worker ? Json(*sender.worker) : Json(nullptr)},
                               {"messages", sender.messages}});
        }
        list.push_back({{"channel", backlog.channel},
                        {"waiting", backlog.waiting},
                        {"looked_at", backlog.lookedAt},
                        {"senders", std::move(senders)},
                        {"stamped_age_ns",
                         backlog.stampedAgeNs ? Json(*backlog.stampedAgeNs) : Json(nullptr)}});
    }
    return list;
}

std::vector<ChannelBacklog> backlogsFromFields(const Fields& fields) {
    std::vector<ChannelBacklog> backlogs;
    fields.each("backlogs", [&](const Fields& backlog) {
        ChannelBacklog& to = backlogs.emplace_back();
        backlog.read("channel", to.channel).read("waiting", to.waiting);
        backlog.read("looked_at", to.lookedAt);
        // Through a plain number: an optional is no type of JSON.
        std::int64_t age = -1;
        backlog.read("stamped_age_ns", age);
        to.stampedAgeNs = age >= 0 ? std::optional(age) : std::nullopt;
        backlog.each("senders", [&](const Fields& sender) {
            QueuedBy& by = to.senders.emplace_back();
            std::int64_t worker = -1;
            sender.read("pid", by.pid).read("worker", worker).read("messages", by.messages);
            if (worker >= 0) {
                by.worker = static_cast<std::uint32_t>(worker);
            }
        });
    });
    return backlogs;
}

RingTarget ringFromFields(const Fields& fields) {
    RingTarget ring;
    fields.read("name", ring.name).read("bytes", ring.bytes);
    fields.read("slot_stride", ring.slotStride).read("is_dmxp", ring.isDmxp);
    fields.each("channels", [&](const Fields& channel) {
        ChannelCursors& to = ring.channels.emplace_back();
        channel.read("channel", to.channel).read("capacity", to.capacity);
        channel.read("head", to.head).read("tail", to.tail);
    });
    return ring;
}

} // namespace

std::string provenanceToJson(const Provenance& provenance) {
    return dumpJson({{"version", provenance.version},
                     {"machine", provenance.machine},
                     {"kernel", provenance.kernel},
                     {"scenario", provenance.scenario},
                     {"scenario_toml", provenance.scenarioToml},
                     {"seed", provenance.seed},
                     {"start_monotonic_ns", provenance.startMonotonicNs},
                     {"start_wall_ns", provenance.startWallNs}});
}

std::optional<Provenance> provenanceFromJson(const std::string& text) {
    return parseObject(text, [](const Fields& fields) {
        Provenance provenance;
        fields.read("version", provenance.version).read("machine", provenance.machine);
        fields.read("kernel", provenance.kernel).read("scenario", provenance.scenario);
        fields.read("scenario_toml", provenance.scenarioToml).read("seed", provenance.seed);
        fields.read("start_monotonic_ns", provenance.startMonotonicNs);
        fields.read("start_wall_ns", provenance.startWallNs);
        return provenance;
    });
}

std::string groupsToJson(const std::vector<TrackGroup>& groups, std::size_t first) {
    Json list = Json::array();
    for (std::size_t i = first; i < groups.size(); ++i) {
        Json tracks = Json::array();
        for (const TrackDescription& track : *groups[i].tracks) {
            tracks.push_back(trackToJson(track));
        }
        list.push_back({{"group", i}, {"source", groups[i].source}, {"tracks", std::move(tracks)}});
    }
    return dumpJson({{"groups", std::move(list)}});
}

std::optional<std::vector<GroupDescription>> groupsFromJson(const std::string& text) {
    return parseObject(text, [](const Fields& fields) {
        std::vector<GroupDescription> groups;
        fields.each("groups", [&](const Fields& group) {
            GroupDescription& to = groups.emplace_back();
            group.read("group", to.group).read("source", to.source);
            group.each("tracks",
                       [&](const Fields& track) { to.tracks.push_back(trackFromFields(track)); });
        });
        return groups;
    });
}

std::string stallToJson(const StallPicture& stall) {
    return dumpJson({{"time_ns", stall.timeNs},
                     {"text", stall.text},
                     {"participants", participantsToJson(stall.participants)}});
}

std::optional<StallPicture> stallFromJson(const std::string& text) {
    return parseObject(text, [](const Fields& fields) {
        StallPicture stall;
        fields.read("time_ns", stall.timeNs).read("text", stall.text);
        stall.participants = participantsFromFields(fields);
        return stall;
    });
}

std::string markersToJson(const std::vector<Marker>& markers) {
    Json list = Json::array();
    for (const Marker& marker : markers) {
        list.push_back({{"time_ns", marker.timeNs},
                        {"kind", wordOf(kMarkerWords, marker.kind)},
                        {"text", marker.text}});
    }
    return dumpJson({{"markers", std::move(list)}});
}

std::optional<std::vector<Marker>> markersFromJson(const std::string& text) {
    return parseObject(text, [](const Fields& fields) {
        std::vector<Marker> markers;
        fields.each("markers", [&](const Fields& marker) {
            Marker& to = markers.emplace_back();
            std::string kind;
            marker.read("time_ns", to.timeNs).read("kind", kind).read("text", to.text);
            to.kind = enumOf<MarkerKind>(kMarkerWords, kind);
        });
        return markers;
    });
}

std::string stateToJson(const SessionView& view) {
    Json json;
    json["sources"] = Json::array();
    for (const SourceStatus& source : view.sources) {
        json["sources"].push_back({{"name", source.name},
                                   {"period_ns", source.periodNs},
                                   {"cost_ns", source.costNs},
                                   {"samples", source.samples},
                                   {"lost", source.lost}});
    }
    json["workers"] = Json::array();
    for (const WorkerRow& worker : *view.workers) {
        json["workers"].push_back(workerToJson(worker));
    }
    if (view.participants) {
        json["participants"] = participantsToJson(*view.participants);
    }
    if (view.backlogs) {
        json["backlogs"] = backlogsToJson(*view.backlogs);
    }
    if (view.ring) {
        json["ring"] = ringToJson(*view.ring);
    }
    json["self"] = {{"cpu_percent", view.self.cpuPercent}, {"rss", view.self.rssBytes}};
    return dumpJson(json);
}

std::optional<SessionState> stateFromJson(const std::string& text) {
    return parseObject(text, [](const Fields& fields) {
        SessionState state;
        fields.each("sources", [&](const Fields& source) {
            SourceStatus& to = state.sources.emplace_back();
            source.read("name", to.name).read("period_ns", to.periodNs);
            source.read("cost_ns", to.costNs).read("samples", to.samples).read("lost", to.lost);
        });
        fields.each("workers", [&](const Fields& worker) {
            state.workers.push_back(workerFromFields(worker));
        });
        state.participants = participantsFromFields(fields);
        state.backlogs = backlogsFromFields(fields);
        fields.part("ring", [&](const Fields& ring) { state.ring = ringFromFields(ring); });
        fields.part("self", [&](const Fields& self) {
            self.read("cpu_percent", state.self.cpuPercent).read("rss", state.self.rssBytes);
        });
        return state;
    });
}

} // namespace ringscope
