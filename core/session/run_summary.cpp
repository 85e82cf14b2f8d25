// SPDX-License-Identifier: MIT
#include "core/session/run_summary.h"

#include "core/base/json_fields.h"
#include "core/session/annotation_json.h"
#include "core/session/sizing_json.h"

namespace ringscope {

namespace {

Json messagesJson(const RunSummary::Messages& messages) {
    return {{"sent", messages.sent},
            {"received", messages.received},
            {"lost", messages.lost},
            {"lost_with_holder", messages.lostWithHolder},
            {"duplicated", messages.duplicated},
            {"reordered", messages.reordered},
            {"corrupted", messages.corrupted},
            {"in_ring", messages.inRing},
            {"taken_by_others", messages.takenByOthers},
            {"foreign", messages.foreign}};
}

Json latencyJson(const RunSummary::LatencyNs& latency) {
    return {{"p50", latency.p50},   {"p90", latency.p90}, {"p99", latency.p99},
            {"p999", latency.p999}, {"max", latency.max}, {"samples", latency.samples}};
}

Json ringJson(const RunSummary::Ring& ring) {
    return {{"name", ring.name},
            {"channels", ring.channels},
            {"capacity", ring.capacity},
            {"slot_stride", ring.slotStride},
            {"bytes", ring.bytes},
            {"fill_max", ring.fillMaxPercent},
            {"full_waits", ring.fullWaits},
            {"empty_waits", ring.emptyWaits}};
}

Json heapJson(const RunSummary::Heap& heap) {
    Json json = {{"allocations", heap.allocations},
                 {"frees", heap.frees},
                 {"live_bytes", heap.liveBytes},
                 {"peak_bytes", heap.peakBytes}};
    json["allocations_per_message"] =
        heap.allocationsPerMessage ? Json(*heap.allocationsPerMessage) : Json(nullptr);
    json["violations"] = violationsOf(heap.annotations);
    json["annotations"] = Json::parse(annotationsToJson(heap.annotations));
    return json;
}

Json leaksJson(const RunSummary::Leaks& leaks) {
    return {{"processes", leaks.processes},           {"definite", leaks.definite},
            {"definite_bytes", leaks.definiteBytes},  {"indirect", leaks.indirect},
            {"indirect_bytes", leaks.indirectBytes},  {"possible", leaks.possible},
            {"possible_bytes", leaks.possibleBytes},  {"reachable", leaks.reachable},
            {"reachable_bytes", leaks.reachableBytes}};
}

Json numberOrNull(const std::optional<std::uint64_t>& number) {
    return number ? Json(*number) : Json(nullptr);
}

Json memoryJson(const RunSummary::Memory& memory) {
    return {{"rss_peak", memory.rssPeak},
            {"pss_peak", numberOrNull(memory.pssPeak)},
            {"private_peak", numberOrNull(memory.privatePeak)},
            {"minor_faults", memory.minorFaults},
            {"major_faults", memory.majorFaults}};
}

Json recoveryJson(const RunSummary::Recovery& recovery) {
    return {{"deaths", recovery.deaths},
            {"restarts", recovery.restarts},
            {"stops", recovery.stops},
            {"roster_waits", recovery.rosterWaits},
            {"tombstones", recovery.tombstones},
            {"slots_of_messages", recovery.slotsOfMessages},
            {"standstill_ns", recovery.standstillNs},
            {"unrepaired", recovery.unrepaired}};
}

Json lostMessageJson(const RunSummary::LostMessage& lost) {
    return {{"producer", lost.producer}, {"channel", lost.channel}, {"sequence", lost.sequence},
            {"position", lost.position}, {"holder", lost.holder},   {"pid", lost.holderPid}};
}

Json workerJson(const RunSummary::Worker& worker) {
    return {{"role", worker.role}, {"index", worker.index},       {"pid", worker.pid},
            {"tid", worker.tid},   {"messages", worker.messages}, {"outcome", worker.outcome}};
}

// Null for a part that was not observed: the keys of the contract are always there.
template <typename T, typename Convert>
Json optionalJson(const std::optional<T>& part, Convert convert) {
    return part ? convert(*part) : Json(nullptr);
}

void readParts(const Fields& fields, RunSummary& summary) {
    fields.part("messages", [&](const Fields& part) {
        auto& to = summary.messages.emplace(RunSummary::Messages{});
        part.read("sent", to.sent).read("received", to.received).read("lost", to.lost);
        part.read("duplicated", to.duplicated).read("reordered", to.reordered);
        part.read("corrupted", to.corrupted).read("in_ring", to.inRing);
        part.read("lost_with_holder", to.lostWithHolder);
        part.read("taken_by_others", to.takenByOthers).read("foreign", to.foreign);
    });
    fields.part("latency_ns", [&](const Fields& part) {
        auto& to = summary.latency.emplace(RunSummary::LatencyNs{});
        part.read("p50", to.p50).read("p90", to.p90).read("p99", to.p99);
        part.read("p999", to.p999).read("max", to.max).read("samples", to.samples);
    });
    fields.part("ring", [&](const Fields& part) {
        auto& to = summary.ring.emplace(RunSummary::Ring{});
        part.read("name", to.name).read("channels", to.channels).read("capacity", to.capacity);
        part.read("slot_stride", to.slotStride).read("bytes", to.bytes);
        part.read("fill_max", to.fillMaxPercent);
        part.read("full_waits", to.fullWaits).read("empty_waits", to.emptyWaits);
    });
    fields.part("heap", [&](const Fields& part) {
        auto& to = summary.heap.emplace(RunSummary::Heap{});
        part.read("allocations", to.allocations).read("frees", to.frees);
        part.read("live_bytes", to.liveBytes).read("peak_bytes", to.peakBytes);
        double perMessage = -1;
        part.read("allocations_per_message", perMessage);
        if (perMessage >= 0) {
            to.allocationsPerMessage = perMessage;
        }
        Json annotations;
        part.read("annotations", annotations);
        to.annotations = annotationsFromJson(annotations.dump()).value_or(to.annotations);
    });
    fields.part("leaks", [&](const Fields& part) {
        auto& to = summary.leaks.emplace(RunSummary::Leaks{});
        part.read("processes", to.processes);
        part.read("definite", to.definite).read("definite_bytes", to.definiteBytes);
        part.read("indirect", to.indirect).read("indirect_bytes", to.indirectBytes);
        part.read("possible", to.possible).read("possible_bytes", to.possibleBytes);
        part.read("reachable", to.reachable).read("reachable_bytes", to.reachableBytes);
    });
    fields.part("memory", [&](const Fields& part) {
        auto& to = summary.memory.emplace(RunSummary::Memory{});
        part.read("rss_peak", to.rssPeak);
        part.readOptional("pss_peak", to.pssPeak).readOptional("private_peak", to.privatePeak);
        part.read("minor_faults", to.minorFaults).read("major_faults", to.majorFaults);
    });
}

void readRecovery(const Fields& fields, RunSummary& summary) {
    fields.part("recovery", [&](const Fields& part) {
        auto& to = summary.recovery.emplace(RunSummary::Recovery{});
        part.read("deaths", to.deaths).read("restarts", to.restarts).read("stops", to.stops);
        part.read("roster_waits", to.rosterWaits).read("tombstones", to.tombstones);
        part.read("slots_of_messages", to.slotsOfMessages);
        part.read("standstill_ns", to.standstillNs).read("unrepaired", to.unrepaired);
    });
    fields.each("lost_messages", [&](const Fields& part) {
        auto& to = summary.lostMessages.emplace_back();
        part.read("producer", to.producer).read("channel", to.channel);
        part.read("sequence", to.sequence).read("position", to.position);
        part.read("holder", to.holder).read("pid", to.holderPid);
    });
}

} // namespace

std::string toJson(const RunSummary& summary) {
    Json json = {{"scenario", summary.scenario},
                 {"seed", summary.seed},
                 {"duration_s", summary.durationSeconds},
                 {"outcome", summary.outcome},
                 {"accounted_for", summary.isAccountedFor}};
    json["messages"] = optionalJson(summary.messages, messagesJson);
    json["throughput_per_s"] = summary.throughputPerSecond;
    json["latency_ns"] = optionalJson(summary.latency, latencyJson);
    json["ring"] = optionalJson(summary.ring, ringJson);
    json["heap"] = optionalJson(summary.heap, heapJson);
    if (summary.leaks) {
        json["leaks"] = leaksJson(*summary.leaks);
    }
    json["memory"] = optionalJson(summary.memory, memoryJson);
    json["recovery"] = optionalJson(summary.recovery, recoveryJson);
    json["lost_messages"] = Json::array();
    for (const RunSummary::LostMessage& lost : summary.lostMessages) {
        json["lost_messages"].push_back(lostMessageJson(lost));
    }
    json["sizing"] = Json::parse(sizingToJson(summary.sizing));
    json["workers"] = Json::array();
    for (const RunSummary::Worker& worker : summary.workers) {
        json["workers"].push_back(workerJson(worker));
    }
    return dumpJson(json, 2);
}

Expected<RunSummary> runSummaryFromJson(const std::string& text) {
    const Json json = Json::parse(text, nullptr, false);
    if (!json.is_object()) {
        return makeError(ErrorKind::damaged, "the summary of the session is not a JSON object");
    }
    try {
        RunSummary summary;
        const Fields fields(json);
        fields.read("scenario", summary.scenario).read("seed", summary.seed);
        fields.read("duration_s", summary.durationSeconds).read("outcome", summary.outcome);
        fields.read("accounted_for", summary.isAccountedFor);
        fields.read("throughput_per_s", summary.throughputPerSecond);
        readParts(fields, summary);
        readRecovery(fields, summary);
        if (const auto sizing = json.find("sizing"); sizing != json.end()) {
            summary.sizing = sizingFromJson(sizing->dump()).value_or(summary.sizing);
        }
        fields.each("workers", [&](const Fields& part) {
            auto& to = summary.workers.emplace_back();
            part.read("role", to.role).read("index", to.index).read("pid", to.pid);
            part.read("tid", to.tid).read("messages", to.messages).read("outcome", to.outcome);
        });
        return summary;
    } catch (const Json::exception& wrong) {
        return makeError(ErrorKind::damaged,
                         std::string("the summary of the session has a field of another type: ") +
                             wrong.what());
    }
}

} // namespace ringscope
