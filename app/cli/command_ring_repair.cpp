// SPDX-License-Identifier: MIT
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/cli/commands.h"
#include "app/cli/console.h"
#include "core/ring/repair.h"
#include "core/ring/stuck_watch.h"

namespace ringscope {

namespace {

using Json = nlohmann::ordered_json;

struct RingRepairOptions {
    std::string name;
    RepairOptions repair;
    bool isJson = false;
};

std::string who(const Participant& holder) {
    return std::string(holder.role == layout::Role::producer ? "producer" : "consumer") + " pid " +
           std::to_string(holder.process.pid) + " thread " + std::to_string(holder.thread.tid);
}

std::string plural(std::uint64_t count, const std::string& one) {
    return std::to_string(count) + " " + one + (count == 1 ? "" : "s");
}

std::string lineOf(const RepairedSlot& slot, bool isDryRun) {
    std::string line = "channel " + std::to_string(slot.holder.channel) + ", position " +
                       std::to_string(slot.position) + " (slot " + std::to_string(slot.slot) +
                       "), held by dead " + who(slot.holder) + ": ";
    line += isDryRun ? "would be " : "";
    line += slot.holder.role == layout::Role::producer ? "published as a tombstone" : "released";
    if (slot.isLost) {
        line += "; message " + std::to_string(slot.messageId) + " of pid " +
                std::to_string(slot.senderPid) + " is lost";
    }
    return line + (slot.isForced ? "; forced" : "");
}

void printText(const RepairReport& report, bool isDryRun) {
    std::uint64_t tombstones = 0;
    std::uint64_t lost = 0;
    for (const RepairedSlot& slot : report.slots) {
        std::cout << lineOf(slot, isDryRun) << '\n';
        tombstones += slot.holder.role == layout::Role::producer ? 1U : 0U;
        lost += slot.isLost ? 1U : 0U;
    }
    for (const RefusedRepair& refused : report.refused) {
        std::cout << "channel " << refused.holder.channel << ", position " << refused.position
                  << ", of dead " << who(refused.holder) << ": left alone: " << refused.reason
                  << '\n';
    }
    if (report.deadParticipants == 0) {
        std::cout << "no participant is dead: there is nothing to repair\n";
        return;
    }
    std::cout << plural(report.deadParticipants, "dead participant") << "; "
              << plural(report.slots.size(), "slot") << (isDryRun ? " to repair (" : " repaired (")
              << plural(tombstones, "tombstone") << ", " << plural(lost, "message") << " lost), "
              << report.refused.size() << " left alone, "
              << plural(report.entriesFreed, "roster place") << " freed\n"
              << "since the ring was created: " << plural(report.tombstonesInAll, "tombstone")
              << " by repair, " << plural(report.lostInAll, "message") << " lost\n";
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
