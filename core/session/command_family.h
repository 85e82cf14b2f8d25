// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <sys/types.h>
#include <utility>
#include <vector>

#include "core/base/process_identity.h"
#include "core/session/target_processes.h"

namespace ringscope {

// A command that was started and the processes that belong to it, so that all of them can be ended:
// its descendants, and of those whose parents have ended the ones that stayed in its session. Who
// left both parents and session is a daemon on purpose and left alone. One thread.
class CommandFamily {
public:
    CommandFamily();
    // An environment variable that the command must be started with: its orphans are known by it.
    [[nodiscard]] const std::pair<std::string, std::string>& mark() const noexcept {
        return m_mark;
    }
    void setRoot(pid_t pid);

    // Who belongs to it now, and who was found earlier and still lives; known: whom to think of
    // beside the descendants. Reads the environment of each process of the machine that may be
    // read: for the end, not for polling.
    [[nodiscard]] std::vector<ProcessIdentity> find(const TargetProcesses& known);

private:
    [[nodiscard]] bool isMarked(std::int32_t pid) const;

    std::pair<std::string, std::string> m_mark;
    pid_t m_root = 0;
    pid_t m_session = 0;
    std::vector<ProcessIdentity> m_found;
};

// Children of all threads of a process (/proc/PID/task/TID/children); none when it is gone.
[[nodiscard]] std::vector<std::int32_t> childrenOf(std::int32_t pid);
// To this very process and never to a later one of the same pid.
void sendSignal(const ProcessIdentity& process, int signal);

} // namespace ringscope
