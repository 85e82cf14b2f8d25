// SPDX-License-Identifier: MIT
#include "core/workload/receipt_collector.h"

namespace ringscope {

void ReceiptCollector::takeLogs(const std::vector<layout::WorkerBoard>& boards) {
    for (std::uint32_t worker = 0; worker < boards.size(); ++worker) {
        const std::uint64_t head = boards[worker].receiptHead;
        std::uint64_t& tail = m_tails[worker];
        if (tail == head) {
            continue;
        }
        for (; tail != head; ++tail) {
            const layout::ReceiptEntry entry = m_board.readReceipt(worker, tail);
            m_check.merge(entry.pair, entry.block, entry.words);
        }
        m_board.setReceiptTail(worker, tail);
    }
}

void ReceiptCollector::takeRest() {
    const auto& boards = m_board.readWorkers();
    takeLogs(boards);
    for (std::uint32_t worker = 0; worker < boards.size(); ++worker) {
        takePending(worker, boards[worker].receiptHead);
    }
}

void ReceiptCollector::takePending(std::uint32_t worker, std::uint64_t receiptHead) {
    if (!m_board.plan().receives(worker)) {
        return;
    }
    for (const Scoreboard::Pending& pending : m_board.readPending(worker)) {
        // Killed after the block had gone into the log and before it was emptied: counted there.
        const bool isInLog =
            pending.block.flushTicket != 0 && pending.block.flushTicket <= receiptHead;
        if (!isInLog) {
            m_check.merge(pending.pair, pending.block.block - 1, pending.block.words);
        }
        m_board.clearPending(worker, pending.pair);
    }
}

} // namespace ringscope
