// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <csignal>
#include <functional>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace ringscope {

// A forked child that says when it is ready and lives until it is killed.
class Child {
public:
    explicit Child(const std::function<void(const std::function<void()>& ready)>& body) {
        std::array<int, 2> ends{};
        EXPECT_EQ(::pipe(ends.data()), 0);
        m_pid = ::fork();
        if (m_pid == 0) {
            ::close(ends[0]);
            body([&] {
                EXPECT_EQ(::write(ends[1], "r", 1), 1);
                for (;;) {
                    ::pause();
                }
            });
            ::_exit(0);
        }
        ::close(ends[1]);
        char byte = 0;
        EXPECT_EQ(::read(ends[0], &byte, 1), 1) << "the child did not get ready";
        ::close(ends[0]);
    }
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;
    ~Child() { kill(); }
    void kill() {
        if (m_pid > 0) {
            ::kill(m_pid, SIGKILL);
            ::waitpid(m_pid, nullptr, 0);
            m_pid = 0;
        }
    }
    [[nodiscard]] pid_t pid() const { return m_pid; }

private:
    pid_t m_pid = 0;
};

} // namespace ringscope
