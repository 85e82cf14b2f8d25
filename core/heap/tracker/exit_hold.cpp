// SPDX-License-Identifier: MIT
#include "core/heap/tracker/exit_hold.h"

#include "core/heap/ledger_layout.h"
#include "core/heap/tracker/gate.h"
#include "core/heap/tracker/ledger_writer.h"

#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <sys/syscall.h>
#include <unistd.h>

namespace ringscope::tracker {

namespace {

constexpr long kNapNs = 1'000'000;
constexpr int kMostNapsUnseen = 2'000;
constexpr int kMostNaps = 10'000;

bool s_isHeldByEnvironment = false;

[[gnu::constructor]] void noteHold() {
    s_isHeldByEnvironment = std::getenv(kLedgerHoldVariable) != nullptr; // NOLINT: at load
}

[[gnu::destructor]] void holdExit() {
    if (!isCounting() || !isRecording() || ledgerHeader() == nullptr) {
        return;
    }
    ExitHold& hold = ledgerHeader()->exitHold;
    if (!s_isHeldByEnvironment && hold.asked.load(std::memory_order_relaxed) == 0) {
        return;
    }
    const int savedErrno = errno;
    // Release: who sees it finds the process as it is at its end.
    hold.isWaiting.store(1, std::memory_order_release);
    for (int naps = 0; naps < kMostNaps; ++naps) {
        const std::uint32_t answer = hold.answer.load(std::memory_order_relaxed);
        if (answer == kExitSeen || (answer == 0 && naps >= kMostNapsUnseen)) {
            break;
        }
        const timespec nap{0, kNapNs};
        ::syscall(SYS_nanosleep, &nap, nullptr);
    }
    hold.isWaiting.store(0, std::memory_order_relaxed);
    errno = savedErrno;
}

} // namespace

} // namespace ringscope::tracker
