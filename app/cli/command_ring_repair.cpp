// SPDX-License-Identifier: MIT
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/cli/commands.h"
#include "app/cli/console.h"
#include "core/ring/repair.h"
#include "core/ring/repair_text.h"
#include "core/ring/stuck_watch.h"

namespace ringscope {

namespace {

using Json = nlohmann::ordered_json;

struct RingRepairOptions {
    std::string name;
    RepairOptions repair;
    bool isJson = false;
};

void printText(const RepairReport& report, bool isDryRun) {
    for (const std::string& line : describe(report, isDryRun)) {
        std::cout << line << '\n';
    }
    if (report.deadParticipants > 0) {
        std::cout << "since the ring was created: tombstones by repair " << report.tombstonesInAll
                  << ", messages lost " << report.lostInAll << '\n';
    }
}

Json jsonOf(const Participant& holder) {
    return {{"role", holder.role == layout::Role::producer ? "producer" : "consumer"},
            {"pid", holder.process.pid},
            {"tid", holder.thread.tid},
            {"channel", holder.channel}};
}

void printJson(const RepairReport& report, const RingRepairOptions& options) {
    Json slots = Json::array();
    for (const RepairedSlot& slot : report.slots) {
        Json one{
            {"holder", jsonOf(slot.holder)}, {"position", slot.position}, {"slot", slot.slot},
            {"claimed", slot.wasClaimed},    {"forced", slot.isForced},   {"lost", slot.isLost}};
        if (slot.isLost) {
            one["message_id"] = slot.messageId;
            one["sender_pid"] = slot.senderPid;
        }
        slots.push_back(std::move(one));
    }
    Json refused = Json::array();
    for (const RefusedRepair& one : report.refused) {
        Json rivals = Json::array();
        for (const RepairRival& rival : one.waitsFor) {
            rivals.push_back({{"pid", rival.pid},
                              {"tid", rival.tid},
                              {"registered", rival.tid != 0},
                              {"state", nameOf(rival.liveness)}});
        }
        refused.push_back({{"holder", jsonOf(one.holder)},
                           {"position", one.position},
                           {"waits_for", std::move(rivals)},
                           {"reason", one.reason}});
    }
    std::cout << Json{{"ring", options.name},
                      {"dry_run", options.repair.isDryRun},
                      {"dead_participants", report.deadParticipants},
                      {"slots", std::move(slots)},
                      {"refused", std::move(refused)},
                      {"roster_places_freed", report.entriesFreed},
                      {"tombstones_in_all", report.tombstonesInAll},
                      {"messages_lost_in_all", report.lostInAll}}
                     .dump(2)
              << '\n';
}

int repairNamedRing(const RingRepairOptions& options) {
    auto segment = Segment::attach(options.name);
    if (!segment) {
        return reportError(segment.error());
    }
    if (options.repair.channel) {
        if (auto view = usableChannel(*segment, *options.repair.channel); !view) {
            return reportError(view.error());
        }
    }
    const auto report = repairRing(*segment, options.repair);
    if (!report) {
        return reportError(report.error());
    }
    options.isJson ? printJson(*report, options) : printText(*report, options.repair.isDryRun);
    return report->refused.empty() ? kExitDone : kExitFailed;
}

} // namespace

void addRingRepairCommand(CLI::App& ring, CommandLine& line) {
    auto options = std::make_shared<RingRepairOptions>();
    CLI::App* repair = ring.add_subcommand(
        "repair", "Gives back the slots that dead participants hold, while the others go on");
    repair->add_option("name", options->name, "Its name under /dev/shm")
        ->required()
        ->type_name("NAME");
    repair->add_option("--channel", options->repair.channel, "Only on this channel")
        ->type_name("N");
    repair->add_option("--pid", options->repair.pid, "Only what this process held")
        ->type_name("PID");
    repair->add_flag("--dry-run", options->repair.isDryRun, "Says what it would do, and does not");
    repair->add_flag("--force", options->repair.isForced,
                     "Also what is undecidable: if its owner lives after all, a message is lost "
                     "and the ring may stand still a lap later");
    repair->add_flag("--json", options->isJson, "Prints one JSON document");
    repair->footer("Exit status 1: something was left alone; the reason is said.");
    repair->callback(
        [options, &line] { line.command = [options] { return repairNamedRing(*options); }; });
}

} // namespace ringscope
