// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "core/base/expected.h"
#include "core/base/process_identity.h"
#include "core/session/live_target.h"
#include "core/session/target_processes.h"

namespace ringscope {

// A process that runs already. Its end is a marker and the target's end; stopping lets it go.
class ProcessTarget final : public LiveTarget {
public:
    // Errors (target): no such process, another one with its pid by now, a kernel thread, or not
    // permitted.
    [[nodiscard]] static Expected<std::unique_ptr<ProcessTarget>>
    attach(const ProcessIdentity& process);

    // "pid 4711 postgres"
    [[nodiscard]] const std::string& description() const noexcept { return m_description; }

    void addSources(Recorder& recorder, Session& session) override;
    void poll(std::int64_t nowNs, Session& session) override;
    [[nodiscard]] bool isEnded() const override { return m_isEnded; }
    void requestStop(std::int64_t nowNs) override;
    void summarize(RunSummary& summary) const override;

private:
    ProcessTarget() = default;

    std::string m_description; // Constant after attach().
    TargetProcesses m_processes;
    WorkerRow m_row;
    bool m_isEnded = false;
    bool m_isLetGo = false;
};

} // namespace ringscope
