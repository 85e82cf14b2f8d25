// SPDX-License-Identifier: MIT
#include "core/session/segment_target.h"

#include <algorithm>
#include <utility>

#include "core/base/clock.h"
#include "core/ring/segment_list.h"
#include "core/session/session_sources.h"

namespace ringscope {

namespace {

constexpr std::int64_t kLookPeriodNs = 500 * kNsPerMs;
constexpr std::size_t kMostChanges = 8; // of one look

// Who maps a segment that has no roster.
std::vector<std::int32_t> mappingProcesses(const std::string& name) {
    for (const SegmentSummary& segment : listSegments()) {
        if (segment.name == name) {
            return segment.mappedBy;
        }
    }
    return {};
}

const char* presenceText(SegmentPresence presence) {
    switch (presence) {
    case SegmentPresence::removed:
        return "the ring was removed";
    case SegmentPresence::replaced:
        return "another ring took the name; the one that was opened is still shown";
    case SegmentPresence::truncated:
        return "the ring's file was cut short; it is shown again once it is created anew";
    case SegmentPresence::present:
        break;
    }
    return "the ring is back";
}

} // namespace

SegmentTarget::SegmentTarget(RingObserver ring, std::int64_t cursorPeriodNs)
    : m_ring(std::make_shared<RingObserver>(std::move(ring)))
    , m_cursorPeriodNs(cursorPeriodNs) {}

Expected<std::unique_ptr<SegmentTarget>> SegmentTarget::attach(const std::string& name,
                                                               std::int64_t cursorPeriodNs) {
    auto ring = RingObserver::open(name, kSegmentCreationTime);
    if (!ring) {
        return ring.error();
    }
    // Private constructor, hence not make_unique.
    std::unique_ptr<SegmentTarget> target(new SegmentTarget(std::move(*ring), cursorPeriodNs));
    if (!target->m_ring->geometry().hasExtension) {
        for (const std::int32_t pid : mappingProcesses(name)) {
            if (const auto process = processOf(pid)) {
                target->m_processes.add({}, *process, TargetOrigin::attached);
            }
        }
    }
    return target;
}

void SegmentTarget::addSources(Recorder& recorder, Session& session) {
    findParticipants(monotonicNs(), session);
    m_slotStates = addRingSources(m_ring, m_watch, m_cursorPeriodNs, recorder, session);
    addProcessSources(m_processes, recorder, session);
}

void SegmentTarget::findParticipants(std::int64_t nowNs, Session& session) {
    const auto participants = m_ring->participants();
    if (!participants) {
        return;
    }
    std::vector<WorkerRow> rows;
    std::uint32_t producers = 0;
    std::uint32_t consumers = 0;
    const double seconds = static_cast<double>(nowNs - m_workersAtNs) / 1e9;
    for (const Participant& participant : *participants) {
        if (!participant.isConfirmed) {
            continue;
        }
        const bool isProducer = participant.role == layout::Role::producer;
        std::uint32_t& index = isProducer ? producers : consumers;
        const Liveness liveness = livenessOf(participant.process, participant.thread);
        WorkerRow row;
        row.role = isProducer ? "producer" : "consumer";
        row.index = index++;
        row.pid = participant.process.pid;
        row.tid = participant.thread.tid;
        row.messages = participant.activity;
        row.rssBytes = m_processes.rssOf(participant.process);
        row.state = liveness == Liveness::dead      ? WorkerState::died
                    : liveness == Liveness::stopped ? WorkerState::stopped
                                                    : WorkerState::running;
        const auto isSame = [&row](const WorkerRow& other) {
            return other.tid == row.tid && other.role == row.role && other.index == row.index;
        };
        const auto before = std::find_if(m_workers.begin(), m_workers.end(), isSame);
        if (before != m_workers.end() && row.messages >= before->messages && seconds > 0) {
            row.messagesPerSecond = static_cast<double>(row.messages - before->messages) / seconds;
        }
        if (liveness != Liveness::dead && liveness != Liveness::unknown) {
            m_processes.add((isProducer ? "P" : "C") + std::to_string(row.index),
                            participant.process, TargetOrigin::attached);
        }
        rows.push_back(std::move(row));
    }
    m_workers = rows;
    m_workersAtNs = nowNs;
    session.setWorkers(std::move(rows));
}

void SegmentTarget::noteChanges(std::int64_t nowNs, Session& session) {
    const auto changes = m_ring->refresh();
    if (!changes) {
        // That it was cut short is said by its presence.
        const std::string& problem = changes.error().message;
        if (m_ring->presence() == SegmentPresence::present && problem != m_problem) {
            session.addMarker({nowNs, MarkerKind::finding, problem});
            m_problem = problem;
        }
        return;
    }
    m_problem.clear();
    for (std::size_t i = 0; i < changes->size() && i < kMostChanges; ++i) {
        session.addMarker({nowNs, MarkerKind::phase, (*changes)[i]});
    }
    if (changes->size() > kMostChanges) {
        session.addMarker({nowNs, MarkerKind::phase,
                           std::to_string(changes->size() - kMostChanges) +
                               " more channels appeared, vanished or were created anew"});
    }
}

void SegmentTarget::notePresence(std::int64_t nowNs, Session& session) {
    const SegmentPresence presence = m_ring->presence();
    if (presence != m_presence) {
        m_presence = presence;
        session.addMarker({nowNs, MarkerKind::phase, presenceText(presence)});
    }
}

void SegmentTarget::poll(std::int64_t nowNs, Session& session) {
    for (const std::size_t index : m_processes.findEnded()) {
        const TargetProcess& process = m_processes.all()[index];
        session.addMarker({nowNs, MarkerKind::phase,
                           "process ended: " + process.label + " (pid " +
                               std::to_string(process.identity.pid) + ")"});
    }
    if (m_isEnded || nowNs < m_nextLookNs) {
        return;
    }
    m_nextLookNs = nowNs + kLookPeriodNs;
    noteChanges(nowNs, session);
    findParticipants(nowNs, session);
    notePresence(nowNs, session);
    if (m_presence == SegmentPresence::truncated) {
        m_presentAtNs = m_presentAtNs == 0 ? nowNs : m_presentAtNs;
        m_isEnded = nowNs - m_presentAtNs >= kRecreationNs;
    } else {
        m_presentAtNs = nowNs;
        m_isEnded = m_presence != SegmentPresence::present && m_processes.aliveCount() == 0;
    }
}

void SegmentTarget::requestStop(std::int64_t /*nowNs*/) {
    m_isLetGo = !m_isEnded;
    m_isEnded = true;
}

void SegmentTarget::takeLastSamples(std::int64_t nowNs, Session& session) {
    if (m_slotStates != nullptr) {
        m_slotStates->sampleLast(nowNs, session);
    }
}

void SegmentTarget::watchChannel(std::uint32_t channel) {
    *m_watch = {channel, true, std::nullopt};
}

void SegmentTarget::requestSlotDetail(std::uint32_t channel, std::uint64_t slot) {
    *m_watch = {channel, true, slot};
}

void SegmentTarget::summarize(RunSummary& summary) const {
    summary.scenario = description();
    summary.outcome = m_isLetGo ? "interrupted" : "completed";
    for (const WorkerRow& row : m_workers) {
        summary.workers.push_back(
            {row.role, row.index, row.pid, row.tid, row.messages, row.outcome});
    }
}

} // namespace ringscope
