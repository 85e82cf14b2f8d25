// SPDX-License-Identifier: MIT
#pragma once

#include "core/base/file_descriptor.h"
#include "core/heap/attach_linux.h"

#include <array>
#include <csignal>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <optional>
#include <poll.h>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace ringscope {

// attach_target with pipes to it, without the tracker.
class AttachedProgram {
public:
    explicit AttachedProgram(const std::vector<std::string>& arguments = {}) {
        std::array<int, 2> in{};
        std::array<int, 2> out{};
        EXPECT_EQ(::pipe2(in.data(), O_CLOEXEC), 0);
        EXPECT_EQ(::pipe2(out.data(), O_CLOEXEC), 0);
        std::vector<std::string> words = {ATTACH_TARGET};
        words.insert(words.end(), arguments.begin(), arguments.end());
        std::vector<char*> argv;
        for (std::string& word : words) {
            argv.push_back(word.data());
        }
        argv.push_back(nullptr);
        m_pid = ::fork();
        if (m_pid == 0) {
            ::dup2(in[0], STDIN_FILENO);
            ::dup2(out[1], STDOUT_FILENO);
            ::execv(argv[0], argv.data());
            ::_exit(127);
        }
        ::close(in[0]);
        ::close(out[1]);
        m_in.reset(in[1]);
        m_out.reset(out[0]);
        EXPECT_EQ(line(), "ready");
    }
    AttachedProgram(const AttachedProgram&) = delete;
    AttachedProgram& operator=(const AttachedProgram&) = delete;
    ~AttachedProgram() {
        if (m_pid > 0) {
            ::kill(m_pid, SIGKILL);
            ::waitpid(m_pid, nullptr, 0);
        }
    }

    [[nodiscard]] int pid() const { return m_pid; }
    std::string say(const std::string& words) {
        const std::string text = words + "\n";
        EXPECT_EQ(::write(m_in.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
        return line();
    }
    // Its exit status; -1: it was killed.
    int end() {
        EXPECT_EQ(::write(m_in.get(), "end\n", 4), 4);
        int status = 0;
        EXPECT_EQ(::waitpid(m_pid, &status, 0), m_pid);
        m_pid = -1;
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }

private:
    std::string line() {
        std::string text;
        pollfd ready{m_out.get(), POLLIN, 0};
        for (char c = 0; ::poll(&ready, 1, 20'000) == 1 && ::read(m_out.get(), &c, 1) == 1;) {
            if (c == '\n') {
                return text;
            }
            text += c;
        }
        return text + " (no line)";
    }
    FileDescriptor m_in;
    FileDescriptor m_out;
    int m_pid = -1;
};

inline std::optional<LedgerReader> attach(int pid, HeapMode mode = HeapMode::counts) {
    auto receiver = LedgerReceiver::create();
    EXPECT_TRUE(receiver);
    const auto attached = attachHeap(pid, *receiver, mode);
    EXPECT_TRUE(attached) << attached.error().message;
    auto ledgers = receiver->poll();
    EXPECT_EQ(ledgers.size(), attached ? 1U : 0U) << receiver->lastRefusal();
    return ledgers.empty() ? std::nullopt : std::optional(std::move(ledgers.front()));
}

inline void detach(int pid) {
    const auto detached = detachHeap(pid);
    EXPECT_TRUE(detached) << detached.error().message;
}

inline void cycle(int cycles, HeapMode mode) {
    AttachedProgram program({"4"});
    for (int i = 0; i < cycles; ++i) {
        ASSERT_TRUE(attach(program.pid(), mode)) << "cycle " << i;
        detach(program.pid());
    }
    EXPECT_EQ(program.end(), 0) << "a block was not what its owner wrote";
}

} // namespace ringscope
