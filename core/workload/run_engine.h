// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/ring/segment.h"
#include "core/workload/delivery_check.h"
#include "core/workload/receipt_collector.h"
#include "core/workload/ring_remainder.h"
#include "core/workload/ring_repairs.h"
#include "core/workload/scoreboard.h"
#include "core/workload/worker_lives.h"
#include "core/workload/worker_processes.h"
#include "core/workload/workload_run.h"

namespace ringscope {

// What WorkloadRun does, behind its header: the run's phases, and what is put together at its end.
//
//   warmUp -> measuring -> stopping -> finished
//                             stop, drain (producers are gone), leave (300 ms), SIGTERM (500 ms),
//                             SIGKILL (700 ms): each only for who has not gone yet
//
// One thread. Not movable: its parts point at each other.
class RunEngine {
public:
    RunEngine(const Scenario& scenario, Scoreboard board, std::string ringName)
        : m_scenario(scenario)
        , m_board(std::move(board))
        , m_ringName(std::move(ringName))
        , m_check(m_board.plan().senders(), m_board.plan().channels)
        , m_lives(m_scenario, m_board, m_processes)
        , m_receipts(m_board, m_check) {
        m_result.scenario = m_scenario.name;
        m_result.seed = m_scenario.run.seed;
        m_result.ringName = m_ringName;
    }

    ~RunEngine();
    RunEngine(const RunEngine&) = delete;
    RunEngine& operator=(const RunEngine&) = delete;

    [[nodiscard]] Expected<void> start(const std::string& program, const WorkloadOptions& options);
    void poll();
    void requestStop() { m_isStopRequested = true; }
    [[nodiscard]] LatencyHistogram latency() const;

    [[nodiscard]] bool isFinished() const noexcept { return m_status.phase == RunPhase::finished; }
    [[nodiscard]] const RunStatus& status() const noexcept { return m_status; }
    [[nodiscard]] const RunResult& result() const noexcept { return m_result; }
    [[nodiscard]] const std::string& ringName() const noexcept { return m_ringName; }
    [[nodiscard]] const Scenario& scenario() const noexcept { return m_scenario; }

private:
    [[nodiscard]] Expected<void> spawn(const std::string& program, const WorkloadOptions& options);
    [[nodiscard]] Expected<void> openRing();
    void addOthers(DeliveryCheck::Evidence& evidence,
                   const std::vector<layout::WorkerBoard>& boards) const;
    [[nodiscard]] Expected<void> awaitWorkers();

    void noticeEnds(const std::vector<layout::WorkerBoard>& boards);
    void settleSender(std::uint32_t worker);
    void recover(const std::vector<layout::WorkerBoard>& boards);
    void keepEvents(std::vector<RunEvent> events);
    void updateStatus(const std::vector<layout::WorkerBoard>& boards);
    void updateWorker(const layout::WorkerBoard& board, std::uint32_t worker);
    void noticeProgress();
    void advance();
    void killAsPlanned();
    void command(layout::RunCommand command);
    void drain();
    void beginStop();
    void pressStop();
    void finish();
    [[nodiscard]] DeliveryCheck::Evidence evidence();
    void addLosses(DeliveryCheck::Evidence& evidence);
    void addDeaths();
    [[nodiscard]] RunOutcome outcome() const;
    [[nodiscard]] std::size_t processOfWorker(std::uint32_t worker) const;
    [[nodiscard]] std::uint64_t messagesMoved() const;
    [[nodiscard]] bool isGone(std::uint32_t worker) const;
    [[nodiscard]] bool areGone(std::uint32_t first, std::uint32_t end) const;
    [[nodiscard]] bool isDeath(const WorkerProcesses::Process& process) const;

    Scenario m_scenario;
    Scoreboard m_board;
    std::string m_ringName;
    std::optional<Segment> m_segment; // unlinks the ring after the workers are gone, if it is ours
    std::optional<RingRemainder> m_ring;
    WorkerProcesses m_processes;
    DeliveryCheck m_check;
    WorkerLives m_lives;
    RingRepairs m_repairs;
    ReceiptCollector m_receipts;
    std::vector<std::size_t> m_settled; // process indices whose end was dealt with

    RunStatus m_status;
    RunResult m_result;
    std::int64_t m_measureFromNs = 0;
    std::int64_t m_stopAtNs = 0; // of the command; 0 = none yet
    std::int64_t m_killOrderedAtNs = 0;
    bool m_isKillDone = false;
    bool m_isStopRequested = false;
    bool m_wasStoppedEarly = false; // requested before its end
    layout::RunCommand m_command = layout::RunCommand::prepare;
    std::int64_t m_pressedAtNs = 0; // last step of pressStop(); 0 = none yet
    std::int64_t m_forcedAtNs = 0;  // SIGTERM and SIGKILL are ours from then on; 0 = not yet
    std::int64_t m_progressAtNs = 0;
    std::uint64_t m_progress = 0;
    std::uint64_t m_consumedBefore = 0; // positions that had been consumed when the run began
    std::uint64_t m_movedAtMeasure = 0;
    std::vector<std::uint64_t> m_tailsAtDrain; // in a ring that others use too
    std::int64_t m_measuredUntilNs = 0;
};

} // namespace ringscope
