// SPDX-License-Identifier: MIT
#pragma once

#include <csignal>
#include <cstdint>
#include <string>
#include <vector>

#include "core/base/expected.h"

namespace ringscope {

// Exit status of the contract (docs/command-line.md).
constexpr int kExitDone = 0;
constexpr int kExitFailed = 1;
constexpr int kExitUsage = 2;
constexpr int kExitTarget = 3;
constexpr int kExitDamaged = 4;
constexpr int kExitInterrupted = 130;

[[nodiscard]] int exitStatusOf(ErrorKind kind);
// Prints "ringscope-cli: <sentence>" on standard error; returns the exit status of its kind.
int reportError(const Error& error);
// Prints on standard error.
void remark(const std::string& sentence);

// A line that is redrawn on a terminal and absent elsewhere. Standard error.
class ProgressLine {
public:
    explicit ProgressLine(bool isQuiet);
    ProgressLine(const ProgressLine&) = delete;
    ProgressLine& operator=(const ProgressLine&) = delete;
    ~ProgressLine(); // clears the line
    // share: 0..1, or negative when the end is not known.
    void show(double share, const std::string& text);

private:
    bool m_isShown;
    std::size_t m_width = 0;
};

// Columns as wide as their widest cell; numbers (all but the first `leftColumns` columns)
// right-aligned.
[[nodiscard]] std::string alignedTable(const std::vector<std::vector<std::string>>& rows,
                                       std::size_t leftColumns);

// "2026-11-23 15:04:05 UTC".
[[nodiscard]] std::string wallTimeText(std::int64_t unixNs);

// SIGINT, SIGTERM and SIGHUP (a terminal that is closed; not under nohup) ask a running command to
// end; what was recorded is kept. A limit on file sizes (ulimit -f) becomes an error of the write.
// Call once, before threads start.
void catchInterrupts();
// For commands that only read: those signals end the program, as they would any,
// but remove the file first that is half written. Otherwise as catchInterrupts().
void endOnInterrupts();
// Also where memory runs out, with a sentence and status 1: by then a destructor may need some.
void endWithoutMemory();
// That file; empty: none. Its path is cut at PATH_MAX, as the kernel would not take more.
void removeWhenInterrupted(const std::string& path);
// Holds those signals back as long as it is there.
class InterruptPause {
public:
    InterruptPause();
    InterruptPause(const InterruptPause&) = delete;
    InterruptPause& operator=(const InterruptPause&) = delete;
    ~InterruptPause();

private:
    sigset_t m_before{};
};
// For commands that record: a reader of our output that went away must not end the recording.
void outliveReaders();
[[nodiscard]] bool isInterrupted();
// Sleeps up to ms milliseconds; returns early when interrupted.
void waitMs(std::int64_t ms);

} // namespace ringscope
