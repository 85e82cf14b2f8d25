// SPDX-License-Identifier: MIT
#include "core/session/leak_record.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/base/json_fields.h"

namespace ringscope {

namespace {

constexpr std::array kKinds = {LeakKind::reachable, LeakKind::possible, LeakKind::definite,
                               LeakKind::indirect};
// Reachable blocks of a large program have ten thousands of call stacks, which say little.
constexpr std::size_t kMostReachable = 1'000;

std::optional<LeakKind> kindOf(const std::string& word) {
    const auto* const found = std::find_if(kKinds.begin(), kKinds.end(), [&word](LeakKind kind) {
        return word == leakKindText(kind);
    });
    return found != kKinds.end() ? std::optional(*found) : std::nullopt;
}

Json groupsJson(const LeakReport& report) {
    Json groups = Json::array();
    std::size_t reachable = 0;
    for (const LeakGroup& group : report.groups) {
        if (group.kind == LeakKind::reachable && ++reachable > kMostReachable) {
            continue;
        }
        groups.push_back({{"kind", leakKindText(group.kind)},
                          {"stack", group.stack},
                          {"blocks", group.sums.blocks},
                          {"bytes", group.sums.bytes},
                          {"indirect_blocks", group.indirect.blocks},
                          {"indirect_bytes", group.indirect.bytes},
                          {"address", group.address},
                          {"oldest_ns", group.oldestNs},
                          {"newest_ns", group.newestNs}});
    }
    return groups;
}

void readReport(const Fields& fields, LeakReport& report) {
    fields.read("time_ns", report.timeNs).read("stopped_ns", report.stoppedNs);
    fields.read("stops", report.stops).read("threads", report.threads);
    fields.read("copied_bytes", report.copiedBytes).read("swapped_bytes", report.swappedBytes);
    fields.read("is_whole_heap_known", report.isWholeHeapKnown);
    for (const LeakKind kind : kKinds) {
        LeakSums& sums = report.kinds[static_cast<std::size_t>(kind)];
        fields.part(leakKindText(kind), [&sums](const Fields& part) {
            part.read("blocks", sums.blocks).read("bytes", sums.bytes);
        });
    }
    fields.each("groups", [&report](const Fields& part) {
        LeakGroup group;
        std::string kind;
        part.read("kind", kind).read("stack", group.stack);
        part.read("blocks", group.sums.blocks).read("bytes", group.sums.bytes);
        part.read("indirect_blocks", group.indirect.blocks);
        part.read("indirect_bytes", group.indirect.bytes).read("address", group.address);
        part.read("oldest_ns", group.oldestNs).read("newest_ns", group.newestNs);
        if (const auto known = kindOf(kind)) {
            group.kind = *known;
            report.groups.push_back(std::move(group));
        }
    });
}

} // namespace

std::string encodeLeakRecord(const LeakRecord& record) {
    Json json{{"label", record.label},
              {"pid", record.process.pid},
              {"start_ticks", record.process.startTicks},
              {"name", record.name},
              {"time_ns", record.timeNs}};
    if (!record.report) {
        json["reason"] = record.reason;
    } else {
        const LeakReport& report = *record.report;
        Json& to = json["report"];
        to = {{"time_ns", report.timeNs},
              {"stopped_ns", report.stoppedNs},
              {"stops", report.stops},
              {"threads", report.threads},
              {"copied_bytes", report.copiedBytes},
              {"swapped_bytes", report.swappedBytes},
              {"is_whole_heap_known", report.isWholeHeapKnown}};
        for (const LeakKind kind : kKinds) {
            to[leakKindText(kind)] = {{"blocks", report.of(kind).blocks},
                                      {"bytes", report.of(kind).bytes}};
        }
        to["groups"] = groupsJson(report);
    }
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::optional<LeakRecord> decodeLeakRecord(const std::string& payload) {
    try {
        const Json json = Json::parse(payload);
        LeakRecord record;
        const Fields fields(json);
        fields.read("label", record.label).read("pid", record.process.pid);
        fields.read("start_ticks", record.process.startTicks).read("name", record.name);
        fields.read("time_ns", record.timeNs).read("reason", record.reason);
        fields.part("report", [&record](const Fields& part) {
            LeakReport& report = record.report.emplace();
            report.moment = LeakMoment::atExit;
            readReport(part, report);
        });
        return record;
    } catch (const Json::exception&) {
        return std::nullopt;
    }
}

} // namespace ringscope
