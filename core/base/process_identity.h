// SPDX-License-Identifier: MIT
#pragma once

#include <compare>
#include <csignal>
#include <cstdint>
#include <optional>
#include <string>

namespace ringscope {

// A process, told apart from a later one with the same pid. Start time is field 22 of
// /proc/PID/stat (clock ticks since boot, proc(5)); the namespace is the inode of /proc/PID/ns/pid.
struct ProcessIdentity {
    std::int32_t pid = 0;
    std::uint64_t startTicks = 0;
    std::uint64_t pidNamespace = 0;

    auto operator<=>(const ProcessIdentity&) const = default;
};

// A thread, told apart from a later one with the same tid. Start time from /proc/PID/task/TID/stat.
struct ThreadIdentity {
    std::int32_t tid = 0;
    std::uint64_t startTicks = 0;

    auto operator<=>(const ThreadIdentity&) const = default;
};

// alive: at least one thread can still run. A zombie leader with a running thread is alive.
enum class Liveness { alive, stopped, dead, unknown };

[[nodiscard]] ProcessIdentity selfProcess();
[[nodiscard]] ThreadIdentity selfThread();
// Empty when there is no such process or its /proc entry cannot be read. A pidNamespace that cannot
// be read is 0.
[[nodiscard]] std::optional<ProcessIdentity> processOf(std::int32_t pid);
[[nodiscard]] std::optional<ThreadIdentity> threadOf(std::int32_t pid, std::int32_t tid);
// The pid of its parent now; 0 when that is outside of our pid namespace, or there is none. Empty
// when it has ended (also when its pid is another's by now) or cannot be read.
[[nodiscard]] std::optional<std::int32_t> parentOf(const ProcessIdentity& process);

// Judges by identity: another start time means the one that is meant is dead. A participant of
// another pid namespace is unknown.
[[nodiscard]] Liveness livenessOf(const ProcessIdentity& process);
[[nodiscard]] Liveness livenessOf(const ProcessIdentity& process, const ThreadIdentity& thread);

// /proc/PID/comm without the newline; empty when it cannot be read.
[[nodiscard]] std::string processName(std::int32_t pid);
// /proc/PID/cmdline with spaces between arguments; empty for kernel threads and zombies.
[[nodiscard]] std::string processCommandLine(std::int32_t pid);

// How a child of ours ended (siginfo_t::si_code as waitid(2) has it), left for its parent to reap.
// Empty: it still runs. Where this process traces the child waitid() tells its stops too, asked for
// or not; those are none. An error (ECHILD) is told as CLD_EXITED with status 0.
[[nodiscard]] std::optional<siginfo_t> endOfChild(std::int32_t pid);

} // namespace ringscope
