// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/base/expected.h"
#include "core/base/file_descriptor.h"
#include "core/base/process_identity.h"

namespace ringscope {

// Kills by the kernel's out-of-memory killer so far, in our control group (memory.events of version
// 2, memory.oom_control of version 1) or, where neither can be read, on the whole machine.
[[nodiscard]] std::uint64_t outOfMemoryKills();

// How a worker process ended.
struct ProcessEnd {
    int status = 0; // exit status
    int signal = 0; // 0 = it exited
    bool isOutOfMemory = false;

    [[nodiscard]] bool isOrderly() const noexcept { return signal == 0 && status == 0; }
    // "completed", "killed by SIGKILL", "killed by the kernel's out-of-memory killer", "ended with
    // status 3".
    [[nodiscard]] std::string sentence() const;
};

// The processes of a workload's workers, as their parent sees them. Every one is reaped: by poll(),
// or by the destructor, which kills what still runs. Safe in a process with threads. One thread.
class WorkerProcesses {
public:
    struct Process {
        std::int32_t pid = 0;
        ProcessIdentity identity;
        std::uint32_t firstWorker = 0;
        std::uint32_t workers = 0;
        bool isRunning = true;
        bool isStopped = false; // SIGSTOP or a debugger
        std::int64_t endedAtNs = 0;
        ProcessEnd end;
    };

    WorkerProcesses() = default;
    WorkerProcesses(const WorkerProcesses&) = delete;
    WorkerProcesses& operator=(const WorkerProcesses&) = delete;
    ~WorkerProcesses();

    // Starts program for workers [first, first + count), in a process group of its own so that a
    // Ctrl-C on the terminal reaches only the parent. Errors (failed): no pipe, or the program
    // cannot be started; what was started before keeps running.
    [[nodiscard]] Expected<void>
    spawn(const std::string& program, int scoreboard, std::uint32_t first, std::uint32_t count,
          const std::vector<std::pair<std::string, std::string>>& environment);

    // Starts the same workers anew in the place of a process that has ended. Errors: as spawn().
    [[nodiscard]] Expected<void>
    restart(std::size_t process, const std::string& program, int scoreboard,
            const std::vector<std::pair<std::string, std::string>>& environment);

    // Notices who ended, stopped or went on, without waiting. True: somebody ended since the last
    // call.
    bool poll();
    // To every process that runs; SIGCONT goes with SIGTERM, so that a stopped one sees it.
    void signalAll(int signal);
    // To one of them; nothing once it ended.
    void signalOne(std::size_t process, int signal);

    [[nodiscard]] const std::vector<Process>& processes() const noexcept { return m_processes; }
    [[nodiscard]] bool isAnyRunning() const noexcept;

private:
    [[nodiscard]] Expected<void> openPipe();
    [[nodiscard]] Expected<Process>
    startProcess(const std::string& program, int scoreboard, std::uint32_t first,
                 std::uint32_t count,
                 const std::vector<std::pair<std::string, std::string>>& environment);
    void reap(Process& process, int status);

    std::vector<Process> m_processes;
    FileDescriptor m_parentEnd; // workers see it close when this process is gone
    FileDescriptor m_workerEnd;
    std::uint64_t m_outOfMemoryKills = 0;
    bool m_hasKilled = false; // SIGKILL was our own
};

} // namespace ringscope
