// SPDX-License-Identifier: MIT
#include "tests/support/orphan_guard.h"

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <map>
#include <poll.h>
#include <sstream>
#include <string>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include "core/base/file_descriptor.h"
#include "tests/support/run_program.h"

namespace ringscope {

namespace {

struct Seen {
    pid_t parent = 0;
    std::uint64_t startTicks = 0; // tells a later process with the same pid
    bool isAlive = false;
};
using Processes = std::map<pid_t, Seen>;

Processes allProcesses() {
    Processes all;
    std::error_code error;
    for (std::filesystem::directory_iterator at("/proc", error), end; at != end && !error;
         at.increment(error)) {
        const std::string name = at->path().filename().string();
        if (name.find_first_not_of("0123456789") != std::string::npos) {
            continue;
        }
        const std::string text = readFile(at->path().string() + "/stat").value_or("");
        const auto close = text.rfind(')'); // the name may hold anything, also a bracket
        if (close == std::string::npos) {
            continue;
        }
        std::istringstream fields(text.substr(close + 1));
        Seen seen;
        char state = 'X';
        fields >> state >> seen.parent;
        std::string skipped;
        for (int field = 5; field < 22; ++field) { // proc(5): starttime is 22
            fields >> skipped;
        }
        fields >> seen.startTicks;
        seen.isAlive = state != 'Z' && state != 'X';
        all.emplace(std::stoi(name), seen);
    }
    return all;
}

class Guard {
public:
    explicit Guard(pid_t watched)
        : m_watched(watched) {}

    // Takes in whoever is below the watched process, or below one that was.
    // True when one of them lives.
    bool look() {
        const Processes now = allProcesses();
        bool isAnyAlive = false;
        bool hasGrown = true;
        while (hasGrown) {
            hasGrown = false;
            for (const auto& [pid, seen] : now) {
                const bool isBelow = seen.parent == m_watched || isMine(now, seen.parent);
                if (isBelow && !isMine(now, pid) && pid != ::getpid()) {
                    m_mine[pid] = seen.startTicks;
                    m_everyPid.push_back(pid);
                    hasGrown = true;
                }
            }
        }
        for (const auto& [pid, seen] : now) {
            isAnyAlive = isAnyAlive || (seen.isAlive && isMine(now, pid));
        }
        return isAnyAlive;
    }

    void endAll() {
        // Those that start meanwhile are found from their parents.
        for (int turn = 0; turn < 1000 && look(); ++turn) {
            const Processes now = allProcesses();
            for (const auto& [pid, ticks] : m_mine) {
                if (isMine(now, pid)) {
                    ::kill(pid, SIGKILL); // ends a stopped one too
                }
            }
            ::usleep(10'000);
        }
        m_everyPid.push_back(m_watched);
        removeSegments();
        for (const pid_t pid : m_everyPid) {
            for (const std::string& ring : ringsOf(pid)) {
                ::unlink(("/dev/shm/" + ring).c_str());
            }
        }
        removeTemporaryFiles(m_watched);
    }

private:
    [[nodiscard]] bool isMine(const Processes& now, pid_t pid) const {
        const auto mine = m_mine.find(pid);
        const auto there = now.find(pid);
        return mine != m_mine.end() && there != now.end() &&
               there->second.startTicks == mine->second;
    }

    void removeSegments() const {
        std::istringstream lines(readFile("/proc/sysvipc/shm").value_or(""));
        std::string line;
        std::getline(lines, line); // the heads
        while (std::getline(lines, line)) {
            std::istringstream fields(line);
            std::string skipped;
            int id = -1;
            pid_t creator = 0;
            fields >> skipped >> id >> skipped >> skipped >> creator;
            if (fields &&
                std::find(m_everyPid.begin(), m_everyPid.end(), creator) != m_everyPid.end()) {
                ::shmctl(id, IPC_RMID, nullptr);
            }
        }
    }

    const pid_t m_watched;
    std::map<pid_t, std::uint64_t> m_mine;
    std::vector<pid_t> m_everyPid;
};

[[noreturn]] void keepGuard(pid_t watched, int pidfd) {
    constexpr int kLookMs = 50;
    ::setsid();
    const int nowhere = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int fd = 0; fd < 3; ++fd) { // whoever waits for the test's output must not wait for us
        ::dup2(nowhere, fd);
    }
    for (int fd = 3; fd < 1024; ++fd) {
        if (fd != pidfd) {
            ::close(fd);
        }
    }
    Guard guard(watched);
    pollfd death{pidfd, POLLIN, 0};
    while (::poll(&death, 1, kLookMs) == 0) {
        (void)guard.look();
    }
    guard.endAll();
    ::_exit(0);
}

} // namespace

void startOrphanGuard() {
    static pid_t guarded = 0;
    const pid_t watched = ::getpid();
    if (guarded == watched) {
        return;
    }
    guarded = watched;
    const auto pidfd = static_cast<int>(::syscall(SYS_pidfd_open, watched, 0)); // close on exec
    if (pidfd < 0) {
        return; // before Linux 5.3
    }
    const pid_t between = ::fork();
    if (between == 0) {
        if (::fork() == 0) {
            keepGuard(watched, pidfd);
        }
        ::_exit(0);
    }
    ::waitpid(between, nullptr, 0);
    ::close(pidfd);
}

} // namespace ringscope
