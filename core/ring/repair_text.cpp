// SPDX-License-Identifier: MIT
#include "core/ring/repair_text.h"

namespace ringscope {

namespace {

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

} // namespace

std::string repairTotals(const RepairReport& report, bool isDryRun) {
    if (report.deadParticipants == 0) {
        return "no participant is dead: there is nothing to repair";
    }
    std::uint64_t tombstones = 0;
    std::uint64_t lost = 0;
    for (const RepairedSlot& slot : report.slots) {
        tombstones += slot.holder.role == layout::Role::producer ? 1U : 0U;
        lost += slot.isLost ? 1U : 0U;
    }
    return plural(report.deadParticipants, "dead participant") + "; " +
           plural(report.slots.size(), "slot") + (isDryRun ? " to repair (" : " repaired (") +
           plural(tombstones, "tombstone") + ", " + plural(lost, "message") + " lost), " +
           std::to_string(report.refused.size()) + " left alone, " +
           plural(report.entriesFreed, "roster place") + " freed";
}

std::vector<std::string> describe(const RepairReport& report, bool isDryRun) {
    std::vector<std::string> lines;
    for (const RepairedSlot& slot : report.slots) {
        lines.push_back(lineOf(slot, isDryRun));
    }
    for (const RefusedRepair& refused : report.refused) {
        lines.push_back("channel " + std::to_string(refused.holder.channel) + ", position " +
                        std::to_string(refused.position) + ", of dead " + who(refused.holder) +
                        ": left alone: " + refused.reason);
    }
    lines.push_back(repairTotals(report, isDryRun));
    return lines;
}

} // namespace ringscope
