// SPDX-License-Identifier: MIT
#include "core/workload/fault_injector.h"

#include <cmath>
#include <csignal>
#include <limits>
#include <unistd.h>

#include "core/base/clock.h"

namespace ringscope {

namespace {

constexpr std::uint64_t kRandomStream = 0x40000; // apart from payload, pace and work
constexpr std::uint64_t kNever = ~std::uint64_t{0};
constexpr double kMostMessages = 1e18;

bool isOf(const layout::PlannedFault& fault, bool isProducer, std::uint32_t index) {
    const FaultRole role = isProducer ? FaultRole::producer : FaultRole::consumer;
    return (fault.role == FaultRole::any || fault.role == role) &&
           (fault.isOfOneWorker == 0 || fault.worker == index);
}

} // namespace

FaultInjector::FaultInjector(const layout::RunPlan& plan, std::uint32_t worker,
                             layout::WorkerBoard& board, const WorkerOrders& orders)
    : m_plan(plan)
    , m_board(board)
    , m_orders(orders) {
    board.continueAtNs = 0; // of somebody who was killed while it was stopped
    const bool isProducer = worker < plan.producers;
    const std::uint32_t index = isProducer ? worker : worker - plan.producers;
    for (std::uint32_t fault = 0; fault < plan.faultCount; ++fault) {
        if (isOf(plan.faults[fault], isProducer, index)) {
            const std::uint64_t stream =
                kRandomStream + worker +
                0x10000 * (1 + fault + kMaxFaults * std::uint64_t{board.life});
            m_faults.push_back({fault, 0, WorkerRandom(plan.seed, stream)});
            arm(m_faults.back());
        }
    }
}

// The number of messages up to the next that a fault happens to, when each has the same chance.
void FaultInjector::arm(Armed& armed) noexcept {
    const layout::PlannedFault& fault = m_plan.faults[armed.index];
    if (fault.count != 0 && m_board.faults[armed.index] >= fault.count) {
        armed.until = kNever;
        return;
    }
    const double messages =
        fault.probability >= 1
            ? 0
            : std::floor(armed.random.exponential() / -std::log1p(-fault.probability));
    armed.until =
        1 + static_cast<std::uint64_t>(messages < kMostMessages ? messages : kMostMessages);
}

void FaultInjector::pass(FaultPoint point, std::uint32_t messages) noexcept {
    for (Armed& armed : m_faults) {
        const layout::PlannedFault& fault = m_plan.faults[armed.index];
        if (fault.point != point) {
            continue;
        }
        if (armed.until > messages) {
            armed.until -= armed.until == kNever ? 0 : messages;
            continue;
        }
        strike(fault, armed.index);
        arm(armed);
    }
}

void FaultInjector::strike(const layout::PlannedFault& fault, std::uint32_t index) noexcept {
    // Counted first: the run tells by it that a death was planned.
    auto done = std::atomic_ref<std::uint32_t>(m_board.faults[index]);
    done.store(m_board.faults[index] + 1, std::memory_order_release);
    switch (fault.action) {
    case FaultAction::die:
        ::kill(::getpid(), SIGKILL);
        return;
    case FaultAction::stop:
        stop(fault.forNs);
        return;
    case FaultAction::sleep:
        m_orders.sleepUntil(monotonicNs() + fault.forNs, [this] { return m_orders.isLeaving(); });
        return;
    }
}

void FaultInjector::stop(std::int64_t forNs) noexcept {
    auto until = std::atomic_ref<std::int64_t>(m_board.continueAtNs);
    until.store(forNs == 0 ? std::numeric_limits<std::int64_t>::max() : monotonicNs() + forNs,
                std::memory_order_release);
    ::raise(SIGSTOP); // to this thread, so that it goes no further
    until.store(0, std::memory_order_release);
}

} // namespace ringscope
