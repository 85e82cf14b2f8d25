// SPDX-License-Identifier: MIT
#include "core/session/process_target.h"

#include <utility>

#include "core/base/clock.h"
#include "core/heap/attach_linux.h"
#include "core/memory/process_counters.h"
#include "core/session/session_sources.h"

namespace ringscope {

Expected<std::unique_ptr<ProcessTarget>> ProcessTarget::attach(const ProcessIdentity& process,
                                                               HeapMode heapMode) {
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
    if (heapMode != HeapMode::off) {
        if (const auto attached = target->attachTracker(heapMode); !attached) {
            return attached.error();
        }
    }
    return target;
}

ProcessTarget::~ProcessTarget() {
    (void)detachTracker(); // after an end that took no last samples
}

Expected<void> ProcessTarget::attachTracker(HeapMode mode) {
    auto receiver = LedgerReceiver::create();
    if (!receiver) {
        return receiver.error();
    }
    const auto attached = attachHeap(m_row.pid, *receiver, mode);
    if (!attached) {
        return attached.error();
    }
    m_isTracked = true;
    m_heapRemark = attached->remark;
    m_receiver = std::make_shared<LedgerReceiver>(std::move(*receiver));
    return {};
}

std::string ProcessTarget::detachTracker() {
    if (!m_isTracked) {
        return {};
    }
    m_isTracked = false;
    if (livenessOf(m_processes.all().front().identity) == Liveness::dead) {
        return {};
    }
    const auto detached = detachHeap(m_row.pid);
    return detached ? std::string() : detached.error().message;
}

void ProcessTarget::addSources(Recorder& recorder, Session& session) {
    if (m_receiver) {
        auto heap = std::make_unique<HeapSource>(m_receiver, m_processes, session);
        m_heap = heap.get();
        recorder.add(std::move(heap));
        recorder.add(std::make_unique<HeapProfileSource>(*m_heap));
    }
    if (!m_heapRemark.empty()) {
        session.addMarker({monotonicNs(), MarkerKind::loss, m_heapRemark});
    }
    addProcessSources(m_processes, recorder, session);
    session.setWorkers({m_row});
}

void ProcessTarget::poll(std::int64_t nowNs, Session& session) {
    if (m_isEnded) {
        return;
    }
    if (m_processes.findEnded().empty()) {
        m_row.rssBytes = m_processes.all().front().rssBytes;
        m_row.heap = m_processes.all().front().heap;
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

void ProcessTarget::takeLastSamples(std::int64_t nowNs, Session& session) {
    if (const std::string why = detachTracker(); !why.empty()) {
        session.addMarker({nowNs, MarkerKind::loss, why});
    }
    if (m_heap != nullptr) {
        m_heap->sample(nowNs, session);
        m_heap->addProfiles(nowNs, session);
    }
}

void ProcessTarget::setHeapMode(HeapMode mode) {
    if (m_heap != nullptr) {
        m_heap->setMode(mode);
    }
}

void ProcessTarget::summarize(RunSummary& summary) const {
    summary.scenario = m_description;
    if (m_heap != nullptr) {
        summary.heap = m_heap->summary();
    }
    summary.outcome = m_isLetGo ? "interrupted" : "completed";
    summary.workers.push_back({m_row.role, m_row.index, m_row.pid, m_row.tid, 0, m_row.outcome});
}

} // namespace ringscope
