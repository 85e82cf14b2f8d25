// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "core/base/expected.h"
#include "core/base/process_identity.h"
#include "core/heap/ledger_receiver.h"
#include "core/heap/tracker_environment.h"
#include "core/session/live_target.h"
#include "core/session/sources/heap_source.h"
#include "core/session/target_processes.h"

namespace ringscope {

// A process that runs already. Its end is a marker and the target's end; stopping lets it go.
class ProcessTarget final : public LiveTarget {
public:
    // heapMode: other than off also has it count its heap, from now until the end, when the tracker
    // is detached (core/heap/attach_linux.h, which says what that can cost). Waits for that up to
    // some seconds. Errors (target): no such process, another one with its pid by now, a kernel
    // thread, not permitted, or its heap cannot be attached to.
    [[nodiscard]] static Expected<std::unique_ptr<ProcessTarget>>
    attach(const ProcessIdentity& process, HeapMode heapMode = HeapMode::off);
    ~ProcessTarget() override; // detaches the tracker

    // "pid 4711 postgres"
    [[nodiscard]] const std::string& description() const noexcept { return m_description; }

    void addSources(Recorder& recorder, Session& session) override;
    void poll(std::int64_t nowNs, Session& session) override;
    [[nodiscard]] bool isEnded() const override { return m_isEnded; }
    void requestStop(std::int64_t nowNs) override;
    void takeLastSamples(std::int64_t nowNs, Session& session) override;
    void setHeapMode(HeapMode mode) override;
    void summarize(RunSummary& summary) const override;

private:
    ProcessTarget() = default;
    [[nodiscard]] Expected<void> attachTracker(HeapMode mode);
    // Why not; empty: done, or there was nothing to do.
    [[nodiscard]] std::string detachTracker();

    // Constant after attach().
    std::string m_description;
    std::shared_ptr<LedgerReceiver> m_receiver; // null: its heap is not counted
    std::string m_heapRemark;

    bool m_isTracked = false;
    HeapSource* m_heap = nullptr; // the recorder's
    TargetProcesses m_processes;
    WorkerRow m_row;
    bool m_isEnded = false;
    bool m_isLetGo = false;
};

} // namespace ringscope
