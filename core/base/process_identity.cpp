// SPDX-License-Identifier: MIT
#include "core/base/process_identity.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <string_view>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/file_descriptor.h"

namespace ringscope {

namespace {

struct StatLine {
    char state = '?';
    std::int32_t parentPid = 0;
    std::uint64_t startTicks = 0;
};

// The command (field 2) may hold spaces and parentheses, so fields are counted from the last ')'.
std::optional<StatLine> readStat(const std::string& path) {
    const auto text = readFile(path, 8192);
    if (!text) {
        return std::nullopt;
    }
    const std::string_view line = *text;
    const auto close = line.rfind(')');
    if (close == std::string_view::npos || close + 2 >= line.size()) {
        return std::nullopt;
    }
    StatLine stat;
    stat.state = line[close + 2];
    if (close + 4 < line.size()) {
        std::from_chars(line.data() + close + 4, line.data() + line.size(), stat.parentPid);
    }
    constexpr int kFieldsFromStateToStartTime = 19;
    std::size_t at = close + 2;
    for (int field = 0; field < kFieldsFromStateToStartTime; ++field) {
        at = line.find(' ', at);
        if (at == std::string_view::npos) {
            return std::nullopt;
        }
        ++at;
    }
    std::from_chars(line.data() + at, line.data() + line.size(), stat.startTicks);
    return stat;
}

std::string procPath(std::int32_t pid, const char* file) {
    return "/proc/" + std::to_string(pid) + "/" + file;
}

std::uint64_t pidNamespaceOf(const std::string& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 ? status.st_ino : 0;
}

Liveness livenessOfState(char state) {
    switch (state) {
    case 'T':
    case 't':
        return Liveness::stopped;
    case 'Z':
    case 'X':
    case 'x':
        return Liveness::dead;
    default:
        return Liveness::alive;
    }
}

// A zombie leader may have threads that still run (pthread_exit in main).
Liveness livenessOfThreads(std::int32_t pid) {
    Liveness best = Liveness::dead;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(procPath(pid, "task"), error)) {
        const auto stat = readStat(entry.path().string() + "/stat");
        const Liveness one = stat ? livenessOfState(stat->state) : Liveness::dead;
        if (one == Liveness::alive) {
            return one;
        }
        if (one == Liveness::stopped) {
            best = one;
        }
    }
    return best;
}

// What cannot be read is dead only if the kernel says that it is not there: /proc may hide it, or
// we may be out of file descriptors.
Liveness livenessOfUnreadable(std::int32_t pid, std::int32_t tid) {
    return ::syscall(SYS_tgkill, pid, tid, 0) != 0 && errno == ESRCH ? Liveness::dead
                                                                     : Liveness::unknown;
}

bool isForeignNamespace(const ProcessIdentity& process) {
    static const std::uint64_t own = pidNamespaceOf("/proc/self/ns/pid");
    return process.pidNamespace != 0 && own != 0 && process.pidNamespace != own;
}

} // namespace

ProcessIdentity selfProcess() {
    return processOf(::getpid()).value_or(ProcessIdentity{::getpid(), 0, 0});
}

ThreadIdentity selfThread() {
    const auto tid = static_cast<std::int32_t>(::syscall(SYS_gettid));
    return threadOf(::getpid(), tid).value_or(ThreadIdentity{tid, 0});
}

std::optional<ProcessIdentity> processOf(std::int32_t pid) {
    const auto stat = readStat(procPath(pid, "stat"));
    if (!stat) {
        return std::nullopt;
    }
    return ProcessIdentity{pid, stat->startTicks, pidNamespaceOf(procPath(pid, "ns/pid"))};
}

std::optional<ThreadIdentity> threadOf(std::int32_t pid, std::int32_t tid) {
    const auto stat = readStat(procPath(pid, "task/") + std::to_string(tid) + "/stat");
    if (!stat) {
        return std::nullopt;
    }
    return ThreadIdentity{tid, stat->startTicks};
}

std::optional<std::int32_t> parentOf(const ProcessIdentity& process) {
    const auto stat = readStat(procPath(process.pid, "stat"));
    if (!stat || stat->startTicks != process.startTicks) {
        return std::nullopt;
    }
    return stat->parentPid;
}

Liveness livenessOf(const ProcessIdentity& process) {
    if (isForeignNamespace(process)) {
        return Liveness::unknown;
    }
    const auto stat = readStat(procPath(process.pid, "stat"));
    if (!stat) {
        return livenessOfUnreadable(process.pid, process.pid);
    }
    if (stat->startTicks != process.startTicks) {
        return Liveness::dead;
    }
    const Liveness leader = livenessOfState(stat->state);
    return leader == Liveness::dead ? livenessOfThreads(process.pid) : leader;
}

Liveness livenessOf(const ProcessIdentity& process, const ThreadIdentity& thread) {
    if (isForeignNamespace(process)) {
        return Liveness::unknown;
    }
    if (livenessOf(process) == Liveness::dead) {
        return Liveness::dead;
    }
    const auto stat =
        readStat(procPath(process.pid, "task/") + std::to_string(thread.tid) + "/stat");
    if (!stat) {
        return livenessOfUnreadable(process.pid, thread.tid);
    }
    return stat->startTicks == thread.startTicks ? livenessOfState(stat->state) : Liveness::dead;
}

std::string processName(std::int32_t pid) {
    std::string name = readFile(procPath(pid, "comm"), 256).value_or("");
    name.erase(std::remove(name.begin(), name.end(), '\n'), name.end());
    return name;
}

std::string processCommandLine(std::int32_t pid) {
    std::string line = readFile(procPath(pid, "cmdline"), std::size_t{1} << 20U).value_or("");
    while (!line.empty() && line.back() == '\0') {
        line.pop_back();
    }
    std::replace(line.begin(), line.end(), '\0', ' ');
    return line;
}

std::optional<siginfo_t> endOfChild(std::int32_t pid) {
    siginfo_t end{};
    if (::waitid(P_PID, static_cast<id_t>(pid), &end, WEXITED | WNOHANG | WNOWAIT | __WALL) != 0) {
        end = {};
        end.si_code = CLD_EXITED;
        return end;
    }
    const bool hasEnded =
        end.si_code == CLD_EXITED || end.si_code == CLD_KILLED || end.si_code == CLD_DUMPED;
    return end.si_pid == pid && hasEnded ? std::optional(end) : std::nullopt;
}

} // namespace ringscope
