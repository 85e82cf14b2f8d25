// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/base/expected.h"
#include "core/heap/tracker_environment.h"
#include "core/ring/ring_observer.h"
#include "core/session/live_target.h"
#include "core/session/sources/heap_source.h"
#include "core/session/sources/ring_slot_source.h"
#include "core/session/sources/workload_source.h"
#include "core/session/target_processes.h"
#include "core/session/workload_driver.h"

namespace ringscope {

// A workload that is run to be recorded: its ring, its workers' counters, their heaps and their
// memory. Ends with the run.
class ScenarioTarget final : public LiveTarget {
public:
    struct Options {
        WorkloadOptions workload;
        HeapMode heapMode = HeapMode::counts;
        bool isSearchingLeaks = false;
        std::int64_t cursorPeriodNs = 1'000'000;
    };
    // Errors: what WorkloadRun::start() says, and a tracker library that is missing (failed).
    [[nodiscard]] static Expected<std::unique_ptr<ScenarioTarget>> start(const Scenario& scenario,
                                                                         Options options);

    [[nodiscard]] std::shared_ptr<const WorkloadPicture> picture() const {
        return m_driver->picture();
    }

    void addSources(Recorder& recorder, Session& session) override;
    void poll(std::int64_t nowNs, Session& session) override;
    [[nodiscard]] bool isEnded() const override { return m_driver->picture()->isFinished; }
    void requestStop(std::int64_t nowNs) override;
    void takeLastSamples(std::int64_t nowNs, Session& session) override;
    void watchChannel(std::uint32_t channel) override;
    void requestSlotDetail(std::uint32_t channel, std::uint64_t slot) override;
    void setHeapMode(HeapMode mode) override;
    void summarize(RunSummary& summary) const override;

private:
    ScenarioTarget() = default;
    void addProcesses(const RunStatus& status, WorkerKind kind);
    void noteEvents(const RunStatus& status, std::int64_t nowNs, Session& session);
    void noteWorkerEvent(const RunEvent& event, const RunStatus& status, Session& session);
    void setWorkers(const RunStatus& status, Session& session);

    // Constant after start().
    std::shared_ptr<LedgerReceiver> m_receiver; // null when heaps are not tracked
    std::shared_ptr<RingObserver> m_ring;
    std::int64_t m_cursorPeriodNs = 0;

    std::shared_ptr<SlotWatch> m_watch = std::make_shared<SlotWatch>();
    TargetProcesses m_processes;
    bool m_isSearchingLeaks = false;
    HeapSource* m_heap = nullptr;           // the recorder's
    WorkloadSource* m_workload = nullptr;   // the recorder's
    RingSlotSource* m_slotStates = nullptr; // the recorder's
    // What markers told of already.
    RunPhase m_phase = RunPhase::warmUp;
    bool m_isStalled = false;
    std::uint64_t m_eventsNoted = 0; // of the workers
    // For rates of workers.
    RunStatus m_rowsFrom;
    std::int64_t m_nextRowsNs = 0;

    std::unique_ptr<WorkloadDriver> m_driver;
};

} // namespace ringscope
