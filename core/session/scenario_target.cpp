// SPDX-License-Identifier: MIT
#include "core/session/scenario_target.h"

#include <algorithm>
#include <string>
#include <utility>

#include "core/base/clock.h"
#include "core/session/session_sources.h"
#include "core/session/sources/workload_source.h"

namespace ringscope {

namespace {

constexpr std::int64_t kRowsPeriodNs = 200 * kNsPerMs;
constexpr std::size_t kMostLostMessages = 1000;

std::string labelOf(const WorkerStatus& worker) {
    return (worker.role == WorkerRole::producer ? "P" : "C") + std::to_string(worker.index);
}

std::string roleOf(const WorkerStatus& worker) {
    return std::string(choiceName(kWorkerRoles, worker.role));
}

std::uint64_t messagesOf(const WorkerStatus& worker) {
    return worker.role == WorkerRole::producer ? worker.sent : worker.received;
}

WorkerState stateOf(const WorkerStatus& worker) {
    switch (worker.state) {
    case WorkerLife::running:
        return WorkerState::running;
    case WorkerLife::stopped:
        return WorkerState::stopped;
    case WorkerLife::done:
        return WorkerState::finished;
    case WorkerLife::died:
        return WorkerState::died;
    }
    return WorkerState::running;
}

const char* phaseText(RunPhase phase) {
    switch (phase) {
    case RunPhase::warmUp:
        return "warm-up";
    case RunPhase::measuring:
        return "measuring";
    case RunPhase::stopping:
        return "stopping";
    case RunPhase::finished:
        return "finished";
    }
    return "";
}

// "killed by SIGKILL at position 381"
std::string outcomeOf(const WorkerStatus& worker) {
    return worker.state == WorkerLife::died
               ? worker.outcome + " at position " + std::to_string(worker.lastPosition)
               : worker.outcome;
}

RunSummary::Messages messagesOf(const DeliveryCounts& counts) {
    RunSummary::Messages messages;
    messages.sent = counts.sent;
    messages.received = counts.received;
    messages.lost = counts.lost;
    messages.lostWithHolder = counts.lostWithHolder;
    messages.duplicated = counts.duplicated;
    messages.reordered = counts.reordered;
    messages.corrupted = counts.corrupted;
    messages.inRing = counts.inRing;
    messages.takenByOthers = counts.takenByOthers;
    messages.foreign = counts.foreign;
    return messages;
}

RunSummary::LatencyNs latencyOf(const LatencyHistogram& histogram) {
    return {
        histogram.percentileNs(0.5),   histogram.percentileNs(0.9), histogram.percentileNs(0.99),
        histogram.percentileNs(0.999), histogram.maxNs(),           histogram.count()};
}

RunSummary::Ring ringOf(const RunResult& result) {
    RunSummary::Ring ring;
    ring.name = result.ringName;
    ring.channels = result.channels;
    ring.capacity = result.capacity;
    ring.slotStride = result.slotStride;
    ring.bytes = result.ringBytes;
    ring.fillMaxPercent = result.capacity == 0 ? 0
                                               : 100 * static_cast<double>(result.fillMax) /
                                                     static_cast<double>(result.capacity);
    ring.fullWaits = result.fullWaits;
    ring.emptyWaits = result.emptyWaits;
    return ring;
}

RunSummary::Recovery recoveryOf(const RunResult& result) {
    RunSummary::Recovery recovery;
    recovery.deaths = result.deaths;
    recovery.restarts = result.restarts;
    recovery.stops = result.stops;
    recovery.rosterWaits = result.rosterWaits;
    recovery.tombstones = result.repairs.tombstones;
    recovery.slotsOfMessages = result.repairs.messages;
    recovery.standstillNs = static_cast<std::uint64_t>(result.standstillNs);
    recovery.unrepaired = result.unrepaired;
    return recovery;
}

void addLostMessages(const RunResult& result, RunSummary& summary) {
    const std::size_t count = std::min(result.lostMessages.size(), kMostLostMessages);
    for (std::size_t index = 0; index < count; ++index) {
        const LostMessage& lost = result.lostMessages[index];
        const WorkerStatus& holder = result.workers[lost.holder];
        summary.lostMessages.push_back({lost.sender, lost.channel, lost.sequence, lost.position,
                                        roleOf(holder) + " " + std::to_string(holder.index),
                                        lost.holderPid});
    }
}

} // namespace

Expected<std::unique_ptr<ScenarioTarget>> ScenarioTarget::start(const Scenario& scenario,
                                                                Options options) {
    // Private constructor, hence not make_unique.
    std::unique_ptr<ScenarioTarget> target(new ScenarioTarget());
    if (options.heapMode != HeapMode::off) {
        auto receiver = LedgerReceiver::create();
        if (!receiver) {
            return receiver.error();
        }
        target->m_receiver = std::make_shared<LedgerReceiver>(std::move(*receiver));
        const auto tracker = trackerEnvironment(*target->m_receiver, options.heapMode);
        if (!tracker) {
            return tracker.error();
        }
        options.workload.environment.insert(options.workload.environment.end(), tracker->begin(),
                                            tracker->end());
        if (options.isSearchingLeaks) {
            target->m_isSearchingLeaks = true;
            options.workload.environment.emplace_back(holdAtExit());
        }
    }
    auto run = WorkloadRun::start(scenario, options.workload);
    if (!run) {
        return run.error();
    }
    auto ring = RingObserver::open((*run)->ringName());
    if (!ring) {
        return ring.error();
    }
    target->m_ring = std::make_shared<RingObserver>(std::move(*ring));
    target->m_cursorPeriodNs = options.cursorPeriodNs;
    target->addProcesses((*run)->status(), scenario.workers.kind);
    target->m_rowsFrom = (*run)->status();
    target->m_driver = std::make_unique<WorkloadDriver>(std::move(*run));
    return target;
}

void ScenarioTarget::addProcesses(const RunStatus& status, WorkerKind kind) {
    for (const WorkerStatus& worker : status.workers) {
        m_processes.add(kind == WorkerKind::threads ? "W0" : labelOf(worker), worker.process,
                        TargetOrigin::started);
    }
}

void ScenarioTarget::addSources(Recorder& recorder, Session& session) {
    m_slotStates = addRingSources(m_ring, m_watch, m_cursorPeriodNs, recorder, session);
    auto workload = std::make_unique<WorkloadSource>(*m_driver, session);
    m_workload = workload.get();
    recorder.add(std::move(workload));
    if (m_receiver) {
        auto heap = std::make_unique<HeapSource>(m_receiver, m_processes, session, [this] {
            const auto picture = m_driver->picture();
            return MessageProgress{picture->status.sent,
                                   picture->status.phase == RunPhase::measuring};
        });
        m_heap = heap.get();
        if (m_isSearchingLeaks) {
            m_heap->searchLeaks();
        }
        recorder.add(std::move(heap));
        recorder.add(std::make_unique<HeapProfileSource>(*m_heap));
    }
    addProcessSources(m_processes, recorder, session);
}

void ScenarioTarget::poll(std::int64_t nowNs, Session& session) {
    const auto picture = m_driver->picture();
    m_processes.findEnded();
    noteEvents(picture->status, nowNs, session);
    if (nowNs >= m_nextRowsNs || picture->isFinished) {
        m_nextRowsNs = nowNs + kRowsPeriodNs;
        setWorkers(picture->status, session);
    }
}

void ScenarioTarget::noteEvents(const RunStatus& status, std::int64_t nowNs, Session& session) {
    if (status.phase != m_phase) {
        m_phase = status.phase;
        const bool hasItsOwnTime = m_phase == RunPhase::measuring && status.measuringSinceNs != 0;
        session.addMarker({hasItsOwnTime ? status.measuringSinceNs : nowNs, MarkerKind::phase,
                           phaseText(m_phase)});
    }
    if (status.isStalled && !m_isStalled) {
        session.addMarker({nowNs, MarkerKind::stall, "no message gets on any more"});
    }
    m_isStalled = status.isStalled;
    for (std::uint64_t index = std::max(m_eventsNoted, status.eventsBefore) - status.eventsBefore;
         index < status.events.size(); ++index) {
        noteWorkerEvent(status.events[index], status, session);
    }
    m_eventsNoted = status.eventsBefore + status.events.size();
}

void ScenarioTarget::noteWorkerEvent(const RunEvent& event, const RunStatus& status,
                                     Session& session) {
    const WorkerStatus& worker = status.workers[event.worker];
    const std::string who = labelOf(worker) + " (pid " + std::to_string(event.pid) + ") ";
    switch (event.kind) {
    case RunEvent::Kind::died:
        session.addMarker({event.timeNs, MarkerKind::workerDied, who + event.text});
        return;
    case RunEvent::Kind::repaired:
        session.addMarker({event.timeNs, MarkerKind::finding, "repaired: " + who + event.text});
        return;
    case RunEvent::Kind::restarted:
        // Its death is on the axis; a second marker beside it would tell nothing more.
        m_processes.add(labelOf(worker) + "-" + std::to_string(event.pid), worker.process,
                        TargetOrigin::started);
        return;
    }
}

void ScenarioTarget::setWorkers(const RunStatus& status, Session& session) {
    const double seconds = static_cast<double>(status.timeNs - m_rowsFrom.timeNs) / 1e9;
    std::vector<WorkerRow> rows;
    for (std::size_t i = 0; i < status.workers.size(); ++i) {
        const WorkerStatus& worker = status.workers[i];
        WorkerRow row;
        row.role = roleOf(worker);
        row.index = worker.index;
        row.pid = worker.process.pid;
        row.tid = worker.tid;
        row.state = stateOf(worker);
        row.messages = messagesOf(worker);
        const bool hasEnded = row.state == WorkerState::finished || row.state == WorkerState::died;
        if (!hasEnded && seconds > 0 && i < m_rowsFrom.workers.size()) {
            row.messagesPerSecond =
                static_cast<double>(row.messages - messagesOf(m_rowsFrom.workers[i])) / seconds;
        }
        row.fullWaits = worker.fullWaits;
        row.emptyWaits = worker.emptyWaits;
        row.lastPosition = worker.lastPosition;
        row.rssBytes = m_processes.rssOf(worker.process);
        row.heap = m_processes.heapOf(worker.process);
        row.outcome = outcomeOf(worker);
        rows.push_back(std::move(row));
    }
    m_rowsFrom = status;
    session.setWorkers(std::move(rows));
}

void ScenarioTarget::requestStop(std::int64_t /*nowNs*/) {
    m_driver->requestStop();
}

void ScenarioTarget::takeLastSamples(std::int64_t nowNs, Session& session) {
    poll(nowNs, session);
    if (m_workload != nullptr) {
        m_workload->sample(nowNs, session);
    }
    if (m_heap != nullptr) {
        m_heap->sample(nowNs, session);
        m_heap->addProfiles(nowNs, session);
    }
    if (m_slotStates != nullptr) {
        m_slotStates->sampleLast(nowNs, session);
    }
}

void ScenarioTarget::watchChannel(std::uint32_t channel) {
    *m_watch = {channel, true, std::nullopt};
}

void ScenarioTarget::requestSlotDetail(std::uint32_t channel, std::uint64_t slot) {
    *m_watch = {channel, true, slot};
}

void ScenarioTarget::setHeapMode(HeapMode mode) {
    if (m_heap != nullptr) {
        m_heap->setMode(mode);
    }
}

void ScenarioTarget::summarize(RunSummary& summary) const {
    const auto picture = m_driver->picture();
    if (!picture->result) {
        summary.outcome = "interrupted";
        summary.isAccountedFor = false;
        return;
    }
    const RunResult& result = *picture->result;
    summary.scenario = result.scenario;
    summary.seed = result.seed;
    summary.durationSeconds = result.durationSeconds;
    summary.outcome = runOutcomeName(result.outcome);
    summary.isAccountedFor = result.isAccountedFor();
    summary.messages = messagesOf(result.messages);
    summary.throughputPerSecond = result.throughputPerSecond;
    summary.latency = latencyOf(result.latency);
    summary.ring = ringOf(result);
    summary.recovery = recoveryOf(result);
    addLostMessages(result, summary);
    if (m_heap != nullptr) {
        summary.heap = m_heap->summary();
        summary.leaks = m_heap->leaks();
    }
    for (const WorkerStatus& worker : result.workers) {
        summary.workers.push_back({roleOf(worker), worker.index, worker.process.pid, worker.tid,
                                   messagesOf(worker), outcomeOf(worker)});
    }
}

} // namespace ringscope
