// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

#include "core/workload/run_plan.h"
#include "core/workload/scoreboard_layout.h"
#include "core/workload/worker_orders.h"
#include "core/workload/worker_random.h"

namespace ringscope {

// Makes one worker die, stop or sleep at the points that the scenario names. How many messages pass
// between two faults is drawn ahead from the seed, the worker's number and its life, so a point
// costs a subtraction, and one branch where no fault is planned. The worker's thread only.
class FaultInjector {
public:
    // orders, board: must outlive it.
    FaultInjector(const layout::RunPlan& plan, std::uint32_t worker, layout::WorkerBoard& board,
                  const WorkerOrders& orders);

    // The worker is at that point with so many messages.
    void at(FaultPoint point, std::uint32_t messages) noexcept {
        if (!m_faults.empty()) {
            pass(point, messages);
        }
    }

private:
    struct Armed {
        std::uint32_t index = 0; // in the plan
        std::uint64_t until = 0; // messages, the one that it happens to included
        WorkerRandom random;
    };
    void pass(FaultPoint point, std::uint32_t messages) noexcept;
    void arm(Armed& armed) noexcept;
    void strike(const layout::PlannedFault& fault, std::uint32_t index) noexcept;
    void stop(std::int64_t forNs) noexcept;

    const layout::RunPlan& m_plan;
    layout::WorkerBoard& m_board;
    const WorkerOrders& m_orders;
    std::vector<Armed> m_faults; // of this worker; constant after construction but for its counts
};

} // namespace ringscope
