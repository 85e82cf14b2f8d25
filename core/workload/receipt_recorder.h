// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "core/workload/scoreboard.h"

namespace ringscope {

// A consumer's side of the delivery check: records that a message was received, in the consumer's
// own shared memory, before its slot is released. What is recorded survives the consumer's death at
// any instruction, and is counted once. The consumer's thread only; no call allocates or enters the
// kernel, but record() when the log is full.
class ReceiptRecorder {
public:
    ReceiptRecorder(layout::WorkerBoard& board, const MappedScoreboard::Area& area,
                    const layout::RunPlan& plan) noexcept
        : m_board(board)
        , m_log(area.log)
        , m_pending(area.pending)
        , m_senders(plan.senders())
        , m_channels(plan.channels) {}

    // False: there is no such sender or channel, nothing is recorded. Waits while the log is full,
    // which is when the run has not been polled for some 100 ms.
    bool record(std::uint32_t sender, std::uint32_t channel, std::uint64_t sequence) noexcept;

private:
    void changeBlock(layout::PendingBlock& pending, std::uint64_t pair,
                     std::uint64_t block) noexcept;

    layout::WorkerBoard& m_board;
    layout::ReceiptEntry* m_log;
    layout::PendingBlock* m_pending;
    std::uint32_t m_senders;
    std::uint32_t m_channels;
};

} // namespace ringscope
