// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cerrno>
#include <csignal>
#include <functional>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/process_identity.h"

namespace ringscope::testing {

// A forked child that does body step by step, as its parent says; then it waits for its end. Killed
// and reaped by the destructor.
class ChildProcess {
public:
    class Steps {
    public:
        Steps(int reachedFd, int goOnFd)
            : m_reachedFd(reachedFd)
            , m_goOnFd(goOnFd) {}
        // Tells the parent and waits until it says to go on.
        void reached() const {
            char byte = 's';
            if (::write(m_reachedFd, &byte, 1) != 1 || ::read(m_goOnFd, &byte, 1) != 1) {
                ::_exit(1);
            }
        }

    private:
        int m_reachedFd;
        int m_goOnFd;
    };

    explicit ChildProcess(const std::function<void(const Steps&)>& body) {
        std::array<int, 2> reached{};
        std::array<int, 2> goOn{};
        if (::pipe(reached.data()) != 0 || ::pipe(goOn.data()) != 0) {
            return;
        }
        m_pid = ::fork();
        if (m_pid == 0) {
            ::close(reached[0]);
            ::close(goOn[1]);
            const Steps steps(reached[1], goOn[0]);
            body(steps);
            steps.reached();
            ::_exit(0);
        }
        ::close(reached[1]);
        ::close(goOn[0]);
        m_reachedFd = reached[0];
        m_goOnFd = goOn[1];
    }
    ChildProcess(const ChildProcess&) = delete;
    ChildProcess& operator=(const ChildProcess&) = delete;
    ~ChildProcess() {
        killAndReap();
        ::close(m_reachedFd);
        ::close(m_goOnFd);
    }

    // Waits until the child has reached its next step; false when it ended instead.
    [[nodiscard]] bool awaitStep() const {
        char byte = 0;
        return ::read(m_reachedFd, &byte, 1) == 1;
    }
    void goOn() const { [[maybe_unused]] const auto written = ::write(m_goOnFd, "g", 1); }

    void stop() const {
        ::kill(m_pid, SIGSTOP);
        ::waitpid(m_pid, nullptr, WUNTRACED);
    }
    // Dead, but not reaped: a zombie.
    void kill() const {
        ::kill(m_pid, SIGKILL);
        siginfo_t info{};
        ::waitid(P_PID, static_cast<id_t>(m_pid), &info, WEXITED | WNOWAIT);
    }
    void killAndReap() {
        if (m_pid > 0) {
            ::kill(m_pid, SIGKILL);
            ::waitpid(m_pid, nullptr, 0);
            m_pid = -1;
        }
    }
    [[nodiscard]] pid_t pid() const { return m_pid; }
    [[nodiscard]] ProcessIdentity identity() const {
        return processOf(m_pid).value_or(ProcessIdentity{m_pid, 1, 0});
    }

private:
    pid_t m_pid = -1;
    int m_reachedFd = -1;
    int m_goOnFd = -1;
};

} // namespace ringscope::testing
