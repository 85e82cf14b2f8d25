// SPDX-License-Identifier: MIT
#pragma once

#include <csignal>
#include <functional>
#include <sys/wait.h>
#include <unistd.h>

namespace ringscope {

// A forked child that runs a function and exits; killed and reaped by the destructor at the latest.
class ForkedProcess {
public:
    explicit ForkedProcess(const std::function<void()>& body)
        : m_pid(::fork()) {
        if (m_pid == 0) {
            body();
            ::_exit(0);
        }
    }
    ForkedProcess(const ForkedProcess&) = delete;
    ForkedProcess& operator=(const ForkedProcess&) = delete;
    ~ForkedProcess() { kill(); }
    void kill() {
        if (m_pid > 0) {
            ::kill(m_pid, SIGKILL);
            ::waitpid(m_pid, nullptr, 0);
            m_pid = 0;
        }
    }
    [[nodiscard]] pid_t pid() const { return m_pid; }

private:
    pid_t m_pid;
};

} // namespace ringscope
