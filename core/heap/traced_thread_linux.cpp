// SPDX-License-Identifier: MIT
#include "core/heap/traced_thread_linux.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>
#include <elf.h>
#include <fstream>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <utility>

#include "core/base/clock.h"

namespace ringscope {

namespace {

constexpr std::int64_t kInterruptNs = 2 * kNsPerSecond;
constexpr std::size_t kMostVectorBytes = 16384;

void pauseShortly() {
    const timespec pause{0, 50'000};
    ::nanosleep(&pause, nullptr);
}

// ptrace's parameters are numbers as often as addresses.
template <typename T>
void* asArgument(T value) {
    return reinterpret_cast<void*>(value); // NOLINT(performance-no-int-to-ptr)
}

bool isEventStop(int status) {
    return WIFSTOPPED(status) && status >> 16 == PTRACE_EVENT_STOP;
}

bool isCallStop(int status) {
    return WIFSTOPPED(status) && WSTOPSIG(status) == (SIGTRAP | 0x80);
}

std::string tracerOf(std::int32_t tid) {
    std::ifstream status("/proc/" + std::to_string(tid) + "/status");
    for (std::string line; std::getline(status, line);) {
        if (line.rfind("TracerPid:", 0) == 0) {
            const std::size_t at = line.find_first_not_of(" \t", 10);
            return at != std::string::npos ? line.substr(at) : "0";
        }
    }
    return "0";
}

} // namespace

Expected<TracedThread> TracedThread::seize(std::int32_t pid, std::int32_t tid) {
    if (::ptrace(PTRACE_SEIZE, tid, nullptr, asArgument(long{PTRACE_O_TRACESYSGOOD})) == 0) {
        return TracedThread(pid, tid);
    }
    const int why = errno;
    const std::string who = "process " + std::to_string(pid);
    if (why == ESRCH) {
        return makeError(ErrorKind::target, who + " has ended");
    }
    const std::string tracer = tracerOf(tid);
    if (tracer != "0") {
        return makeError(ErrorKind::target, who + " is traced by process " + tracer +
                                                " already (a debugger?): end that first");
    }
    return makeError(ErrorKind::target,
                     "not permitted to trace " + who +
                         ": attach as its own user, or as root where the system does not allow "
                         "that (/proc/sys/kernel/yama/ptrace_scope is not 0)");
}

TracedThread::TracedThread(TracedThread&& other) noexcept
    : m_pid(other.m_pid)
    , m_tid(other.m_tid)
    , m_isHeld(std::exchange(other.m_isHeld, false))
    , m_isStopped(other.m_isStopped)
    , m_isChanged(other.m_isChanged)
    , m_registers(other.m_registers)
    , m_vectors(std::move(other.m_vectors))
    , m_signalMask(other.m_signalMask) {}

TracedThread::~TracedThread() {
    if (m_isHeld && (!m_isChanged || restore())) {
        abandon();
    }
}

std::optional<int> TracedThread::waitFor(std::int64_t waitNs) {
    const std::int64_t end = monotonicNs() + waitNs;
    for (;;) {
        int status = 0;
        const pid_t got = ::waitpid(m_tid, &status, __WALL | WNOHANG);
        if (got == m_tid) {
            m_isStopped = WIFSTOPPED(status);
            m_isHeld = WIFSTOPPED(status);
            return status;
        }
        if (got < 0 && errno != EINTR) {
            m_isHeld = false;
            return std::nullopt;
        }
        if (monotonicNs() >= end) {
            return std::nullopt;
        }
        pauseShortly();
    }
}

bool TracedThread::interrupt(std::int64_t waitNs) {
    if (::ptrace(PTRACE_INTERRUPT, m_tid, nullptr, nullptr) != 0) {
        return false;
    }
    const std::int64_t end = monotonicNs() + waitNs;
    while (m_isHeld) {
        const auto status = waitFor(end - monotonicNs());
        if (!status || !m_isStopped) {
            return false;
        }
        if (isEventStop(*status)) {
            return true;
        }
        // A signal that was under way: it is for the process.
        const long signal = isCallStop(*status) ? 0 : WSTOPSIG(*status);
        ::ptrace(PTRACE_CONT, m_tid, nullptr, asArgument(signal));
        m_isStopped = false;
    }
    return false;
}

bool TracedThread::stop(std::int64_t waitNs) {
    if (!interrupt(waitNs)) {
        return false;
    }
    std::vector<std::byte> vectors(kMostVectorBytes);
    iovec part{vectors.data(), vectors.size()};
    if (::ptrace(PTRACE_GETREGS, m_tid, nullptr, &m_registers) != 0 ||
        ::ptrace(PTRACE_GETREGSET, m_tid, asArgument(long{NT_X86_XSTATE}), &part) != 0 ||
        ::ptrace(PTRACE_GETSIGMASK, m_tid, asArgument(sizeof(m_signalMask)), &m_signalMask) != 0) {
        return false;
    }
    vectors.resize(part.iov_len);
    m_vectors = std::move(vectors);
    return true;
}

bool TracedThread::isInRestartableSequence() const {
    constexpr long kGetRseqConfiguration = 0x420f;
    struct {
        std::uint64_t address;
        std::uint32_t bytes;
        std::uint32_t signature;
        std::uint32_t flags;
        std::uint32_t padding;
    } rseq{};
    if (::syscall(SYS_ptrace, kGetRseqConfiguration, m_tid, sizeof(rseq), &rseq) < 0 ||
        rseq.address == 0) {
        return false;
    }
    errno = 0;
    constexpr std::uint64_t kSequenceOffset = 8; // rseq_cs, in struct rseq
    const long sequence =
        ::ptrace(PTRACE_PEEKDATA, m_tid, asArgument(rseq.address + kSequenceOffset), nullptr);
    return errno != 0 || sequence != 0;
}

bool TracedThread::write(std::uint64_t address, const void* from, std::size_t bytes) {
    for (std::size_t at = 0; at < bytes; at += sizeof(long)) {
        long word = 0;
        const std::size_t part = std::min(sizeof(word), bytes - at);
        if (part < sizeof(word)) {
            errno = 0;
            word = ::ptrace(PTRACE_PEEKDATA, m_tid, asArgument(address + at), nullptr);
            if (errno != 0) {
                return false;
            }
        }
        std::memcpy(&word, static_cast<const char*>(from) + at, part);
        if (::ptrace(PTRACE_POKEDATA, m_tid, asArgument(address + at), asArgument(word)) != 0) {
            return false;
        }
    }
    return true;
}

TracedThread::RunEnd TracedThread::run(const user_regs_struct& registers, std::uint64_t sigreturnAt,
                                       std::int64_t waitNs) {
    user_regs_struct now = registers;
    // From here on the thread finds its way back by itself, should we be killed.
    if (::ptrace(PTRACE_SETREGS, m_tid, nullptr, &now) != 0) {
        return RunEnd::gone;
    }
    m_isChanged = true;
    const std::uint64_t all = ~std::uint64_t{0};
    ::ptrace(PTRACE_SETSIGMASK, m_tid, asArgument(sizeof(all)), &all);
    return goOn(sigreturnAt, waitNs);
}

TracedThread::RunEnd TracedThread::goOn(std::uint64_t sigreturnAt, std::int64_t waitNs) {
    user_regs_struct now{};
    const std::int64_t end = monotonicNs() + waitNs;
    long signal = 0;
    for (;;) {
        if (::ptrace(PTRACE_SYSCALL, m_tid, nullptr, asArgument(signal)) != 0) {
            return RunEnd::gone;
        }
        m_isStopped = false;
        const auto status = waitFor(end - monotonicNs());
        if (!status || !m_isStopped) {
            return m_isHeld ? RunEnd::timedOut : RunEnd::gone;
        }
        signal = 0;
        if (isCallStop(*status)) {
            ::ptrace(PTRACE_GETREGS, m_tid, nullptr, &now);
            if (now.orig_rax == SYS_rt_sigreturn && now.rip == sigreturnAt) {
                return RunEnd::reached;
            }
        } else if (!isEventStop(*status)) {
            // All that can be blocked is: this one is its own doing.
            signal = WSTOPSIG(*status);
            if (signal == SIGSEGV || signal == SIGBUS || signal == SIGILL || signal == SIGFPE) {
                return RunEnd::faulted;
            }
        }
    }
}

long TracedThread::waitsIn() {
    if (!m_isHeld || (!m_isStopped && !interrupt(kInterruptNs))) {
        return -1;
    }
    user_regs_struct now{};
    return ::ptrace(PTRACE_GETREGS, m_tid, nullptr, &now) == 0 ? static_cast<long>(now.orig_rax)
                                                               : -1;
}

bool TracedThread::restore() {
    if (!m_isHeld) {
        return false;
    }
    // The system call that it was found in is only gone on with from the stop for a signal, which
    // an interrupt is. Out of the one that it is about to make, if any: that is left out.
    user_regs_struct now{};
    if (m_isStopped && ::ptrace(PTRACE_GETREGS, m_tid, nullptr, &now) == 0) {
        now.orig_rax = ~std::uint64_t{0};
        ::ptrace(PTRACE_SETREGS, m_tid, nullptr, &now);
        ::ptrace(PTRACE_INTERRUPT, m_tid, nullptr, nullptr);
        ::ptrace(PTRACE_CONT, m_tid, nullptr, nullptr);
        m_isStopped = false;
    }
    if (!interrupt(kInterruptNs)) {
        return false;
    }
    // The registers last: until then the thread would still find its way back by itself.
    iovec part{m_vectors.data(), m_vectors.size()};
    ::ptrace(PTRACE_SETREGSET, m_tid, asArgument(long{NT_X86_XSTATE}), &part);
    ::ptrace(PTRACE_SETSIGMASK, m_tid, asArgument(sizeof(m_signalMask)), &m_signalMask);
    if (::ptrace(PTRACE_SETREGS, m_tid, nullptr, &m_registers) != 0) {
        return false;
    }
    m_isChanged = false;
    return true;
}

void TracedThread::abandon() {
    if (!m_isHeld) {
        return;
    }
    if (!m_isStopped) {
        (void)interrupt(kInterruptNs); // only who is stopped can be let go of
    }
    ::ptrace(PTRACE_DETACH, m_tid, nullptr, nullptr);
    m_isHeld = false;
}

} // namespace ringscope
