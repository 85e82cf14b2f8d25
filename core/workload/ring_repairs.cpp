// SPDX-License-Identifier: MIT
#include "core/workload/ring_repairs.h"

#include <algorithm>

#include "core/base/clock.h"
#include "core/ring/repair.h"
#include "core/workload/message_body.h"

namespace ringscope {

namespace {

std::string textOf(std::size_t tombstones, std::size_t messages) {
    if (tombstones + messages == 0) {
        return "held nothing";
    }
    const bool isWriting = tombstones != 0;
    const std::size_t slots = isWriting ? tombstones : messages;
    return (slots == 1 ? std::string("1 slot is") : std::to_string(slots) + " slots are") +
           " given back, " + (isWriting ? "as tombstones" : "with what was in it");
}

} // namespace

void RingRepairs::repair(const Segment& segment, std::vector<RunEvent>& events) {
    if (m_dead.empty()) {
        return;
    }
    m_waiting.clear();
    std::vector<Dead> left;
    for (const Dead& dead : m_dead) {
        if (!repairOne(segment, dead, events)) {
            left.push_back(dead);
        }
    }
    m_dead = std::move(left);
}

bool RingRepairs::repairOne(const Segment& segment, const Dead& dead,
                            std::vector<RunEvent>& events) {
    RepairOptions options;
    options.pid = dead.pid;
    options.patience = std::chrono::milliseconds(0);
    const auto report = repairRing(segment, options);
    if (!report) {
        m_waiting.push_back(report.error().message);
        return false;
    }
    std::size_t tombstones = 0;
    std::size_t messages = 0;
    for (const RepairedSlot& slot : report->slots) {
        if (slot.holder.role == layout::Role::producer) {
            ++tombstones;
        } else if (slot.isLost) {
            ++messages;
            m_taken.push_back({senderOfMessageId(slot.messageId), slot.holder.channel,
                               sequenceOfMessageId(slot.messageId), slot.position, dead.worker,
                               dead.pid});
        }
    }
    m_counts.tombstones += tombstones;
    m_counts.messages += messages;
    m_counts.places += report->entriesFreed;
    for (const RefusedRepair& refused : report->refused) {
        m_waiting.push_back("position " + std::to_string(refused.position) + ", held by pid " +
                            std::to_string(dead.pid) + ": " + refused.reason);
    }
    if (!report->slots.empty()) {
        const std::int64_t doneNs = monotonicNs();
        m_counts.slowestNs = std::max(m_counts.slowestNs, doneNs - dead.diedAtNs);
        events.push_back({RunEvent::Kind::repaired, doneNs, dead.worker, dead.pid,
                          textOf(tombstones, messages)});
    }
    return report->refused.empty();
}

} // namespace ringscope
