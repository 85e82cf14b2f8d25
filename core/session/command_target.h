// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <sys/types.h>
#include <vector>

#include "core/base/expected.h"
#include "core/heap/tracker_environment.h"
#include "core/session/command_family.h"
#include "core/session/live_target.h"
#include "core/session/sources/heap_source.h"
#include "core/session/target_processes.h"

namespace ringscope {

// A program that is started to be recorded, with its heap tracked if wanted, and the processes it
// starts in turn. Ends with the program; stopping sends SIGTERM and a second later SIGKILL, to it
// and all that belongs to it (command_family.h). Its process group, terminal and standard streams
// are ours, so that Ctrl-C and Ctrl-Z reach it as if it ran alone.
class CommandTarget final : public LiveTarget {
public:
    // Errors: empty command or a heap mode that does not exist yet (usage), no such program or not
    // executable (target), no tracker library (failed).
    [[nodiscard]] static Expected<std::unique_ptr<CommandTarget>>
    start(const std::vector<std::string>& argv, HeapMode heapMode, bool isSearchingLeaks = false);
    ~CommandTarget() override;

    [[nodiscard]] const std::string& description() const noexcept { return m_description; }

    void addSources(Recorder& recorder, Session& session) override;
    void poll(std::int64_t nowNs, Session& session) override;
    [[nodiscard]] bool isEnded() const override { return m_isEnded; }
    void requestStop(std::int64_t nowNs) override;
    void takeLastSamples(std::int64_t nowNs, Session& session) override;
    void setHeapMode(HeapMode mode) override;
    void summarize(RunSummary& summary) const override;

private:
    CommandTarget() = default;
    void findChildren();
    // Returns how many there were.
    std::size_t signalFamily(int signal);
    void pressStop(std::int64_t nowNs);
    void setWorkers(Session& session) const;

    // Constant after start().
    pid_t m_pid = 0;
    CommandFamily m_family;
    std::string m_description;
    std::shared_ptr<LedgerReceiver> m_receiver; // null when the heap is not tracked

    TargetProcesses m_processes;
    bool m_isSearchingLeaks = false;
    HeapSource* m_heap = nullptr; // the recorder's
    std::string m_outcome;
    std::int64_t m_nextChildrenNs = 0;
    std::int64_t m_killAtNs = 0; // 0: not asked to stop
    bool m_isRootEnded = false;
    bool m_isEnded = false;
};

} // namespace ringscope
