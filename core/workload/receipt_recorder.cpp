// SPDX-License-Identifier: MIT
#include "core/workload/receipt_recorder.h"

#include <atomic>
#include <cstring>
#include <ctime>

namespace ringscope {

namespace {

std::atomic_ref<std::uint64_t> shared(std::uint64_t& word) noexcept {
    return std::atomic_ref<std::uint64_t>(word);
}

// The reader looks at these only after this thread is dead or has published them, so the order
// matters only towards a kill: release keeps each store behind the ones before it.
void put(std::uint64_t& word, std::uint64_t value) noexcept {
    shared(word).store(value, std::memory_order_release);
}

void count(std::uint64_t& counter) noexcept {
    shared(counter).store(counter + 1, std::memory_order_relaxed); // one writer
}

} // namespace

bool ReceiptRecorder::record(std::uint32_t sender, std::uint32_t channel,
                             std::uint64_t sequence) noexcept {
    if (sender >= m_senders || channel >= m_channels) {
        return false;
    }
    const std::uint64_t pair = std::uint64_t{sender} * m_channels + channel;
    layout::PendingBlock& pending = m_pending[pair];
    const std::uint64_t block = sequence / layout::kReceiptBlockBits;
    if (pending.block != block + 1) {
        changeBlock(pending, pair, block);
    }
    std::uint64_t& word = pending.words[sequence / 64 % layout::kReceiptBlockWords];
    const std::uint64_t bit = std::uint64_t{1} << (sequence % 64);
    if ((word & bit) != 0) {
        count(m_board.duplicated);
        return true;
    }
    put(word, word | bit);
    if (sequence < pending.nextSequence) {
        count(m_board.reordered);
    } else {
        pending.nextSequence = sequence + 1;
    }
    return true;
}

void ReceiptRecorder::changeBlock(layout::PendingBlock& pending, std::uint64_t pair,
                                  std::uint64_t block) noexcept {
    if (pending.block != 0) {
        const std::uint64_t head = m_board.receiptHead; // ours
        // Acquire: pairs with the run's write after it has read the entry.
        bool isWaiting = false;
        while (head - shared(m_board.receiptTail).load(std::memory_order_acquire) >=
               layout::kReceiptLogEntries) {
            if (!isWaiting) {
                count(m_board.logWaits);
                isWaiting = true;
            }
            const timespec pause{0, 200'000};
            ::nanosleep(&pause, nullptr);
        }
        layout::ReceiptEntry& entry = m_log[head % layout::kReceiptLogEntries];
        entry.pair = pair;
        entry.block = pending.block - 1;
        std::memcpy(entry.words, pending.words, sizeof(entry.words));
        put(pending.flushTicket, head + 1);
        // From here on the receipts are in the log, and what pending holds counts no more until
        // the ticket is taken back. Pairs with the run's read of the head.
        put(m_board.receiptHead, head + 1);
        // Not a fence between threads: it keeps the compiler from emptying the block any earlier.
        std::atomic_signal_fence(std::memory_order_seq_cst);
        std::memset(pending.words, 0, sizeof(pending.words));
    }
    put(pending.block, block + 1);
    put(pending.flushTicket, 0);
}

} // namespace ringscope
