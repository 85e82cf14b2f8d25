// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/slots/slot_facts.h"

#include <algorithm>

#include "core/base/clock.h"

namespace ringscope {

namespace {

// Whose turn the slot's sequence says it is, whatever state was derived from it.
enum class Turn { producer, consumer, unclear };

Turn turnOf(const SlotFacts& facts, std::uint64_t capacity) {
    if (capacity == 0) {
        return Turn::unclear;
    }
    if (facts.sequence % capacity == facts.slot) {
        return Turn::producer;
    }
    return (facts.sequence - 1) % capacity == facts.slot ? Turn::consumer : Turn::unclear;
}

std::string labelOf(const std::vector<WorkerRow>* workers, std::int32_t pid, std::int32_t tid) {
    if (workers == nullptr || pid == 0) {
        return {};
    }
    const WorkerRow* process = nullptr;
    int threads = 0;
    for (const WorkerRow& worker : *workers) {
        if (worker.pid == pid && worker.tid == tid) {
            return workerLabel(worker);
        }
        if (worker.pid == pid) {
            process = &worker;
            ++threads;
        }
    }
    // Only the pid is known of a sender: it names a worker when the process is just one.
    return tid == 0 && threads == 1 ? workerLabel(*process) : std::string();
}

std::optional<SlotOwner> holderOf(const SlotSnapshot& snapshot, std::uint64_t position,
                                  bool isProducer, const std::vector<WorkerRow>* workers) {
    const SlotHolder* best = nullptr;
    for (const SlotHolder& holder : snapshot.holders) {
        if (holder.isProducer != isProducer || position < holder.firstPosition ||
            position - holder.firstPosition >= holder.count) {
            continue;
        }
        // Two may name the position while they race for it; who has the claimed bit owns it.
        if (best == nullptr || (holder.isClaimed && !best->isClaimed)) {
            best = &holder;
        }
    }
    if (best == nullptr) {
        return std::nullopt;
    }
    return SlotOwner{best->pid, best->tid, labelOf(workers, best->pid, best->tid), best->isProducer,
                     best->isClaimed};
}

} // namespace

std::string workerLabel(const WorkerRow& worker) {
    if (worker.role == "producer") {
        return "P" + std::to_string(worker.index);
    }
    if (worker.role == "consumer") {
        return "C" + std::to_string(worker.index);
    }
    return "pid " + std::to_string(worker.pid);
}

std::optional<SlotFacts> slotFacts(const SlotSnapshot& snapshot, std::uint64_t slot,
                                   const std::vector<WorkerRow>* workers, std::int64_t nowNs) {
    const std::uint64_t blockIndex = slot / kSlotsPerBlock;
    const std::uint64_t inBlock = slot % kSlotsPerBlock;
    if (slot >= snapshot.cursors.capacity || blockIndex >= snapshot.blocks.size()) {
        return std::nullopt;
    }
    const SlotBlock* block = snapshot.blocks[blockIndex].get();
    if (block == nullptr || inBlock >= block->count) {
        return std::nullopt;
    }
    SlotFacts facts;
    facts.slot = slot;
    facts.state = block->states[inBlock];
    facts.sequence = block->sequences[inBlock];
    facts.pictureAgeNs = std::max<std::int64_t>(0, nowNs - block->readAtNs);
    const std::int64_t changedNs =
        snapshot.epochNs + static_cast<std::int64_t>(block->changedAtMs[inBlock]) * kNsPerMs;
    facts.stateForNs = std::max<std::int64_t>(0, block->readAtNs - changedNs);
    facts.isSinceFirstSeen = block->isSinceFirstRead(inBlock);
    facts.isHeld = facts.state == SlotState::writing || facts.state == SlotState::reading ||
                   facts.state == SlotState::stuck;

    const Turn turn = turnOf(facts, snapshot.cursors.capacity);
    if (turn != Turn::unclear) {
        facts.position = turn == Turn::producer ? facts.sequence : facts.sequence - 1;
        facts.lap = *facts.position / snapshot.cursors.capacity;
    }
    if (facts.isHeld && facts.position) {
        facts.holder = holderOf(snapshot, *facts.position, turn == Turn::producer, workers);
    }
    if (snapshot.detail && snapshot.detail->slot == slot &&
        snapshot.detail->sequence == facts.sequence) {
        facts.metadata = snapshot.detail->metadata;
        facts.hasMessage = turn == Turn::consumer;
        facts.sender = labelOf(workers, static_cast<std::int32_t>(facts.metadata->senderPid), 0);
    }
    return facts;
}

} // namespace ringscope
