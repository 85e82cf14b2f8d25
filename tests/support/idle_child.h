// SPDX-License-Identifier: MIT
#pragma once

#include <csignal>
#include <sys/wait.h>
#include <unistd.h>

namespace ringscope {

// A child that waits for ever; killed and reaped by the destructor.
class IdleChild {
public:
    IdleChild()
        : m_pid(::fork()) {
        if (m_pid == 0) {
            for (;;) {
                ::pause();
            }
        }
    }
    IdleChild(const IdleChild&) = delete;
    IdleChild& operator=(const IdleChild&) = delete;
    ~IdleChild() { killAndReap(); }
    void killAndReap() {
        if (m_pid > 0) {
            ::kill(m_pid, SIGKILL);
            ::waitpid(m_pid, nullptr, 0);
            m_pid = -1;
        }
    }
    [[nodiscard]] pid_t pid() const { return m_pid; }

private:
    pid_t m_pid;
};

} // namespace ringscope
