// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/workload/scenario.h"
#include "core/workload/scoreboard.h"
#include "core/workload/worker_processes.h"
#include "core/workload/workload_run.h"

namespace ringscope {

// What a scenario does to its workers beyond their work: tells which deaths it planned, puts others
// in the place of the dead, continues those that stopped themselves, and sends workers away and
// back. One thread.
class WorkerLives {
public:
    // All must outlive it.
    WorkerLives(const Scenario& scenario, Scoreboard& board, WorkerProcesses& processes);

    // What a worker is started with; before anything else.
    void setStart(std::string program, const WorkloadOptions& options);

    // A process died. boards: as read after that. Its workers' deliveries must be settled.
    void noteDeath(std::size_t process, const std::vector<layout::WorkerBoard>& boards);
    // Continues, and until stop() restarts and sends away.
    void advance(const std::vector<layout::WorkerBoard>& boards, std::int64_t nowNs);
    // Nobody is restarted any more, and nobody stays stopped.
    void stop();
    // It is dead, and another will take its place.
    [[nodiscard]] bool isAwaited(std::size_t process) const;
    [[nodiscard]] bool isAnyAwaited() const noexcept { return !m_due.empty(); }
    // Indices of the processes that were started anew since the last call.
    [[nodiscard]] std::vector<std::size_t> takeRestarted() { return std::exchange(m_started, {}); }

    [[nodiscard]] std::uint64_t deaths() const noexcept { return m_deaths; }
    [[nodiscard]] std::uint64_t unplannedDeaths() const noexcept { return m_unplanned; }
    [[nodiscard]] std::uint64_t restarts() const noexcept { return m_restarts; }
    // Of what happened since the last call.
    [[nodiscard]] std::vector<RunEvent> takeEvents() { return std::exchange(m_events, {}); }

private:
    struct Due {
        std::size_t process = 0;
        std::int64_t atNs = 0;
    };
    [[nodiscard]] bool isPlanned(const WorkerProcesses::Process& process,
                                 const layout::WorkerBoard& board);
    void restart(std::size_t process, std::int64_t nowNs);
    void continueStopped(const std::vector<layout::WorkerBoard>& boards, std::int64_t nowNs);
    void sendAway(std::int64_t nowNs);

    const Scenario& m_scenario;
    Scoreboard& m_board;
    WorkerProcesses& m_processes;
    std::string m_program;
    std::vector<std::pair<std::string, std::string>> m_environment;
    std::vector<std::uint32_t> m_lives;       // by worker
    std::vector<std::uint32_t> m_faultDeaths; // by worker: deaths by a planned fault so far
    std::vector<std::uint32_t> m_rejoins;     // by worker: orders so far
    std::vector<Due> m_due;
    std::vector<std::size_t> m_started;
    std::vector<RunEvent> m_events;
    std::int64_t m_nextChurnNs = 0;
    std::uint32_t m_nextToLeave = 0;
    std::uint64_t m_deaths = 0;
    std::uint64_t m_unplanned = 0;
    std::uint64_t m_restarts = 0;
    bool m_isStopping = false;
};

} // namespace ringscope
