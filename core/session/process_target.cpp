// SPDX-License-Identifier: MIT
#include "core/session/process_target.h"

#include <utility>

#include "core/memory/process_counters.h"
#include "core/session/session_sources.h"

namespace ringscope {

Expected<std::unique_ptr<ProcessTarget>> ProcessTarget::attach(const ProcessIdentity& process) {
    auto reader = ProcessCountersReader::open(process);
    if (!reader) {
        return reader.error();
    }
    if (const auto counters = reader->readFast(); !counters) {
        return counters.error();
    }
    const std::int32_t pid = process.pid;
    // Private constructor, hence not make_unique.
    std::unique_ptr<ProcessTarget> target(new ProcessTarget());
    target->m_description = "pid " + std::to_string(pid) + " " + processName(pid);
    target->m_processes.add({}, reader->identity(), TargetOrigin::attached);
    target->m_row.role = "process";
    target->m_row.pid = pid;
    target->m_row.tid = pid;
    target->m_row.state = WorkerState::running;
    return target;
}

void ProcessTarget::addSources(Recorder& recorder, Session& session) {
    addProcessSources(m_processes, recorder, session);
    session.setWorkers({m_row});
}

void ProcessTarget::poll(std::int64_t nowNs, Session& session) {
    if (m_isEnded) {
        return;
    }
    if (m_processes.findEnded().empty()) {
        m_row.rssBytes = m_processes.all().front().rssBytes;
        session.setWorkers({m_row});
        return;
    }
    m_isEnded = true;
    m_row.state = WorkerState::finished;
    m_row.outcome = "ended";
    session.setWorkers({m_row});
    // Why it ended only its parent knows: this is no death of a worker.
    session.addMarker({nowNs, MarkerKind::phase, "process ended: " + m_description});
}

void ProcessTarget::requestStop(std::int64_t /*nowNs*/) {
    m_isLetGo = !m_isEnded;
    m_isEnded = true;
}

void ProcessTarget::summarize(RunSummary& summary) const {
    summary.scenario = m_description;
    summary.outcome = m_isLetGo ? "interrupted" : "completed";
    summary.workers.push_back({m_row.role, m_row.index, m_row.pid, m_row.tid, 0, m_row.outcome});
}

} // namespace ringscope
