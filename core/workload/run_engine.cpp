// SPDX-License-Identifier: MIT
#include "core/workload/run_engine.h"

#include <algorithm>
#include <csignal>
#include <cstring>
#include <ctime>
#include <iterator>
#include <utility>

#include "core/base/clock.h"
#include "core/workload/run_plan.h"
#include "core/workload/run_ring.h"
#include "core/workload/worker_loop.h"

namespace ringscope {

namespace {

using layout::RunCommand;
using layout::WorkerPhase;

constexpr std::int64_t kStartTimeoutNs = 10 * kNsPerSecond;
// Of a stop: consumers may empty the ring so long; then they are told to leave, and have so long to
// do it; then they get SIGTERM, and so long after it SIGKILL.
constexpr std::int64_t kDrainNs = 300 * kNsPerMs;
constexpr std::int64_t kLeaveNs = 200 * kNsPerMs;
constexpr std::int64_t kTerminateNs = 200 * kNsPerMs;
constexpr std::int64_t kStallNs = 2 * kNsPerSecond;
constexpr std::int64_t kHoldingKillNs = 200 * kNsPerMs;
constexpr std::size_t kMostEvents = 256;
constexpr double kLongestWaitNs = 1e17; // three years

// A wait that the scenario itself asks for is no stall.
std::int64_t stallLimitNs(const Scenario& scenario) {
    std::int64_t longest = std::max({scenario.stall.forNs, scenario.work.ns, scenario.work.maxNs});
    for (const FaultSettings& fault : scenario.faults) {
        longest = std::max(longest, fault.action == FaultAction::die ? 0 : fault.forNs);
    }
    longest = std::max({longest, scenario.workers.startWithinNs, scenario.recovery.restartAfterNs});
    if (scenario.rate.mode == RateMode::bursts) {
        longest = std::max(longest, scenario.rate.offNs);
    }
    if (scenario.rate.mode != RateMode::max && scenario.rate.perSecond > 0) {
        const double batchNs = static_cast<double>(kNsPerSecond) * scenario.workers.batch *
                               scenario.workers.producers / scenario.rate.perSecond;
        longest = std::max(longest, static_cast<std::int64_t>(std::min(batchNs, kLongestWaitNs)));
    }
    return std::max(kStallNs, 3 * longest);
}

void pauseNs(std::int64_t ns) {
    const timespec pause{ns / kNsPerSecond, ns % kNsPerSecond};
    ::nanosleep(&pause, nullptr);
}

} // namespace

// A worker that is killed may hold a slot, and then others' ring would stand still.
RunEngine::~RunEngine() {
    if (m_board.plan().isShared == 0 || isFinished()) {
        return;
    }
    command(RunCommand::leave);
    const std::int64_t deadlineNs = monotonicNs() + kLeaveNs;
    while (m_processes.isAnyRunning() && monotonicNs() < deadlineNs) {
        pauseNs(kNsPerMs);
        m_processes.poll();
    }
}

Expected<void> RunEngine::spawn(const std::string& program, const WorkloadOptions& options) {
    const std::uint32_t workers = m_board.workerCount();
    const std::uint32_t together = m_scenario.workers.kind == WorkerKind::threads ? workers : 1;
    for (std::uint32_t first = 0; first < workers; first += together) {
        auto spawned =
            m_processes.spawn(program, m_board.descriptor(), first, together, options.environment);
        if (!spawned) {
            return spawned;
        }
    }
    return {};
}

Expected<void> RunEngine::openRing() {
    auto segment = openRunRing(m_scenario, m_board.plan());
    if (!segment) {
        return segment.error();
    }
    m_segment.emplace(std::move(*segment));
    const SegmentGeometry& geometry = m_segment->geometry();
    m_result.channels = m_board.plan().channels;
    for (std::uint32_t channel = 0; channel < m_result.channels; ++channel) {
        m_result.capacity = std::max(m_result.capacity, geometry.channels[channel].capacity);
    }
    m_result.slotStride = geometry.channels.front().slotStride;
    m_result.ringBytes = geometry.bytes;
    auto ring = RingRemainder::open(m_ringName, geometry);
    if (!ring) {
        return ring.error();
    }
    m_ring.emplace(std::move(*ring));
    m_consumedBefore = m_ring->consumed(m_board.plan().channels);
    return {};
}

Expected<void> RunEngine::awaitWorkers() {
    const std::int64_t deadlineNs = monotonicNs() + kStartTimeoutNs;
    for (;;) {
        const auto& boards = m_board.readWorkers();
        std::uint32_t ready = 0;
        for (std::uint32_t worker = 0; worker < boards.size(); ++worker) {
            const auto phase = static_cast<WorkerPhase>(boards[worker].phase);
            if (phase == WorkerPhase::failed) {
                return makeError(
                    ErrorKind::failed,
                    std::string(boards[worker].error,
                                ::strnlen(boards[worker].error, sizeof(boards[worker].error))));
            }
            ready += phase == WorkerPhase::ready ? 1U : 0U;
        }
        if (ready == boards.size()) {
            return {};
        }
        if (m_processes.poll()) {
            for (const WorkerProcesses::Process& process : m_processes.processes()) {
                if (!process.isRunning) {
                    // A worker that failed says so on its board, which is read once more.
                    const auto& board = m_board.readWorkers()[process.firstWorker];
                    return makeError(ErrorKind::failed,
                                     board.error[0] != '\0'
                                         ? std::string(board.error)
                                         : workerName(m_board.plan(), process.firstWorker) +
                                               " could not start: " + process.end.sentence());
                }
            }
        }
        if (monotonicNs() > deadlineNs) {
            return makeError(ErrorKind::failed,
                             "the workers were not ready within 10 s; is the machine overloaded?");
        }
        pauseNs(kNsPerMs);
    }
}

Expected<void> RunEngine::start(const std::string& program, const WorkloadOptions& options) {
    m_lives.setStart(program, options);
    // Workers first: were we killed between creating the ring and the first worker, nobody would be
    // left to take its name away.
    if (auto done = spawn(program, options); !done) {
        return done;
    }
    if (auto done = openRing(); !done) {
        return done;
    }
    m_board.command(RunCommand::attach);
    if (auto done = awaitWorkers(); !done) {
        return done;
    }
    m_status.startedAtNs = monotonicNs();
    m_measureFromNs = m_status.startedAtNs + m_scenario.run.warmUpNs;
    m_progressAtNs = m_status.startedAtNs;
    m_board.setTimes(m_status.startedAtNs, m_measureFromNs);
    m_command = RunCommand::run;
    m_board.command(m_command);
    m_status.workers.resize(m_board.workerCount());
    poll();
    return {};
}

void RunEngine::poll() {
    if (isFinished()) {
        return;
    }
    m_status.timeNs = monotonicNs();
    // Deaths before boards: what a dead worker wrote is then complete.
    m_processes.poll();
    const auto& boards = m_board.readWorkers();
    m_receipts.takeLogs(boards);
    noticeEnds(boards);
    recover(boards);
    m_result.fillMax = std::max(m_result.fillMax, m_ring->fullestChannel(m_board.plan().channels));
    updateStatus(boards);
    advance();
}

std::size_t RunEngine::processOfWorker(std::uint32_t worker) const {
    return m_scenario.workers.kind == WorkerKind::threads ? 0 : worker;
}

bool RunEngine::isDeath(const WorkerProcesses::Process& process) const {
    return !process.isRunning && !process.end.isOrderly() &&
           !(m_forcedAtNs != 0 && process.endedAtNs >= m_forcedAtNs &&
             (process.end.signal == SIGKILL || process.end.signal == SIGTERM));
}

void RunEngine::noticeEnds(const std::vector<layout::WorkerBoard>& boards) {
    const auto& processes = m_processes.processes();
    for (std::size_t index = 0; index < processes.size(); ++index) {
        const WorkerProcesses::Process& process = processes[index];
        if (process.isRunning ||
            std::find(m_settled.begin(), m_settled.end(), index) != m_settled.end()) {
            continue;
        }
        m_settled.push_back(index);
        bool isDone = true;
        for (std::uint32_t worker = process.firstWorker;
             worker < process.firstWorker + process.workers; ++worker) {
            settleSender(worker);
            m_receipts.takePending(worker, boards[worker].receiptHead);
            isDone = isDone && static_cast<WorkerPhase>(boards[worker].phase) == WorkerPhase::done;
        }
        if (isDeath(process) && !isDone) {
            m_lives.noteDeath(index, boards);
            m_repairs.add(process.firstWorker, process.pid, process.endedAtNs);
        }
    }
}

// After what the dead had published is known: a slot that was given back no longer tells.
void RunEngine::recover(const std::vector<layout::WorkerBoard>& boards) {
    std::vector<RunEvent> events;
    if (m_scenario.recovery.repairs && m_segment && m_forcedAtNs == 0) {
        m_repairs.repair(*m_segment, events);
    }
    m_lives.advance(boards, m_status.timeNs);
    for (const std::size_t process : m_lives.takeRestarted()) {
        m_settled.erase(std::remove(m_settled.begin(), m_settled.end(), process), m_settled.end());
    }
    keepEvents(m_lives.takeEvents());
    keepEvents(std::move(events));
    m_status.deaths = m_lives.deaths();
    m_status.restarts = m_lives.restarts();
}

// Whoever looks ten times a second sees each of them, and a status stays cheap to copy.
void RunEngine::keepEvents(std::vector<RunEvent> events) {
    auto& kept = m_status.events;
    std::move(events.begin(), events.end(), std::back_inserter(kept));
    if (kept.size() > kMostEvents) {
        const std::size_t tooMany = kept.size() - kMostEvents;
        kept.erase(kept.begin(), kept.begin() + static_cast<std::ptrdiff_t>(tooMany));
        m_status.eventsBefore += tooMany;
    }
}

// A sender that was killed while it published a batch: what it had published by then is told by the
// slots, and only as long as nobody repairs them.
void RunEngine::settleSender(std::uint32_t worker) {
    if (worker >= m_board.plan().senders()) {
        return;
    }
    std::vector<layout::SenderRecord> records = m_board.readSender(worker);
    for (std::uint32_t channel = 0; channel < records.size(); ++channel) {
        layout::SenderRecord& record = records[channel];
        if (record.batchSequence != record.sent) {
            continue;
        }
        std::uint64_t published = 0;
        while (published < record.batchCount &&
               m_ring->isPublished(channel, record.batchPosition + published)) {
            ++published;
        }
        record.sent += published;
        record.batchSequence = ~std::uint64_t{0};
        m_board.setSender(worker, channel, record);
    }
}

void RunEngine::updateWorker(const layout::WorkerBoard& board, std::uint32_t worker) {
    const layout::RunPlan& plan = m_board.plan();
    const WorkerProcesses::Process& process = m_processes.processes()[processOfWorker(worker)];
    WorkerStatus& status = m_status.workers[worker];
    status.role = worker < plan.producers ? WorkerRole::producer : WorkerRole::consumer;
    status.index = worker < plan.producers ? worker : worker - plan.producers;
    status.process = process.identity;
    status.tid = board.tid;
    status.sent = board.sent;
    status.received = board.received + board.foreign;
    status.bytes = board.bytes;
    status.fullWaits = board.fullWaits;
    status.emptyWaits = board.emptyWaits;
    status.tombstones = board.tombstones;
    status.lastPosition = board.lastPosition;
    const auto phase = static_cast<WorkerPhase>(board.phase);
    if (!process.isRunning) {
        const bool isDead = isDeath(process) && phase != WorkerPhase::done;
        status.state = isDead ? WorkerLife::died : WorkerLife::done;
        status.endedAtNs = process.endedAtNs;
        status.outcome = phase == WorkerPhase::done || process.end.isOrderly() ? "completed"
                         : isDead ? process.end.sentence()
                                  : "ended by force when the run stopped";
    } else if (phase == WorkerPhase::done) {
        status.state = WorkerLife::done;
        status.endedAtNs = status.endedAtNs == 0 ? m_status.timeNs : status.endedAtNs;
        status.outcome = "completed";
    } else {
        status.state = process.isStopped ? WorkerLife::stopped : WorkerLife::running;
        status.endedAtNs = 0;
        status.outcome.clear();
    }
}

void RunEngine::updateStatus(const std::vector<layout::WorkerBoard>& boards) {
    m_status.sent = 0;
    m_status.received = 0;
    m_status.fullWaits = 0;
    m_status.emptyWaits = 0;
    for (std::uint32_t worker = 0; worker < boards.size(); ++worker) {
        updateWorker(boards[worker], worker);
        m_status.sent += boards[worker].sent;
        m_status.received += m_status.workers[worker].received;
        m_status.fullWaits += boards[worker].fullWaits;
        m_status.emptyWaits += boards[worker].emptyWaits;
    }
    if (m_status.fullWaits > 0) {
        m_result.fillMax = m_result.capacity; // somebody found no slot
    }
    noticeProgress();
}

void RunEngine::noticeProgress() {
    const std::uint64_t progress = m_status.sent + m_status.received;
    if (m_stopAtNs == 0) {
        m_result.standstillNs = std::max(m_result.standstillNs, m_status.timeNs - m_progressAtNs);
    }
    if (progress != m_progress) {
        m_progress = progress;
        m_progressAtNs = m_status.timeNs;
    }
    // Without producers of its own a run does not know whether there is something to do.
    if (m_stopAtNs == 0 && m_board.plan().producers > 0) {
        m_status.isStalled = m_status.timeNs - m_progressAtNs > stallLimitNs(m_scenario);
    }
}

bool RunEngine::isGone(std::uint32_t worker) const {
    const WorkerLife state = m_status.workers[worker].state;
    return (state == WorkerLife::done || state == WorkerLife::died) &&
           !m_lives.isAwaited(processOfWorker(worker));
}

// What throughput counts.
std::uint64_t RunEngine::messagesMoved() const {
    return m_board.plan().consumers > 0 ? m_status.received : m_status.sent;
}

bool RunEngine::areGone(std::uint32_t first, std::uint32_t end) const {
    for (std::uint32_t worker = first; worker < end; ++worker) {
        if (!isGone(worker)) {
            return false;
        }
    }
    return true;
}

void RunEngine::killAsPlanned() {
    if (!m_scenario.kill || m_isKillDone ||
        m_status.timeNs < m_measureFromNs + m_scenario.kill->afterNs) {
        return;
    }
    const KillSettings& kill = *m_scenario.kill;
    const std::uint32_t worker =
        kill.role == WorkerRole::producer ? kill.index : m_board.plan().producers + kill.index;
    if (kill.isHolding && m_killOrderedAtNs == 0) {
        m_board.raiseInWorker(worker, kill.signal);
        m_killOrderedAtNs = m_status.timeNs;
    } else if (isGone(worker) || m_status.workers[worker].state == WorkerLife::stopped) {
        m_isKillDone = true;
    } else if (!kill.isHolding || m_status.timeNs > m_killOrderedAtNs + kHoldingKillNs) {
        m_processes.signalOne(worker, kill.signal); // one process for each worker
        m_isKillDone = true;
    }
}

void RunEngine::command(RunCommand command) {
    if (m_command < command) {
        m_command = command;
        m_board.command(command);
    }
}

void RunEngine::beginStop() {
    m_lives.stop();
    m_stopAtNs = m_status.timeNs;
    m_measuredUntilNs = m_status.timeNs;
    m_status.phase = RunPhase::stopping;
    // Without producers there is nothing of ours to be waited for.
    command(m_board.plan().producers > 0 ? RunCommand::stop : RunCommand::leave);
    m_result.throughputPerSecond = 0;
    const auto measuredNs = static_cast<double>(m_measuredUntilNs - m_status.measuringSinceNs);
    if (m_status.measuringSinceNs != 0 && measuredNs > 0) {
        m_result.durationSeconds = measuredNs / static_cast<double>(kNsPerSecond);
        m_result.throughputPerSecond =
            static_cast<double>(messagesMoved() - m_movedAtMeasure) / m_result.durationSeconds;
    }
}

void RunEngine::pressStop() {
    // Each step after the one before, not by the time since the stop: on a busy machine a poll may
    // come late, and workers that were never told to leave would be killed.
    const std::int64_t nowNs = m_status.timeNs;
    if (m_command < RunCommand::leave) {
        if (nowNs - m_stopAtNs > kDrainNs) {
            command(RunCommand::leave);
            m_pressedAtNs = nowNs;
        }
    } else if (m_forcedAtNs == 0) {
        if (nowNs - std::max(m_pressedAtNs, m_stopAtNs) > kLeaveNs) {
            m_forcedAtNs = monotonicNs();
            m_pressedAtNs = nowNs;
            m_processes.signalAll(SIGTERM);
        }
    } else if (nowNs - m_pressedAtNs > kTerminateNs) {
        m_processes.signalAll(SIGKILL);
    }
}

// The producers are gone. In a ring of our own its consumers stop when it is empty; where others
// go on producing it may never be, so they leave when what lay there by now is claimed.
void RunEngine::drain() {
    const layout::RunPlan& plan = m_board.plan();
    if (m_command < RunCommand::drain && plan.isShared != 0) {
        m_tailsAtDrain = m_ring->tails(plan.channels);
    }
    command(RunCommand::drain);
    if (plan.isShared != 0 && m_ring->isConsumedUpTo(m_tailsAtDrain)) {
        command(RunCommand::leave);
    }
}

void RunEngine::advance() {
    const layout::RunPlan& plan = m_board.plan();
    if (m_status.phase == RunPhase::warmUp && m_status.timeNs >= m_measureFromNs) {
        m_status.phase = RunPhase::measuring;
        m_status.measuringSinceNs = m_status.timeNs;
        m_movedAtMeasure = messagesMoved();
    }
    // Where others produce or consume there may be none of ours.
    const bool areProducersGone = plan.producers > 0 && areGone(0, plan.producers);
    const bool areConsumersGone = plan.consumers > 0 && areGone(plan.producers, plan.workers());
    if (areProducersGone) {
        drain();
    }
    if (m_stopAtNs == 0) {
        killAsPlanned();
        const std::int64_t durationNs = m_scenario.run.durationNs;
        const bool isOver = durationNs > 0 && m_status.timeNs >= m_measureFromNs + durationNs;
        // Without a duration nothing else would end a run that is stuck on its last messages.
        const bool isStuck = m_status.isStalled && plan.messages > 0;
        const bool isEnough =
            plan.producers == 0 && plan.messages > 0 && m_status.received >= plan.messages;
        const bool isAlone = areConsumersGone || (areProducersGone && plan.isPingPong());
        if (m_isStopRequested || isOver || isStuck || isEnough || isAlone ||
            (areProducersGone && plan.messages == 0)) {
            m_wasStoppedEarly = m_isStopRequested && !isOver && !isEnough;
            beginStop();
        }
    } else {
        pressStop();
    }
    if (!m_processes.isAnyRunning() && !m_lives.isAnyAwaited()) {
        if (m_stopAtNs == 0) {
            beginStop();
        }
        finish();
    }
}

RunOutcome RunEngine::outcome() const {
    const auto& processes = m_processes.processes();
    const bool areReplaced =
        m_scenario.recovery.restartAfterNs > 0 && m_lives.unplannedDeaths() == 0;
    if (!areReplaced && (m_lives.deaths() > 0 ||
                         std::any_of(processes.begin(), processes.end(),
                                     [this](const auto& process) { return isDeath(process); }))) {
        return RunOutcome::workerDied;
    }
    if (m_status.isStalled) {
        return RunOutcome::stalled;
    }
    return m_wasStoppedEarly ? RunOutcome::interrupted : RunOutcome::completed;
}

// A message that others' consumers took is not lost; how many were claimed, the heads tell.
void RunEngine::addOthers(DeliveryCheck::Evidence& evidence,
                          const std::vector<layout::WorkerBoard>& boards) const {
    // Slots before heads: others go on, and what they take in between must not look lost.
    evidence.inRing = m_ring->messages(m_board.plan().messageType);
    evidence.claimed = m_ring->consumed(m_board.plan().channels) - m_consumedBefore;
    for (const layout::WorkerBoard& board : boards) {
        const std::uint64_t ours = board.received + board.foreign + board.tombstones;
        evidence.claimed -= std::min(evidence.claimed, ours);
        evidence.foreign += board.foreign;
    }
}

DeliveryCheck::Evidence RunEngine::evidence() {
    const auto& boards = m_board.readWorkers();
    const layout::RunPlan& plan = m_board.plan();
    DeliveryCheck::Evidence evidence;
    evidence.sent.resize(plan.pairs());
    for (std::uint32_t worker = 0; worker < boards.size(); ++worker) {
        if (worker < plan.senders()) {
            const auto records = m_board.readSender(worker);
            for (std::uint32_t channel = 0; channel < records.size(); ++channel) {
                evidence.sent[std::uint64_t{worker} * plan.channels + channel] =
                    records[channel].sent;
            }
        }
        evidence.duplicated += boards[worker].duplicated;
        evidence.reordered += boards[worker].reordered;
        evidence.corrupted += boards[worker].corrupted;
        evidence.unidentified += boards[worker].unidentified;
        m_result.rosterWaits += boards[worker].rosterWaits;
        for (std::size_t fault = 0; fault < m_scenario.faults.size(); ++fault) {
            m_result.stops += m_scenario.faults[fault].action == FaultAction::die
                                  ? 0
                                  : boards[worker].faults[fault];
        }
    }
    addLosses(evidence);
    if (plan.isShared != 0) {
        addOthers(evidence, boards);
    } else {
        evidence.inRing = m_ring->messages();
    }
    return evidence;
}

// A consumer that died between the receipt and the release had received what was in its slot.
void RunEngine::addLosses(DeliveryCheck::Evidence& evidence) {
    for (const LostMessage& lost : m_repairs.taken()) {
        const MessageInRing message{lost.sender, lost.channel, lost.sequence, true};
        evidence.taken.push_back(message);
        if (!m_check.isReceived(message)) {
            m_result.lostMessages.push_back(lost);
        }
    }
}

void RunEngine::addDeaths() {
    m_result.deaths = m_lives.deaths();
    m_result.restarts = m_lives.restarts();
    m_result.repairs = m_repairs.counts();
    m_result.unrepaired = m_repairs.waiting();
    const bool isStopPlanned =
        m_scenario.kill && m_scenario.kill->signal == SIGSTOP && m_isKillDone;
    // With repair nobody's death is a reason to stand still.
    const bool isExcused = !m_scenario.recovery.repairs || m_result.outcome != RunOutcome::stalled;
    m_result.isDeathPlanned =
        isExcused && m_lives.unplannedDeaths() == 0 && (m_lives.deaths() > 0 || isStopPlanned);
}

void RunEngine::finish() {
    m_receipts.takeRest();
    m_result.messages = m_check.verdict(evidence());
    m_result.latency = latency();
    m_result.fullWaits = m_status.fullWaits;
    m_result.emptyWaits = m_status.emptyWaits;
    m_result.outcome = outcome();
    addDeaths();
    m_result.workers = m_status.workers;
    m_segment.reset(); // the name goes; the run's own descriptor keeps the bytes readable
    m_status.phase = RunPhase::finished;
}

LatencyHistogram RunEngine::latency() const {
    LatencyHistogram all;
    for (std::uint32_t worker = 0; worker < m_board.workerCount(); ++worker) {
        if (m_board.plan().receives(worker)) {
            all.add(LatencyHistogram(m_board.readLatency(worker)));
        }
    }
    return all;
}

} // namespace ringscope
