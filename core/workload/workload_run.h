// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/expected.h"
#include "core/base/process_identity.h"
#include "core/workload/delivery_check.h"
#include "core/workload/latency_histogram.h"
#include "core/workload/scenario.h"

namespace ringscope {

class RunEngine;

enum class RunPhase : std::uint8_t {
    warmUp,    // runs, and is in no rate and no latency
    measuring, // counts
    stopping,  // producers have stopped, consumers empty the ring
    finished,  // every worker is reaped, the ring is gone, result() is there
};

enum class WorkerLife : std::uint8_t {
    running,
    stopped, // by SIGSTOP or a debugger
    done,    // came to its end
    died,    // by a signal, or with an error
};

// One worker as its own counters tell it: a worker is a process, or a thread of the one process.
struct WorkerStatus {
    WorkerRole role = WorkerRole::producer;
    std::uint32_t index = 0;
    ProcessIdentity process;
    std::int32_t tid = 0;
    WorkerLife state = WorkerLife::running;
    std::uint64_t sent = 0;
    std::uint64_t received = 0;     // others' messages too
    std::uint64_t bytes = 0;        // of payload, sent and received
    std::uint64_t fullWaits = 0;    // times it found no free slot
    std::uint64_t emptyWaits = 0;   // times it found no message
    std::uint64_t tombstones = 0;   // abandoned slots it skipped
    std::uint64_t lastPosition = 0; // of the message it sent or received last
    std::int64_t endedAtNs = 0;     // monotonic; 0 = it has not ended
    // "completed", or for a worker that died "killed by SIGKILL", "killed by the kernel's
    // out-of-memory killer", "ended with status 3"; empty while it runs.
    std::string outcome;
};

// Something that happened to a worker.
struct RunEvent {
    enum class Kind : std::uint8_t { died, restarted, repaired };
    Kind kind = Kind::died;
    std::int64_t timeNs = 0;  // monotonic
    std::uint32_t worker = 0; // its number, producers first
    std::int32_t pid = 0;
    std::string text; // "killed by SIGKILL at position 381", "1 slot is given back, as tombstones"
};

// What repair gave back of what dead workers held.
struct RepairCounts {
    std::uint64_t tombstones = 0; // slots of producers
    std::uint64_t messages = 0;   // slots of consumers, with a message in each
    std::uint64_t places = 0;     // in the roster
    std::int64_t slowestNs = 0;   // from when a death was noticed to the repair of its slots
};

// A message that went with the slot in which a dead consumer held it.
struct LostMessage {
    std::uint32_t sender = 0;
    std::uint32_t channel = 0;
    std::uint64_t sequence = 0;
    std::uint64_t position = 0;
    std::uint32_t holder = 0; // a worker's number, producers first
    std::int32_t holderPid = 0;
};

struct RunStatus {
    RunPhase phase = RunPhase::warmUp;
    std::int64_t timeNs = 0;           // monotonic, of this reading
    std::int64_t startedAtNs = 0;      // workers were let go
    std::int64_t measuringSinceNs = 0; // 0 = warm-up
    bool isStalled = false;            // work remains and nobody gets on
    std::uint64_t sent = 0;
    std::uint64_t received = 0;
    std::uint64_t fullWaits = 0;
    std::uint64_t emptyWaits = 0;
    std::vector<WorkerStatus> workers; // producers first
    std::uint64_t deaths = 0;
    std::uint64_t restarts = 0;
    // The newest ones, eventsBefore came before them.
    std::vector<RunEvent> events;
    std::uint64_t eventsBefore = 0;
};

struct WorkloadOptions {
    std::optional<std::uint64_t> seed;      // in place of the scenario's
    std::optional<std::int64_t> durationNs; // in place of the scenario's
    std::string ringName;                   // empty = a fresh one
    std::string workerProgram;              // empty = workerProgram() of core/base/program_paths.h
    // Set in each worker's environment, replacing what is there (heap: trackerEnvironment()).
    std::vector<std::pair<std::string, std::string>> environment;
};

enum class RunOutcome : std::uint8_t { completed, interrupted, workerDied, stalled };
[[nodiscard]] std::string_view runOutcomeName(RunOutcome outcome) noexcept;

// What a run came to: the part of `run --json` that the workload itself knows.
struct RunResult {
    std::string scenario;
    std::uint64_t seed = 0;
    double durationSeconds = 0; // without warm-up
    RunOutcome outcome = RunOutcome::completed;
    bool isDeathPlanned = false; // every worker that died did so as the scenario plans
    DeliveryCounts messages;
    // Received, without warm-up, others' messages too; of a run without consumers: sent.
    double throughputPerSecond = 0;
    LatencyHistogram latency;
    std::string ringName;
    std::uint32_t channels = 0;
    std::uint64_t capacity = 0;
    std::uint32_t slotStride = 0;
    std::uint64_t ringBytes = 0;
    std::uint64_t fillMax = 0; // messages in the fullest channel, as sampled; a full wait is full
    std::uint64_t fullWaits = 0;
    std::uint64_t emptyWaits = 0;
    std::vector<WorkerStatus> workers;
    std::uint64_t deaths = 0;
    std::uint64_t restarts = 0;
    std::uint64_t stops = 0;       // workers that stopped or slept as planned
    std::uint64_t rosterWaits = 0; // times a worker found the roster full
    std::int64_t standstillNs = 0; // longest time in which no message was sent or received
    RepairCounts repairs;
    std::vector<LostMessage> lostMessages; // messages.lostWithHolder of them
    std::vector<std::string> unrepaired;   // a sentence each: what waits for whom

    // Exit status 0: nothing wrong with delivery, and nobody died that should not have.
    [[nodiscard]] bool isAccountedFor() const noexcept;
};

// One workload, from its start to its result: creates the ring and the scoreboard, starts the
// workers, watches them, checks delivery, and leaves nothing behind. One thread at a time; no
// thread of its own. Destroying it ends the workers at once; in a ring that others use too they may
// leave it first, for 200 ms.
class WorkloadRun {
public:
    // Returns when every worker is attached and let go (some 10 ms; at most 10 s). Errors: what
    // checkScenario() finds (usage); no worker program, no room in /dev/shm, a worker that could
    // not start (failed). Nothing stays behind.
    [[nodiscard]] static Expected<std::unique_ptr<WorkloadRun>>
    start(const Scenario& scenario, const WorkloadOptions& options = {});

    WorkloadRun(const WorkloadRun&) = delete;
    WorkloadRun& operator=(const WorkloadRun&) = delete;
    ~WorkloadRun();

    // Reaps, audits, and moves the run on; never waits. At least every 20 ms: a run that is not
    // polled neither ends nor notices a death, and full receipt logs make consumers wait.
    void poll();
    // Orderly: producers stop, consumers empty the ring for 300 ms, then whoever is left is killed.
    // isFinished() within a second.
    void requestStop();
    [[nodiscard]] bool isFinished() const noexcept;

    // As of the last poll().
    [[nodiscard]] const RunStatus& status() const noexcept;
    // All workers' together, read now; without warm-up.
    [[nodiscard]] LatencyHistogram latency() const;
    [[nodiscard]] const std::string& ringName() const noexcept;
    [[nodiscard]] const Scenario& scenario() const noexcept;
    // Once isFinished().
    [[nodiscard]] const RunResult& result() const noexcept;

private:
    explicit WorkloadRun(std::unique_ptr<RunEngine> engine);
    std::unique_ptr<RunEngine> m_engine;
};

} // namespace ringscope
