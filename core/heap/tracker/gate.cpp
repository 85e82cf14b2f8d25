// SPDX-License-Identifier: MIT
#include "core/heap/tracker/gate.h"

#include "core/heap/profile_layout.h"
#include "core/heap/tracker/announce.h"
#include "core/heap/tracker/attach.h"
#include "core/heap/tracker/ledger_writer.h"
#include "core/heap/tracker/next_allocator.h"
#include "core/heap/tracker/profile_writer.h"

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

Gate g_gate;
std::atomic<GateState> g_ownGate{GateState::closed};

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
LedgerMode s_firstMode = LedgerMode::counters;

// A thread is in changeMode().
std::atomic<bool> s_isChanging{false};

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
    g_gate.toState.store(0, std::memory_order_relaxed); // kernels before 4.14
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
    if (mode != nullptr && std::strcmp(mode, "exact") == 0) {
        s_firstMode = LedgerMode::exact;
    } else if (mode != nullptr && std::strcmp(mode, "sampled") == 0) {
        s_firstMode = LedgerMode::sampled;
    }
    prepareForForks();
    return true;
}

// What follows from the mode, and from a profile that there may be.
GateState stateFor(LedgerMode mode) noexcept {
    if (mode == LedgerMode::exact) {
        return GateState::recording;
    }
    if (mode == LedgerMode::sampled) {
        return GateState::sampling;
    }
    if (hasProfile()) {
        return GateState::following;
    }
    return g_next.hasGlibcChunks ? GateState::countingChunks : GateState::counting;
}

// The gate is that of the ledger from now on.
void leadToLedger(LedgerMode mode) noexcept {
    LedgerControl& control = ledgerHeader()->control;
    control.gate.store(stateFor(mode), std::memory_order_release);
    // Release: pairs with the acquire in gateState(), with the program's own start of threads, and
    // with who is led here by a changed reference.
    g_gate.toState.store(reinterpret_cast<unsigned char*>(&control.gate) -
                             reinterpret_cast<unsigned char*>(&g_ownGate),
                         std::memory_order_release);
}

// Opens the gate, or shuts it for good; leaves it closed when it is too early to say.
void decide(std::int32_t pid) noexcept {
    if (!s_isResolved) {
        resolveNextAllocator();
        s_isResolved = true;
    }
    if (environ == nullptr) {
        return; // libc is not initialised yet
    }
    const bool isForked = s_ledgerPid != 0;
    // A sandbox that was put up meanwhile may kill for a call it does not know.
    if (!s_isHopeless && (isForked ? seccompMode() == s_seccompMode : noteEnvironment())) {
        s_ledgerPid = pid;
        s_isChanging.store(false, std::memory_order_relaxed); // a parent's thread's
        const LedgerHeader* const parent = isForked ? ledgerHeader() : nullptr;
        LedgerMode mode =
            parent != nullptr
                ? static_cast<LedgerMode>(parent->control.mode.load(std::memory_order_relaxed))
                : s_firstMode;
        if (startLedger(s_socketName, isForked ? LedgerOrigin::forked : LedgerOrigin::started,
                        mode)) {
            leadToLedger(mode);
            return;
        }
    }
    s_isHopeless = true;
    g_ownGate.store(GateState::dormant, std::memory_order_release);
}

// False when another thread of this process has opened the gate meanwhile.
bool beginOpening(std::int32_t pid) noexcept {
    std::int32_t holder = 0;
    // Acquire: pairs with the release in openGate(), so that a later opener sees what was decided.
    while (!s_openingPid.compare_exchange_weak(holder, pid, std::memory_order_acquire,
                                               std::memory_order_relaxed)) {
        if (gateState() != GateState::closed) {
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
        if (gateState() == GateState::closed) {
            decide(pid);
        }
        s_openingPid.store(0, std::memory_order_release); // pairs with beginOpening()
    }
    t_isOpening = false;
    errno = savedErrno;
    const GateState state = gateState();
    return state != GateState::closed && state != GateState::dormant;
}

namespace {

// Makes a profile and hands it to the reader.
ModeRefusal makeProfile() noexcept {
    if (seccompMode() != s_seccompMode) {
        return ModeRefusal::sandboxed;
    }
    const int socket = connectToReader(s_socketName);
    if (socket < 0) {
        return ModeRefusal::noReader;
    }
    ModeRefusal refusal = ModeRefusal::noRoom;
    const int profile = startProfile(ledgerHeader()->slotCount, g_next.hasGlibcChunks);
    if (profile >= 0) {
        const bool isTaken =
            announceProfile(socket, profile, ::getpid(), ledgerHeader()->startedNs);
        closeDescriptor(profile);
        refusal = isTaken ? ModeRefusal::none : ModeRefusal::noReader;
        if (isTaken) {
            openProfile();
        } else {
            dropProfile();
        }
    }
    closeDescriptor(socket);
    return refusal;
}

} // namespace

// Whoever comes here meanwhile goes on: its event is counted, and nothing is recorded of it.
void changeMode() noexcept {
    // Acquire and release: the next one sees what this one has made.
    if (t_isOpening || s_isChanging.exchange(true, std::memory_order_acquire)) {
        return;
    }
    const int savedErrno = errno;
    t_isOpening = true;
    LedgerControl& control = ledgerHeader()->control;
    auto mode = LedgerMode::counters;
    const std::uint32_t wanted = control.wanted.load(std::memory_order_acquire);
    if (wanted == static_cast<std::uint32_t>(LedgerMode::exact)) {
        mode = LedgerMode::exact;
    } else if (wanted == static_cast<std::uint32_t>(LedgerMode::sampled)) {
        mode = LedgerMode::sampled;
    }
    ModeRefusal why = ModeRefusal::none;
    if (mode != LedgerMode::counters && !hasProfile()) {
        why = makeProfile();
    }
    mode = why == ModeRefusal::none ? mode : LedgerMode::counters;
    if (hasProfile()) {
        noteRecording(mode);
    }
    control.mode.store(static_cast<std::uint32_t>(mode), std::memory_order_relaxed);
    control.why.store(static_cast<std::uint32_t>(why), std::memory_order_relaxed);
    control.gate.store(stateFor(mode), std::memory_order_release); // pairs with gateState()
    t_isOpening = false;
    s_isChanging.store(false, std::memory_order_release);
    errno = savedErrno;
}

bool openAttachedGate(const char* socketName, LedgerMode wanted) noexcept {
    if (std::strlen(socketName) >= sizeof(s_socketName)) {
        return false;
    }
    std::strcpy(s_socketName, socketName);
    prepareForForks();
    LedgerMode mode = wanted;
    if (!startLedger(s_socketName, LedgerOrigin::attached, mode)) {
        return false;
    }
    s_ledgerPid = ::getpid();
    s_isHopeless = false;
    s_isChanging.store(false, std::memory_order_relaxed);
    // The child of a fork asks again what is to be done.
    g_ownGate.store(GateState::closed, std::memory_order_relaxed);
    leadToLedger(mode);
    return true;
}

void closeAttachedGate() noexcept {
    s_isHopeless = true;
    g_ownGate.store(GateState::dormant, std::memory_order_relaxed);
    g_gate.toState.store(0, std::memory_order_release);
}

namespace {

// A program that never allocates announces itself too.
[[gnu::constructor]] void openAtLoad() {
    (void)isCounting();
}

} // namespace

} // namespace ringscope::tracker
