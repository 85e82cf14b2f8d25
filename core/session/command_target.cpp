// SPDX-License-Identifier: MIT
#include "core/session/command_target.h"

#include <algorithm>
#include <csignal>
#include <cstring>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

#include "core/base/clock.h"
#include "core/session/session_sources.h"
#include "core/session/spawn_environment.h"

namespace ringscope {

namespace {

constexpr std::int64_t kGraceNs = kNsPerSecond;
constexpr std::int64_t kChildrenPeriodNs = 200 * kNsPerMs;

// "ended with status 3", "killed by SIGSEGV"; empty when it ended well.
std::string outcomeOf(const siginfo_t& end) {
    if (end.si_code != CLD_EXITED) {
        const char* name = sigabbrev_np(end.si_status);
        return "killed by " + (name != nullptr ? "SIG" + std::string(name)
                                               : "signal " + std::to_string(end.si_status));
    }
    return end.si_status == 0 ? "" : "ended with status " + std::to_string(end.si_status);
}

} // namespace

Expected<std::unique_ptr<CommandTarget>> CommandTarget::start(const std::vector<std::string>& argv,
                                                              HeapMode heapMode,
                                                              bool isSearchingLeaks) {
    if (argv.empty() || argv.front().empty()) {
        return makeError(ErrorKind::usage,
                         "there is no command to record, name a program and its arguments");
    }
    std::unique_ptr<CommandTarget> target(new CommandTarget());
    std::vector<std::pair<std::string, std::string>> variables;
    if (heapMode != HeapMode::off) {
        auto receiver = LedgerReceiver::create();
        if (!receiver) {
            return receiver.error();
        }
        target->m_receiver = std::make_shared<LedgerReceiver>(std::move(*receiver));
        auto tracker = trackerEnvironment(*target->m_receiver, heapMode);
        if (!tracker) {
            return tracker.error();
        }
        variables = std::move(*tracker);
        if (isSearchingLeaks) {
            target->m_isSearchingLeaks = true;
            variables.push_back(holdAtExit());
        }
    }
    variables.push_back(target->m_family.mark());
    SpawnEnvironment environment(variables);
    std::vector<char*> arguments;
    for (const std::string& argument : argv) {
        arguments.push_back(const_cast<char*>(argument.c_str())); // posix_spawn does not write
    }
    arguments.push_back(nullptr);
    const int failed = posix_spawnp(&target->m_pid, argv.front().c_str(), nullptr, nullptr,
                                    arguments.data(), environment.data());
    if (failed != 0) {
        target->m_pid = 0;
        return systemError(ErrorKind::target,
                           "cannot start " + argv.front() + ", check its name and permissions",
                           failed);
    }
    target->m_family.setRoot(target->m_pid);
    target->m_description = "command " + argv.front();
    if (const auto process = processOf(target->m_pid)) {
        target->m_processes.add("P0", *process, TargetOrigin::started);
    }
    return target;
}

CommandTarget::~CommandTarget() {
    if (m_pid > 0) {
        if (!m_isEnded || m_killAtNs != 0) {
            signalFamily(SIGKILL);
        }
        ::kill(m_pid, SIGKILL); // to a zombie: no effect
        ::waitpid(m_pid, nullptr, 0);
    }
}

void CommandTarget::addSources(Recorder& recorder, Session& session) {
    if (m_receiver) {
        auto heap = std::make_unique<HeapSource>(m_receiver, m_processes, session);
        m_heap = heap.get();
        if (m_isSearchingLeaks) {
            m_heap->searchLeaks();
        }
        recorder.add(std::move(heap));
        recorder.add(std::make_unique<HeapProfileSource>(*m_heap));
    }
    addProcessSources(m_processes, recorder, session);
    setWorkers(session);
}

void CommandTarget::setWorkers(Session& session) const {
    std::vector<WorkerRow> rows;
    for (const TargetProcess& process : m_processes.all()) {
        WorkerRow row;
        row.role = "process";
        row.index = static_cast<std::uint32_t>(rows.size());
        row.pid = process.identity.pid;
        row.tid = process.identity.pid;
        row.rssBytes = process.isAlive ? process.rssBytes : 0;
        row.heap = process.isAlive ? process.heap : std::nullopt;
        row.state = process.isAlive ? WorkerState::running : WorkerState::finished;
        if (rows.empty() && !process.isAlive) {
            row.outcome = m_outcome;
            row.state = m_outcome.empty() ? WorkerState::finished : WorkerState::died;
        }
        rows.push_back(std::move(row));
    }
    session.setWorkers(std::move(rows));
}

void CommandTarget::findChildren() {
    // Newly found ones are looked at in the same turn.
    for (std::size_t i = 0; i < m_processes.all().size(); ++i) {
        if (!m_processes.all()[i].isAlive) {
            continue;
        }
        for (const std::int32_t child : childrenOf(m_processes.all()[i].identity.pid)) {
            if (const auto process = processOf(child)) {
                m_processes.add({}, *process, TargetOrigin::started);
            }
        }
    }
}

void CommandTarget::poll(std::int64_t nowNs, Session& session) {
    if (m_isEnded) {
        return;
    }
    // Left a zombie until the last samples are taken: a ledger that waits in the socket is only
    // believed while its sender can be told from a later process of the same pid.
    const std::optional<siginfo_t> end = m_isRootEnded ? std::nullopt : endOfChild(m_pid);
    if (end) {
        m_isRootEnded = true;
        m_outcome = outcomeOf(*end);
        session.addMarker({nowNs, m_outcome.empty() ? MarkerKind::phase : MarkerKind::workerDied,
                           m_description + (m_outcome.empty() ? " ended" : " " + m_outcome)});
    }
    if (m_killAtNs == 0) {
        m_isEnded = m_isRootEnded;
    } else {
        pressStop(nowNs);
    }
    bool isChanged = m_isEnded || !m_processes.findEnded().empty();
    if (nowNs >= m_nextChildrenNs) {
        m_nextChildrenNs = nowNs + kChildrenPeriodNs;
        findChildren();
        isChanged = true;
    }
    if (m_isEnded) {
        m_processes.findEnded();
    }
    if (isChanged) {
        setWorkers(session);
    }
}

void CommandTarget::requestStop(std::int64_t nowNs) {
    if (!m_isEnded && m_killAtNs == 0) {
        m_killAtNs = nowNs + kGraceNs;
        signalFamily(SIGTERM);
    }
}

std::size_t CommandTarget::signalFamily(int signal) {
    const std::vector<ProcessIdentity> family = m_family.find(m_processes);
    for (const ProcessIdentity& process : family) {
        sendSignal(process, signal);
        if (signal == SIGTERM) {
            sendSignal(process, SIGCONT); // or a stopped one would not see it
        }
    }
    return family.size();
}

void CommandTarget::pressStop(std::int64_t nowNs) {
    if (nowNs >= m_killAtNs) {
        // Nothing survives it; who is in the kernel's hands is not waited for for ever.
        m_isEnded = (signalFamily(SIGKILL) == 0 && m_isRootEnded) || nowNs >= m_killAtNs + kGraceNs;
    } else if (m_isRootEnded) {
        m_isEnded = m_family.find(m_processes).empty();
    }
}

void CommandTarget::takeLastSamples(std::int64_t nowNs, Session& session) {
    if (m_heap != nullptr) {
        m_heap->sample(nowNs, session);
        m_heap->addProfiles(nowNs, session);
    }
}

void CommandTarget::setHeapMode(HeapMode mode) {
    if (m_heap != nullptr) {
        m_heap->setMode(mode);
    }
}

void CommandTarget::summarize(RunSummary& summary) const {
    summary.scenario = m_description;
    summary.outcome = m_killAtNs != 0     ? "interrupted"
                      : m_outcome.empty() ? "completed"
                                          : "worker_died";
    if (m_heap != nullptr) {
        summary.heap = m_heap->summary();
        summary.leaks = m_heap->leaks();
    }
    std::uint32_t index = 0;
    for (const TargetProcess& process : m_processes.all()) {
        summary.workers.push_back({"process", index, process.identity.pid, process.identity.pid, 0,
                                   index == 0 ? m_outcome : ""});
        ++index;
    }
}

} // namespace ringscope
