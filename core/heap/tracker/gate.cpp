// SPDX-License-Identifier: MIT
#include "core/heap/tracker/gate.h"

#include "core/heap/profile_layout.h"
#include "core/heap/tracker/attach.h"
#include "core/heap/tracker/ledger_writer.h"
#include "core/heap/tracker/next_allocator.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace ringscope::tracker {

Gate g_gate; // zero: closed

namespace {

// True inside openGate(): whatever allocates there is handed on uncounted.
constinit thread_local bool t_isOpening = false;

// Process that is opening, 0 for none. A child that finds its parent's pid here was forked while
// another thread of the parent was opening: nobody holds it.
std::atomic<std::int32_t> s_openingPid{0};

// Used by the opening thread only.
bool s_isResolved = false;
bool s_isHopeless = false; // no reader: neither this process nor its forks look again
std::int32_t s_ledgerPid = 0;
long s_seccompMode = 0;
char s_socketName[108] = "";
bool s_isExactWanted = false;

long seccompMode() noexcept {
    return ::syscall(SYS_prctl, PR_GET_SECCOMP, 0, 0, 0, 0);
}

void beforeFork() {
    noteInheritance();
}
void afterForkInParent() {
    forgetInheritance();
}
void afterForkInChild() {
    forgetThread(); // also if the child does not count, and is attached to later
    g_gate.state.store(GateState::closed, std::memory_order_relaxed); // kernels before 4.14
    (void)isCounting();
}

void prepareForForks() noexcept {
    static bool s_isDone = false;
    s_seccompMode = seccompMode();
    if (!s_isDone) {
        s_isDone = true;
        ::madvise(&g_gate, sizeof(g_gate), MADV_WIPEONFORK);
        ::pthread_atfork(beforeFork, afterForkInParent, afterForkInChild);
    }
}

bool noteEnvironment() noexcept {
    const char* name = std::getenv(kLedgerSocketVariable); // NOLINT(concurrency-mt-unsafe): first
    if (name == nullptr || std::strlen(name) >= sizeof(s_socketName) || !standsInFront()) {
        return false; // loaded later, by who attaches: the variable is meant for others
    }
    std::strcpy(s_socketName, name);
    const char* mode = std::getenv(kLedgerModeVariable); // NOLINT(concurrency-mt-unsafe): first
    s_isExactWanted = mode != nullptr && std::strcmp(mode, "exact") == 0;
    prepareForForks();
    return true;
}

GateState stateFor(LedgerMode mode) noexcept {
    if (mode == LedgerMode::exact) {
        return GateState::profiling;
    }
    return g_next.hasGlibcChunks ? GateState::countingChunks : GateState::counting;
}

// The gate's new state; closed when it is too early to say.
GateState decide(std::int32_t pid) noexcept {
    if (!s_isResolved) {
        resolveNextAllocator();
        s_isResolved = true;
    }
    if (environ == nullptr) {
        return GateState::closed; // libc is not initialised yet
    }
    if (s_isHopeless) {
        return GateState::dormant;
    }
    const bool isForked = s_ledgerPid != 0;
    if (isForked ? seccompMode() != s_seccompMode : !noteEnvironment()) {
        // A sandbox that was put up meanwhile may kill for a call it does not know.
        s_isHopeless = true;
        return GateState::dormant;
    }
    s_ledgerPid = pid;
    LedgerMode mode = s_isExactWanted ? LedgerMode::exact : LedgerMode::counters;
    if (!startLedger(s_socketName, isForked ? LedgerOrigin::forked : LedgerOrigin::started, mode)) {
        s_isHopeless = true;
        return GateState::dormant;
    }
    return stateFor(mode);
}

// False when another thread of this process has opened the gate meanwhile.
bool beginOpening(std::int32_t pid) noexcept {
    std::int32_t holder = 0;
    // Acquire: pairs with the release in openGate(), so that a later opener sees what was decided.
    while (!s_openingPid.compare_exchange_weak(holder, pid, std::memory_order_acquire,
                                               std::memory_order_relaxed)) {
        if (g_gate.state.load(std::memory_order_relaxed) != GateState::closed) {
            return false;
        }
        if (holder == pid) {
            ::sched_yield();
            holder = 0;
        }
    }
    return true;
}

} // namespace

bool openGate() noexcept {
    if (t_isOpening) {
        return false;
    }
    const int savedErrno = errno;
    t_isOpening = true;
    const std::int32_t pid = ::getpid();
    if (beginOpening(pid)) {
        if (g_gate.state.load(std::memory_order_relaxed) == GateState::closed) {
            // Release: pairs with the fast path by way of the program's own start of threads.
            g_gate.state.store(decide(pid), std::memory_order_release);
        }
        s_openingPid.store(0, std::memory_order_release); // pairs with beginOpening()
    }
    t_isOpening = false;
    errno = savedErrno;
    const GateState state = g_gate.state.load(std::memory_order_relaxed);
    return state == GateState::counting || state == GateState::countingChunks ||
           state == GateState::profiling;
}

bool openAttachedGate(const char* socketName, LedgerMode wanted) noexcept {
    if (std::strlen(socketName) >= sizeof(s_socketName)) {
        return false;
    }
    std::strcpy(s_socketName, socketName);
    s_isExactWanted = wanted == LedgerMode::exact;
    prepareForForks();
    LedgerMode mode = wanted;
    if (!startLedger(s_socketName, LedgerOrigin::attached, mode)) {
        return false;
    }
    s_ledgerPid = ::getpid();
    s_isHopeless = false;
    // Release: pairs with the acquire of who is led here by a changed reference.
    g_gate.state.store(stateFor(mode), std::memory_order_release);
    return true;
}

void closeAttachedGate() noexcept {
    s_isHopeless = true;
    g_gate.state.store(GateState::dormant, std::memory_order_relaxed);
}

namespace {

// A program that never allocates announces itself too.
[[gnu::constructor]] void openAtLoad() {
    (void)isCounting();
}

} // namespace

} // namespace ringscope::tracker
