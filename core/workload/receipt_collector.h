// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

#include "core/workload/delivery_check.h"
#include "core/workload/scoreboard.h"

namespace ringscope {

// The run's side of the receipts: takes full blocks out of the consumers' logs while they work, and
// what they were still collecting once they are gone, each receipt once wherever a consumer was
// killed. One thread.
class ReceiptCollector {
public:
    // Both must outlive it.
    ReceiptCollector(Scoreboard& board, DeliveryCheck& check)
        : m_board(board)
        , m_check(check)
        , m_tails(board.workerCount()) {}

    // What has come into the logs. boards: as just read.
    void takeLogs(const std::vector<layout::WorkerBoard>& boards);
    // What a worker was collecting, once it is dead and its log was taken; another may then take
    // its place.
    void takePending(std::uint32_t worker, std::uint64_t receiptHead);
    // The rest, once no worker runs any more.
    void takeRest();

private:
    Scoreboard& m_board;
    DeliveryCheck& m_check;
    std::vector<std::uint64_t> m_tails; // by worker: entries taken so far
};

} // namespace ringscope
