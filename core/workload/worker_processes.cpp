// SPDX-License-Identifier: MIT
#include "core/workload/worker_processes.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <optional>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/workload/worker_program.h"

extern char** environ; // POSIX: declared by the program

namespace ringscope {

namespace {

// Above those that spawn() gives to the child, so that no dup2 overwrites a source.
constexpr int kLowestOwnDescriptor = kParentDescriptor + 1;

// "oom_kill 3" of a file of such lines.
std::optional<std::uint64_t> counterIn(const std::string& path, std::string_view name) {
    const auto text = readFile(path, 64U << 10U);
    if (!text) {
        return std::nullopt;
    }
    std::string_view rest = *text;
    while (!rest.empty()) {
        const std::string_view line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(rest.size(), line.size() + 1));
        if (line.size() > name.size() && line.starts_with(name) && line[name.size()] == ' ') {
            std::uint64_t value = 0;
            const char* end = line.data() + line.size();
            if (std::from_chars(line.data() + name.size() + 1, end, value).ec == std::errc{}) {
                return value;
            }
        }
    }
    return std::nullopt;
}

// Lines of /proc/self/cgroup: "0::/path" is version 2, "4:memory:/path" version 1.
std::optional<std::uint64_t> controlGroupKills() {
    const auto groups = readFile("/proc/self/cgroup", 64U << 10U);
    if (!groups) {
        return std::nullopt;
    }
    std::optional<std::uint64_t> kills;
    std::string_view rest = *groups;
    while (!rest.empty()) {
        const std::string_view line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(rest.size(), line.size() + 1));
        const std::size_t first = line.find(':');
        const std::size_t second = line.find(':', first == std::string_view::npos ? 0 : first + 1);
        if (first == std::string_view::npos || second == std::string_view::npos) {
            continue;
        }
        const std::string_view controllers = line.substr(first + 1, second - first - 1);
        const std::string path(line.substr(second + 1));
        std::optional<std::uint64_t> found;
        if (controllers.empty()) {
            found = counterIn("/sys/fs/cgroup" + path + "/memory.events", "oom_kill");
        } else if (controllers == "memory") {
            found = counterIn("/sys/fs/cgroup/memory" + path + "/memory.oom_control", "oom_kill");
        }
        if (found) {
            kills = std::max(kills.value_or(0), *found);
        }
    }
    if (!kills) { // a container shows its own group as the root, whatever the path says
        kills = counterIn("/sys/fs/cgroup/memory.events", "oom_kill");
    }
    if (!kills) {
        kills = counterIn("/sys/fs/cgroup/memory/memory.oom_control", "oom_kill");
    }
    return kills;
}

std::string signalName(int signal) {
    const char* name = ::sigabbrev_np(signal);
    return name != nullptr ? "SIG" + std::string(name) : "signal " + std::to_string(signal);
}

// posix_spawn's two parameter objects, released together.
class SpawnRequest {
public:
    SpawnRequest() {
        ::posix_spawn_file_actions_init(&m_actions);
        ::posix_spawnattr_init(&m_attributes);
    }
    SpawnRequest(const SpawnRequest&) = delete;
    SpawnRequest& operator=(const SpawnRequest&) = delete;
    ~SpawnRequest() {
        ::posix_spawn_file_actions_destroy(&m_actions);
        ::posix_spawnattr_destroy(&m_attributes);
    }

    void setFiles(int scoreboard, int parentPipe) {
        ::posix_spawn_file_actions_addopen(&m_actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
        // Standard output belongs to the parent's --json.
        if (::fcntl(STDERR_FILENO, F_GETFD) >= 0) {
            ::posix_spawn_file_actions_adddup2(&m_actions, STDERR_FILENO, STDOUT_FILENO);
        } else {
            ::posix_spawn_file_actions_addopen(&m_actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
            ::posix_spawn_file_actions_addopen(&m_actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
        }
        ::posix_spawn_file_actions_adddup2(&m_actions, scoreboard, kScoreboardDescriptor);
        ::posix_spawn_file_actions_adddup2(&m_actions, parentPipe, kParentDescriptor);
        ::posix_spawn_file_actions_addclosefrom_np(&m_actions, kParentDescriptor + 1);
    }

    void setAttributes() {
        sigset_t none;
        ::sigemptyset(&none);
        sigset_t defaults;
        ::sigfillset(&defaults);
        ::posix_spawnattr_setsigmask(&m_attributes, &none);
        ::posix_spawnattr_setsigdefault(&m_attributes, &defaults);
        ::posix_spawnattr_setpgroup(&m_attributes, 0);
        ::posix_spawnattr_setflags(&m_attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                                      POSIX_SPAWN_SETPGROUP);
    }

    int spawn(pid_t* pid, const std::string& program, char* const* arguments,
              char* const* environment) {
        return ::posix_spawn(pid, program.c_str(), &m_actions, &m_attributes, arguments,
                             environment);
    }

private:
    posix_spawn_file_actions_t m_actions{};
    posix_spawnattr_t m_attributes{};
};

// Our own environment with some variables replaced.
std::vector<std::string>
environmentWith(const std::vector<std::pair<std::string, std::string>>& changes) {
    std::vector<std::string> variables;
    for (char** at = environ; at != nullptr && *at != nullptr; ++at) {
        const std::string_view variable = *at;
        const std::string_view name = variable.substr(0, variable.find('='));
        if (std::none_of(changes.begin(), changes.end(),
                         [name](const auto& change) { return change.first == name; })) {
            variables.emplace_back(variable);
        }
    }
    for (const auto& [name, value] : changes) {
        variables.push_back(name + "=" + value);
    }
    return variables;
}

std::vector<char*> pointersTo(std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    for (std::string& text : texts) {
        pointers.push_back(text.data());
    }
    pointers.push_back(nullptr);
    return pointers;
}

Expected<FileDescriptor> highDuplicate(int descriptor) {
    FileDescriptor copy(::fcntl(descriptor, F_DUPFD_CLOEXEC, kLowestOwnDescriptor));
    if (!copy.isOpen()) {
        // EINVAL: the limit is below the lowest one that was asked for.
        return systemError(ErrorKind::failed, "no file descriptor left for the workers",
                           errno == EINVAL ? EMFILE : errno);
    }
    return copy;
}

} // namespace

std::uint64_t outOfMemoryKills() {
    if (const auto kills = controlGroupKills()) {
        return *kills;
    }
    return counterIn("/proc/vmstat", "oom_kill").value_or(0);
}

std::string ProcessEnd::sentence() const {
    if (isOutOfMemory) {
        return "killed by the kernel's out-of-memory killer";
    }
    if (signal != 0) {
        return "killed by " + signalName(signal);
    }
    return status == 0 ? "completed" : "ended with status " + std::to_string(status);
}

WorkerProcesses::~WorkerProcesses() {
    signalAll(SIGKILL);
    for (Process& process : m_processes) {
        int status = 0;
        while (process.isRunning) {
            if (::waitpid(process.pid, &status, 0) >= 0) {
                reap(process, status);
            } else if (errno != EINTR) {
                process.isRunning = false; // somebody else reaped it
            }
        }
    }
}

Expected<void> WorkerProcesses::openPipe() {
    int ends[2] = {-1, -1};
    if (::pipe2(ends, O_CLOEXEC) != 0) {
        return systemError(ErrorKind::failed, "no pipe for the workers", errno);
    }
    const FileDescriptor reading(ends[0]);
    FileDescriptor writing(ends[1]);
    auto high = highDuplicate(reading.get());
    if (!high) {
        return high.error();
    }
    m_workerEnd = std::move(*high);
    m_parentEnd = std::move(writing);
    m_outOfMemoryKills = outOfMemoryKills();
    return {};
}

Expected<void>
WorkerProcesses::spawn(const std::string& program, int scoreboard, std::uint32_t first,
                       std::uint32_t count,
                       const std::vector<std::pair<std::string, std::string>>& environment) {
    auto process = startProcess(program, scoreboard, first, count, environment);
    if (!process) {
        return process.error();
    }
    m_processes.push_back(*process);
    return {};
}

Expected<void>
WorkerProcesses::restart(std::size_t process, const std::string& program, int scoreboard,
                         const std::vector<std::pair<std::string, std::string>>& environment) {
    const Process before = m_processes[process];
    auto started =
        startProcess(program, scoreboard, before.firstWorker, before.workers, environment);
    if (!started) {
        return started.error();
    }
    m_processes[process] = *started;
    return {};
}

Expected<WorkerProcesses::Process>
WorkerProcesses::startProcess(const std::string& program, int scoreboard, std::uint32_t first,
                              std::uint32_t count,
                              const std::vector<std::pair<std::string, std::string>>& environment) {
    if (!m_parentEnd.isOpen()) {
        if (auto opened = openPipe(); !opened) {
            return opened.error();
        }
    }
    const auto board = highDuplicate(scoreboard);
    if (!board) {
        return board.error();
    }
    std::vector<std::string> arguments{program, "--run", std::to_string(first),
                                       std::to_string(count)};
    std::vector<std::string> variables = environmentWith(environment);
    SpawnRequest request;
    request.setFiles(board->get(), m_workerEnd.get());
    request.setAttributes();
    pid_t pid = 0;
    const int error =
        request.spawn(&pid, program, pointersTo(arguments).data(), pointersTo(variables).data());
    if (error != 0) {
        return systemError(ErrorKind::failed,
                           "the worker program " + program + " cannot be started", error);
    }
    Process process;
    process.pid = pid;
    process.identity = processOf(pid).value_or(ProcessIdentity{pid, 0, 0});
    process.firstWorker = first;
    process.workers = count;
    return process;
}

bool WorkerProcesses::poll() {
    bool hasEnded = false;
    for (Process& process : m_processes) {
        int status = 0;
        while (process.isRunning) {
            const pid_t got = ::waitpid(process.pid, &status, WNOHANG | WUNTRACED | WCONTINUED);
            if (got < 0 && errno == EINTR) {
                continue;
            }
            if (got < 0) { // not our child any more: somebody else reaped it
                process.isRunning = false;
                process.endedAtNs = monotonicNs();
                hasEnded = true;
            }
            if (got <= 0) {
                break;
            }
            if (WIFSTOPPED(status) && (status >> 16) != 0) {
                continue; // our own search for leaks has it for an instant
            }
            if (WIFSTOPPED(status) || WIFCONTINUED(status)) {
                process.isStopped = WIFSTOPPED(status);
                continue;
            }
            reap(process, status);
            hasEnded = true;
        }
    }
    return hasEnded;
}

void WorkerProcesses::reap(Process& process, int status) {
    process.isRunning = false;
    process.isStopped = false;
    process.endedAtNs = monotonicNs();
    process.end.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    process.end.status = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
    if (process.end.signal == SIGKILL && !m_hasKilled) {
        const std::uint64_t kills = outOfMemoryKills();
        process.end.isOutOfMemory = kills > m_outOfMemoryKills;
        // One kill explains one death.
        m_outOfMemoryKills += process.end.isOutOfMemory ? 1 : 0;
    }
}

void WorkerProcesses::signalAll(int signal) {
    for (std::size_t index = 0; index < m_processes.size(); ++index) {
        signalOne(index, signal);
    }
    m_hasKilled = m_hasKilled || signal == SIGKILL;
}

void WorkerProcesses::signalOne(std::size_t process, int signal) {
    // Not reaped yet, so the pid is still its own.
    if (process < m_processes.size() && m_processes[process].isRunning) {
        ::kill(m_processes[process].pid, signal);
        if (signal == SIGTERM) {
            ::kill(m_processes[process].pid, SIGCONT);
        }
    }
}

bool WorkerProcesses::isAnyRunning() const noexcept {
    return std::any_of(m_processes.begin(), m_processes.end(),
                       [](const Process& process) { return process.isRunning; });
}

} // namespace ringscope
