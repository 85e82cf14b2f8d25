// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <string>
#include <unistd.h>
#include <vector>

#include "core/base/file_descriptor.h"
#include "tests/support/forked_process.h"

namespace ringscope {

// tests/support/spsc_queue_program.cpp as a process: a ring that is not ours. Its object goes away
// with it, also when the test is killed: the process ends with its input.
class SpscQueueProcess {
public:
    SpscQueueProcess(const std::string& program, std::string name, std::uint64_t pushes,
                     std::uint64_t pops)
        : m_name(std::move(name))
        , m_toChild(openPipe())
        , m_fromChild(openPipe())
        , m_process([&] {
            ::dup2(m_toChild[0].get(), STDIN_FILENO);
            ::dup2(m_fromChild[1].get(), STDOUT_FILENO);
            ::execl(program.c_str(), program.c_str(), m_name.c_str(),
                    std::to_string(pushes).c_str(), std::to_string(pops).c_str(), nullptr);
            ::_exit(127);
        }) {
        m_toChild[0].reset();
        m_fromChild[1].reset();
        EXPECT_EQ(nextLine(), "ready");
    }
    ~SpscQueueProcess() {
        m_process.kill();
        ::unlink(("/dev/shm/" + m_name).c_str());
    }

    [[nodiscard]] const std::string& name() const { return m_name; }
    void begin() const { EXPECT_EQ(::write(m_toChild[1].get(), "\n", 1), 1); }
    void waitUntilDone() const { EXPECT_EQ(nextLine(), "done"); }

private:
    using Ends = std::array<FileDescriptor, 2>;

    static Ends openPipe() {
        int ends[2] = {-1, -1};
        EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
        return {FileDescriptor(ends[0]), FileDescriptor(ends[1])};
    }
    // Without its end; empty when there is none.
    [[nodiscard]] std::string nextLine() const {
        std::string line;
        char letter = 0;
        while (::read(m_fromChild[0].get(), &letter, 1) == 1 && letter != '\n') {
            line += letter;
        }
        return line;
    }

    std::string m_name;
    Ends m_toChild;
    Ends m_fromChild;
    ForkedProcess m_process;
};

} // namespace ringscope
