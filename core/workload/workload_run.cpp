// SPDX-License-Identifier: MIT
#include "core/workload/workload_run.h"

#include <cassert>
#include <utility>

#include "core/base/program_paths.h"
#include "core/ring/segment.h"
#include "core/workload/run_engine.h"
#include "core/workload/run_plan.h"
#include "core/workload/run_ring.h"
#include "core/workload/scenario_check.h"
#include "core/workload/scoreboard.h"

namespace ringscope {

std::string_view runOutcomeName(RunOutcome outcome) noexcept {
    switch (outcome) {
    case RunOutcome::completed:
        return "completed";
    case RunOutcome::interrupted:
        return "interrupted";
    case RunOutcome::workerDied:
        return "worker_died";
    case RunOutcome::stalled:
        break;
    }
    return "stalled";
}

bool RunResult::isAccountedFor() const noexcept {
    const bool isWellEnded =
        outcome == RunOutcome::completed || outcome == RunOutcome::interrupted || isDeathPlanned;
    return isWellEnded && messages.isClean() && messages.isExact &&
           messages.sent == messages.received + messages.inRing + messages.takenByOthers +
                                messages.lostWithHolder;
}

Expected<std::unique_ptr<WorkloadRun>> WorkloadRun::start(const Scenario& scenario,
                                                          const WorkloadOptions& options) {
    Scenario wanted = scenario;
    wanted.run.seed = options.seed.value_or(wanted.run.seed);
    wanted.run.durationNs = options.durationNs.value_or(wanted.run.durationNs);
    if (const auto problems = checkScenario(wanted); !problems.empty()) {
        return makeError(ErrorKind::usage,
                         "scenario " + wanted.name + ": " + problems.front().sentence);
    }
    std::string program = options.workerProgram;
    if (program.empty()) {
        const auto found = workerProgram();
        if (!found) {
            return found.error();
        }
        program = found->string();
    }
    const std::string& attach = wanted.ring.attach;
    const std::string ringName = !options.ringName.empty() ? options.ringName
                                 : !attach.empty()         ? attach
                                                           : segmentName(wanted.name);
    layout::RunPlan plan = makeRunPlan(wanted, ringName);
    planRing(wanted, plan);
    auto board = Scoreboard::create(plan);
    if (!board) {
        return board.error();
    }
    auto engine = std::make_unique<RunEngine>(wanted, std::move(*board), ringName);
    if (auto started = engine->start(program, options); !started) {
        return started.error();
    }
    return std::unique_ptr<WorkloadRun>(new WorkloadRun(std::move(engine)));
}

WorkloadRun::WorkloadRun(std::unique_ptr<RunEngine> engine)
    : m_engine(std::move(engine)) {}

WorkloadRun::~WorkloadRun() = default;

void WorkloadRun::poll() {
    m_engine->poll();
}

void WorkloadRun::requestStop() {
    m_engine->requestStop();
}

bool WorkloadRun::isFinished() const noexcept {
    return m_engine->isFinished();
}

const RunStatus& WorkloadRun::status() const noexcept {
    return m_engine->status();
}

LatencyHistogram WorkloadRun::latency() const {
    return m_engine->latency();
}

const std::string& WorkloadRun::ringName() const noexcept {
    return m_engine->ringName();
}

const Scenario& WorkloadRun::scenario() const noexcept {
    return m_engine->scenario();
}

const RunResult& WorkloadRun::result() const noexcept {
    assert(isFinished());
    return m_engine->result();
}

} // namespace ringscope
