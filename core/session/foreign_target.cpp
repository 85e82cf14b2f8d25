// SPDX-License-Identifier: MIT
#include "core/session/foreign_target.h"

#include <utility>

#include "core/base/clock.h"
#include "core/ring/segment_mappers.h"
#include "core/session/session_sources.h"
#include "core/session/sources/ring_cursor_source.h"

namespace ringscope {

namespace {

constexpr std::int64_t kLookPeriodNs = 500 * kNsPerMs;

const char* presenceText(SegmentPresence presence) {
    switch (presence) {
    case SegmentPresence::removed:
        return "the ring's file was removed";
    case SegmentPresence::replaced:
        return "another file took the ring's name; the one that was opened is still shown";
    case SegmentPresence::truncated:
        return "the ring's file was cut short";
    case SegmentPresence::present:
        break;
    }
    return "the ring is back";
}

} // namespace

ForeignTarget::ForeignTarget(ForeignRing ring, std::string text, std::int64_t cursorPeriodNs)
    : m_ring(std::make_shared<ForeignRing>(std::move(ring)))
    , m_text(std::move(text))
    , m_cursorPeriodNs(cursorPeriodNs) {}

Expected<std::unique_ptr<ForeignTarget>> ForeignTarget::attach(const std::string& object,
                                                               RingDescription description,
                                                               std::int64_t cursorPeriodNs) {
    const std::string source = description.source;
    auto ring = ForeignRing::open(object, std::move(description));
    if (!ring) {
        return ring.error();
    }
    std::string text = "ring " + ring->name() + " by " + source;
    // Private constructor, hence not make_unique.
    std::unique_ptr<ForeignTarget> target(
        new ForeignTarget(std::move(*ring), std::move(text), cursorPeriodNs));
    const SegmentMappers mappers = readSegmentMappers();
    if (const auto found = mappers.find(target->m_ring->file()); found != mappers.end()) {
        for (const std::int32_t pid : found->second) {
            if (const auto process = processOf(pid)) {
                target->m_processes.add({}, *process, TargetOrigin::attached);
            }
        }
    }
    return target;
}

void ForeignTarget::addSources(Recorder& recorder, Session& session) {
    recorder.add(std::make_unique<RingCursorSource>(m_ring, m_cursorPeriodNs, session));
    addProcessSources(m_processes, recorder, session);
    session.setWorkers(rows());
}

std::vector<WorkerRow> ForeignTarget::rows() const {
    std::vector<WorkerRow> rows;
    for (const TargetProcess& process : m_processes.all()) {
        WorkerRow row;
        row.role = "process";
        row.index = static_cast<std::uint32_t>(rows.size());
        row.pid = process.identity.pid;
        row.tid = process.identity.pid;
        row.state = process.isAlive ? WorkerState::running : WorkerState::finished;
        row.outcome = process.isAlive ? "" : "ended";
        row.rssBytes = process.rssBytes;
        rows.push_back(std::move(row));
    }
    return rows;
}

void ForeignTarget::noteChanges(std::int64_t nowNs, Session& session) {
    auto changes = m_ring->refresh();
    std::string problem;
    if (!changes) {
        problem = changes.error().message;
    } else if (const auto cursors = m_ring->cursors(); !cursors) {
        problem = cursors.error().message;
    }
    if (!problem.empty() && problem != m_problem) {
        session.addMarker({nowNs, MarkerKind::finding, problem});
    }
    m_problem = std::move(problem);
    for (std::size_t i = 0; changes && i < changes->size(); ++i) {
        session.addMarker({nowNs, MarkerKind::phase, (*changes)[i]});
    }
}

void ForeignTarget::poll(std::int64_t nowNs, Session& session) {
    for (const std::size_t index : m_processes.findEnded()) {
        const TargetProcess& process = m_processes.all()[index];
        session.addMarker({nowNs, MarkerKind::phase,
                           "process ended: " + process.label + " (pid " +
                               std::to_string(process.identity.pid) + ")"});
    }
    if (m_isEnded || nowNs < m_nextLookNs) {
        return;
    }
    session.setWorkers(rows());
    m_nextLookNs = nowNs + kLookPeriodNs;
    const SegmentPresence presence = m_ring->presence();
    if (presence != m_presence) {
        m_presence = presence;
        session.addMarker({nowNs, MarkerKind::phase, presenceText(presence)});
    }
    noteChanges(nowNs, session);
    m_isEnded = presence == SegmentPresence::truncated ||
                (presence != SegmentPresence::present && m_processes.aliveCount() == 0);
}

void ForeignTarget::requestStop(std::int64_t /*nowNs*/) {
    m_isLetGo = !m_isEnded;
    m_isEnded = true;
}

void ForeignTarget::summarize(RunSummary& summary) const {
    summary.scenario = m_text;
    summary.outcome = m_isLetGo ? "interrupted" : "completed";
    for (const WorkerRow& row : rows()) {
        summary.workers.push_back({row.role, row.index, row.pid, row.tid, 0, row.outcome});
    }
}

} // namespace ringscope
