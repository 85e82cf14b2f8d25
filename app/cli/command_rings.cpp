// SPDX-License-Identifier: MIT
#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/cli/commands.h"
#include "app/cli/console.h"
#include "core/base/units.h"
#include "core/ring/segment_list.h"

namespace ringscope {

namespace {

using Json = nlohmann::ordered_json;

double fillPercent(const ChannelCursors& channel) {
    return channel.capacity == 0 ? 0
                                 : 100.0 * static_cast<double>(channel.used()) /
                                       static_cast<double>(channel.capacity);
}

double fullest(const SegmentSummary& segment) {
    double most = 0;
    for (const ChannelCursors& channel : segment.channels) {
        most = std::max(most, fillPercent(channel));
    }
    return most;
}

std::string ownerText(const SegmentSummary& segment) {
    if (segment.creator.pid == 0) {
        return "unknown";
    }
    std::string owner = std::to_string(segment.creator.pid);
    switch (segment.creatorLiveness) {
    case Liveness::alive: {
        const std::string name = processName(segment.creator.pid);
        return name.empty() ? owner : owner + " " + name;
    }
    case Liveness::stopped:
        return owner + " (stopped)";
    case Liveness::dead:
        return owner + " (dead)";
    case Liveness::unknown:
        return owner + " (another pid namespace)";
    }
    return owner;
}

Json segmentJson(const SegmentSummary& segment) {
    Json channels = Json::array();
    for (const ChannelCursors& channel : segment.channels) {
        channels.push_back({{"channel", channel.channel},
                            {"capacity", channel.capacity},
                            {"head", channel.head},
                            {"tail", channel.tail},
                            {"used", channel.used()}});
    }
    return {{"name", segment.name},
            {"bytes", segment.bytes},
            {"dmxp", segment.isDmxpCompatible},
            {"creator_pid", segment.creator.pid},
            {"creator_alive", segment.creatorLiveness == Liveness::alive ||
                                  segment.creatorLiveness == Liveness::stopped},
            {"participants", segment.participants.size()},
            {"live_participants", segment.liveParticipants},
            {"mapped_by", segment.mappedBy},
            {"orphaned", segment.isOrphaned},
            {"kept_because", segment.keptBecause},
            {"problem", segment.problem},
            {"layout_off", segment.layoutOff},
            {"channels", std::move(channels)}};
}

void printJson(const std::vector<SegmentSummary>& segments) {
    Json list = Json::array();
    for (const SegmentSummary& segment : segments) {
        list.push_back(segmentJson(segment));
    }
    std::cout << list.dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
}

std::string stateText(const SegmentSummary& segment) {
    if (!segment.problem.empty()) {
        return segment.problem;
    }
    const std::string state = segment.isOrphaned ? "orphaned" : segment.keptBecause;
    return segment.layoutOff.empty() ? state : state + "; layout: " + segment.layoutOff.front();
}

int listRings(bool isJson) {
    const std::vector<SegmentSummary> segments = listSegments();
    if (isJson) {
        printJson(segments);
        return kExitDone;
    }
    if (segments.empty()) {
        std::cout << "No ring segment in /dev/shm. ringscope-cli run steady makes one.\n";
        return kExitDone;
    }
    std::vector<std::vector<std::string>> rows{
        {"NAME", "OWNER", "STATE", "KIND", "SIZE", "CHANNELS", "FULLEST", "PARTICIPANTS"}};
    for (const SegmentSummary& segment : segments) {
        rows.push_back(
            {segment.name, ownerText(segment), stateText(segment),
             segment.hasExtension
                 ? (segment.isDmxpCompatible ? "ringscope, dmxp-compatible" : "ringscope")
                 : "dmxp",
             formatBytes(static_cast<double>(segment.bytes)),
             std::to_string(segment.channels.size()), formatValue(fullest(segment), Unit::percent),
             std::to_string(segment.liveParticipants)});
    }
    std::cout << alignedTable(rows, 4);
    return kExitDone;
}

} // namespace

void addRingsCommands(CLI::App& app, CommandLine& line) {
    auto isJson = std::make_shared<bool>(false);
    CLI::App* rings = app.add_subcommand("rings", "Lists every ring segment on this machine");
    rings->add_flag("--json", *isJson, "Prints one JSON document");
    rings->footer("Example:\n  ringscope-cli rings");
    rings->callback([isJson, &line] { line.command = [isJson] { return listRings(*isJson); }; });
}

} // namespace ringscope
