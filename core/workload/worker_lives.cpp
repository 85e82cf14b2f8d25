// SPDX-License-Identifier: MIT
#include "core/workload/worker_lives.h"

#include <algorithm>
#include <csignal>

namespace ringscope {

WorkerLives::WorkerLives(const Scenario& scenario, Scoreboard& board, WorkerProcesses& processes)
    : m_scenario(scenario)
    , m_board(board)
    , m_processes(processes)
    , m_lives(board.workerCount())
    , m_faultDeaths(board.workerCount())
    , m_rejoins(board.workerCount()) {}

void WorkerLives::setStart(std::string program, const WorkloadOptions& options) {
    m_program = std::move(program);
    m_environment = options.environment;
}

// By a fault, which its worker counts before it dies of it, or by [kill].
bool WorkerLives::isPlanned(const WorkerProcesses::Process& process,
                            const layout::WorkerBoard& board) {
    std::uint32_t faultDeaths = 0;
    for (std::size_t fault = 0; fault < m_scenario.faults.size(); ++fault) {
        faultDeaths +=
            m_scenario.faults[fault].action == FaultAction::die ? board.faults[fault] : 0;
    }
    const bool isByFault =
        process.end.signal == SIGKILL && faultDeaths > m_faultDeaths[process.firstWorker];
    m_faultDeaths[process.firstWorker] = faultDeaths;
    if (!m_scenario.kill) {
        return isByFault;
    }
    const std::uint32_t toKill = m_scenario.kill->role == WorkerRole::producer
                                     ? m_scenario.kill->index
                                     : m_scenario.workers.producers + m_scenario.kill->index;
    return isByFault || process.firstWorker == toKill;
}

void WorkerLives::noteDeath(std::size_t process, const std::vector<layout::WorkerBoard>& boards) {
    const WorkerProcesses::Process& dead = m_processes.processes()[process];
    const layout::WorkerBoard& board = boards[dead.firstWorker];
    ++m_deaths;
    m_unplanned += isPlanned(dead, board) ? 0U : 1U;
    m_events.push_back(
        {RunEvent::Kind::died, dead.endedAtNs, dead.firstWorker, dead.pid,
         dead.end.sentence() + " at position " + std::to_string(board.lastPosition)});
    if (m_scenario.recovery.restartAfterNs > 0 && !m_isStopping) {
        m_due.push_back({process, dead.endedAtNs + m_scenario.recovery.restartAfterNs});
    }
}

void WorkerLives::advance(const std::vector<layout::WorkerBoard>& boards, std::int64_t nowNs) {
    continueStopped(boards, nowNs);
    if (m_isStopping) {
        return;
    }
    sendAway(nowNs);
    const std::vector<Due> due = std::exchange(m_due, {});
    for (const Due& one : due) {
        if (one.atNs <= nowNs) {
            restart(one.process, nowNs);
        } else {
            m_due.push_back(one);
        }
    }
}

void WorkerLives::restart(std::size_t process, std::int64_t nowNs) {
    const std::uint32_t worker = m_processes.processes()[process].firstWorker;
    m_board.setLife(worker, ++m_lives[worker]);
    if (!m_processes.restart(process, m_program, m_board.descriptor(), m_environment)) {
        return; // no process to be had: it stays dead, and the run says so
    }
    ++m_restarts;
    m_started.push_back(process);
    m_events.push_back({RunEvent::Kind::restarted, nowNs, worker,
                        m_processes.processes()[process].pid, "takes the place of the dead one"});
}

void WorkerLives::continueStopped(const std::vector<layout::WorkerBoard>& boards,
                                  std::int64_t nowNs) {
    for (std::size_t index = 0; index < m_processes.processes().size(); ++index) {
        const WorkerProcesses::Process& process = m_processes.processes()[index];
        const std::int64_t atNs = boards[process.firstWorker].continueAtNs;
        if (process.isRunning && process.isStopped && atNs != 0 &&
            (atNs <= nowNs || m_isStopping)) {
            m_processes.signalOne(index, SIGCONT);
        }
    }
}

void WorkerLives::sendAway(std::int64_t nowNs) {
    if (m_scenario.churn.everyNs == 0 || nowNs < m_nextChurnNs) {
        return;
    }
    const bool isFirst = m_nextChurnNs == 0;
    m_nextChurnNs = nowNs + m_scenario.churn.everyNs;
    if (isFirst) {
        return;
    }
    const std::uint32_t workers = m_board.workerCount();
    const std::uint32_t count = m_scenario.churn.workers == 0 ? workers : m_scenario.churn.workers;
    for (std::uint32_t times = 0; times < count; ++times) {
        const std::uint32_t worker = m_nextToLeave;
        m_nextToLeave = (m_nextToLeave + 1) % workers;
        m_board.tellToRejoin(worker, ++m_rejoins[worker]);
    }
}

void WorkerLives::stop() {
    m_isStopping = true;
    m_due.clear();
}

bool WorkerLives::isAwaited(std::size_t process) const {
    return std::any_of(m_due.begin(), m_due.end(),
                       [process](const Due& due) { return due.process == process; });
}

} // namespace ringscope
