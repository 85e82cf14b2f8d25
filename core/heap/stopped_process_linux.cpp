// SPDX-License-Identifier: MIT
#include "core/heap/stopped_process.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <ctime>
#include <dirent.h>
#include <elf.h>
#include <string>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

#include "core/base/clock.h"
#include "core/heap/process_memory.h"

namespace ringscope {

namespace {

constexpr std::int64_t kLongestWaitNs = kNsPerSecond;
constexpr int kMostRounds = 100; // threads that start threads faster than they are stopped

std::string nameOf(const ProcessIdentity& process) {
    return "process " + std::to_string(process.pid);
}

std::vector<std::int32_t> threadsOf(std::int32_t pid) {
    std::vector<std::int32_t> tids;
    DIR* const directory = ::opendir(("/proc/" + std::to_string(pid) + "/task").c_str());
    if (directory == nullptr) {
        return tids;
    }
    while (const dirent* entry = ::readdir(directory)) { // NOLINT(concurrency-mt-unsafe): our own
        const std::string name = entry->d_name;
        std::int32_t tid = 0;
        const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), tid);
        if (error == std::errc() && end == name.data() + name.size()) {
            tids.push_back(tid);
        }
    }
    ::closedir(directory);
    return tids;
}

// A field of /proc/PID/task/TID/status: "State" or "TracerPid"; empty: it is gone.
std::string statusOf(std::int32_t pid, std::int32_t tid, const std::string& field) {
    const auto text =
        readFile("/proc/" + std::to_string(pid) + "/task/" + std::to_string(tid) + "/status");
    if (!text) {
        return {};
    }
    const std::size_t at = text->find("\n" + field + ":\t");
    if (at == std::string::npos) {
        return {};
    }
    const std::size_t begin = at + field.size() + 3;
    return text->substr(begin, text->find('\n', begin) - begin);
}

bool isDead(std::int32_t pid, std::int32_t tid) {
    const std::string state = statusOf(pid, tid, "State");
    return state.empty() || state[0] == 'Z' || state[0] == 'X';
}

std::vector<std::uint64_t> registerSet(std::int32_t tid, int type) {
    std::vector<std::uint64_t> words(2048); // AMX has some 11 KiB
    iovec part{words.data(), words.size() * 8};
    if (::ptrace(PTRACE_GETREGSET, tid, type, &part) != 0) {
        part.iov_len = 0;
    }
    words.resize(part.iov_len / 8);
    return words;
}

void nap() {
    const timespec pause{0, 50'000};
    ::nanosleep(&pause, nullptr);
}

} // namespace

StoppedProcess::StoppedProcess(StoppedProcess&& other) noexcept
    : m_process(other.m_process)
    , m_isOwnChild(other.m_isOwnChild)
    , m_held(std::exchange(other.m_held, {}))
    , m_threads(std::move(other.m_threads)) {}

Expected<StoppedProcess> StoppedProcess::stop(const ProcessIdentity& process) {
    StoppedProcess stopped; // lets go of what it holds when this returns an error
    stopped.m_process = process;
    stopped.m_isOwnChild = parentOf(process) == ::getpid();
    const std::int64_t untilNs = monotonicNs() + kLongestWaitNs;
    for (int round = 0; round < kMostRounds; ++round) {
        const auto isNew = stopped.seizeNew();
        if (!isNew) {
            return isNew.error();
        }
        if (!*isNew) {
            const auto read = stopped.readRegisters();
            return read ? Expected<StoppedProcess>(std::move(stopped)) : read.error();
        }
        if (const auto waited = stopped.waitForAll(untilNs); !waited) {
            return waited.error();
        }
    }
    return makeError(ErrorKind::target,
                     nameOf(process) +
                         " starts threads faster than they can be stopped: try again");
}

// True: there was one that was not held yet.
Expected<bool> StoppedProcess::seizeNew() {
    bool isNew = false;
    const std::vector<std::int32_t> tids = threadsOf(m_process.pid);
    if (tids.empty()) {
        return makeError(ErrorKind::target, "there is no " + nameOf(m_process));
    }
    for (const std::int32_t tid : tids) {
        if (std::any_of(m_held.begin(), m_held.end(),
                        [tid](const Held& held) { return held.tid == tid; })) {
            continue;
        }
        if (::ptrace(PTRACE_SEIZE, tid, nullptr, nullptr) != 0) {
            const int why = errno;
            if (why == ESRCH || isDead(m_process.pid, tid)) {
                continue; // ended meanwhile; or a first thread that ended before the others
            }
            return seizeError(tid, why);
        }
        m_held.push_back({tid, 0, false, false});
        isNew = true;
        ::ptrace(PTRACE_INTERRUPT, tid, nullptr, nullptr);
    }
    if (m_held.empty()) {
        return makeError(ErrorKind::target, nameOf(m_process) + " has ended");
    }
    return isNew;
}

Error StoppedProcess::seizeError(std::int32_t tid, int errnoValue) const {
    const std::string tracer = statusOf(m_process.pid, tid, "TracerPid");
    if (!tracer.empty() && tracer != "0") {
        return makeError(ErrorKind::target, nameOf(m_process) + " is held by a debugger (process " +
                                                tracer + "): end that first");
    }
    if (errnoValue == EPERM || errnoValue == EACCES) {
        return makeError(ErrorKind::target,
                         nameOf(m_process) + " may not be stopped" + howToAllowReading());
    }
    return systemError(ErrorKind::target, "cannot stop " + nameOf(m_process), errnoValue);
}

Expected<void> StoppedProcess::waitForAll(std::int64_t untilNs) {
    for (;;) {
        bool isWaiting = false;
        for (Held& held : m_held) {
            if (!held.isStopped && !held.isEnded) {
                takeStop(held);
                isWaiting = isWaiting || (!held.isStopped && !held.isEnded);
            }
        }
        if (std::all_of(m_held.begin(), m_held.end(),
                        [](const Held& held) { return held.isEnded; })) {
            return makeError(ErrorKind::target, nameOf(m_process) + " ended while it was stopped");
        }
        if (!isWaiting) {
            return {};
        }
        if (monotonicNs() > untilNs) {
            return makeError(ErrorKind::target,
                             "a thread of " + nameOf(m_process) +
                                 " does not stop: it waits in the kernel; try again");
        }
        nap();
    }
}

// Looks whether it has stopped or ended, without waiting. Asked by ptrace first: another thread of
// ours that waits for its own children may have taken the news. The end of a child of our own is
// left for whoever started it.
void StoppedProcess::takeStop(Held& held) {
    siginfo_t info{};
    int status = 0;
    const bool isStopped = ::ptrace(PTRACE_GETSIGINFO, held.tid, nullptr, &info) == 0;
    if (isStopped || errno == EINVAL) { // EINVAL: by SIGSTOP or its like, and stays so
        held.isStopped = true;
        // Otherwise it was about to be given a signal, and will be when it goes on.
        held.signal = !isStopped || (info.si_code >> 8) == PTRACE_EVENT_STOP ? 0 : info.si_signo;
        ::waitpid(held.tid, &status, WNOHANG | __WALL); // so that nobody takes it for news
        return;
    }
    if (m_isOwnChild && held.tid == m_process.pid) {
        held.isEnded = endOfChild(held.tid).has_value();
        return;
    }
    const pid_t found = ::waitpid(held.tid, &status, WNOHANG | __WALL);
    held.isEnded = (found < 0 && errno == ECHILD) ||
                   (found == held.tid && (WIFEXITED(status) || WIFSIGNALED(status)));
}

Expected<void> StoppedProcess::readRegisters() {
    for (const Held& held : m_held) {
        if (held.isEnded) {
            continue;
        }
        Thread thread;
        thread.tid = held.tid;
        thread.words = registerSet(held.tid, NT_PRSTATUS);
        if (thread.words.size() * 8 < sizeof(user_regs_struct)) {
            if (isDead(m_process.pid, held.tid)) {
                continue; // killed while it was stopped
            }
            return makeError(ErrorKind::target, "cannot read the registers of thread " +
                                                    std::to_string(held.tid) + " of " +
                                                    nameOf(m_process));
        }
        thread.stackPointer = thread.words[offsetof(user_regs_struct, rsp) / 8];
        thread.threadPointer = thread.words[offsetof(user_regs_struct, fs_base) / 8];
        const auto vectors = registerSet(held.tid, NT_X86_XSTATE);
        thread.words.insert(thread.words.end(), vectors.begin(), vectors.end());
        m_threads.push_back(std::move(thread));
    }
    if (m_threads.empty()) {
        return makeError(ErrorKind::target, nameOf(m_process) + " ended while it was stopped");
    }
    return {};
}

void StoppedProcess::resume() noexcept {
    // The first thread last: where all were killed its end is told when those of the others are.
    for (auto at = m_held.rbegin(); at != m_held.rend(); ++at) {
        Held& held = *at;
        if (held.isEnded) {
            continue;
        }
        // One that has not stopped yet cannot be let go before it does; and one that is killed
        // meanwhile leaves its end for its tracer to take, or its parent would never hear of it.
        const std::int64_t untilNs = monotonicNs() + kLongestWaitNs;
        while (!held.isStopped && !held.isEnded && monotonicNs() < untilNs) {
            takeStop(held);
            nap();
        }
        if (::ptrace(PTRACE_DETACH, held.tid, nullptr, static_cast<std::uintptr_t>(held.signal)) !=
                0 &&
            errno == ESRCH) {
            held.isStopped = false;
            while (!held.isEnded && monotonicNs() < untilNs) {
                takeStop(held);
                nap();
            }
        }
    }
    m_held.clear();
}

} // namespace ringscope
