// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <sys/types.h>
#include <thread>
#include <vector>

#include "core/base/clock.h"

namespace ringscope {

// How a program ended and what it wrote.
struct ProgramResult {
    int status = -1; // exit status, or 128 + signal as a shell says it
    std::string out;
    std::string err;
};

// A program that runs, its output going to two temporary files that are removed at the end.
// Killed and reaped by the destructor.
class RunningProgram {
public:
    // variables: "NAME=value", added to the environment.
    explicit RunningProgram(const std::vector<std::string>& argv,
                            const std::vector<std::string>& variables = {});
    RunningProgram(const RunningProgram&) = delete;
    RunningProgram& operator=(const RunningProgram&) = delete;
    ~RunningProgram();

    [[nodiscard]] pid_t pid() const { return m_pid; }
    void sendSignal(int signal) const;
    // Waits for the end.
    [[nodiscard]] ProgramResult result();

private:
    pid_t m_pid = -1;
    std::string m_outPath;
    std::string m_errPath;
};

[[nodiscard]] inline ProgramResult runProgram(const std::vector<std::string>& argv,
                                              const std::vector<std::string>& variables = {}) {
    return RunningProgram(argv, variables).result();
}

// Rings under /dev/shm that this process created: their names carry its pid. Other tests run beside
// this one.
[[nodiscard]] std::vector<std::string> ringsOf(pid_t pid);

// What programs and scratch directories of that process left in /tmp because it was killed.
void removeTemporaryFiles(pid_t pid);

// True as soon as the condition holds, false after the time given.
template <typename Condition>
[[nodiscard]] bool within(std::int64_t ns, Condition condition) {
    const std::int64_t end = monotonicNs() + ns;
    while (monotonicNs() < end) {
        if (condition()) {
            return true;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return condition();
}

// A new empty directory, removed with all it holds by the destructor.
class ScratchDirectory {
public:
    ScratchDirectory();
    ScratchDirectory(const ScratchDirectory&) = delete;
    ScratchDirectory& operator=(const ScratchDirectory&) = delete;
    ~ScratchDirectory();
    [[nodiscard]] std::string path(const std::string& file = {}) const {
        return file.empty() ? m_path : m_path + "/" + file;
    }

private:
    std::string m_path;
};

} // namespace ringscope
