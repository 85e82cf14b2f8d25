// SPDX-License-Identifier: MIT
#pragma once

#include "core/heap/ledger_layout.h"

#include <atomic>
#include <cstddef>

#include "core/heap/ledger_layout.h"

// The tracker is compiled without exceptions, RTTI and the C++ library, and is preloaded into
// programs of which it knows nothing. It must leave no trace in what they do: no descriptor stays
// open, errno is kept, no lock is taken on the way of an allocation, and whatever it cannot get
// (ledger, socket) makes it dormant: every call is then handed on unchanged.
namespace ringscope::tracker {

// The byte that says which way an event goes is in the ledger, so that the reader can ask for
// another mode; before there is one, and where there will be none, it is our own. What leads to it
// is in a page of its own that the kernel zeroes in the child of any fork (MADV_WIPEONFORK), also
// one that runs no pthread_atfork handler (_Fork, clone): the child must not write its parent's
// ledger. Zero leads to our own byte. Both are looked at once an event.
struct alignas(4096) Gate {
    std::atomic<std::ptrdiff_t> toState; // from g_ownGate to the byte
};
[[gnu::visibility("hidden")]] extern Gate g_gate;
[[gnu::visibility("hidden")]] extern std::atomic<GateState> g_ownGate; // closed or dormant

inline GateState gateState() noexcept {
    const auto* own = reinterpret_cast<const unsigned char*>(&g_ownGate);
    const std::ptrdiff_t toState = g_gate.toState.load(std::memory_order_relaxed);
    // Acquire: pairs with the releases in openGate() and changeMode(), for what the state stands
    // on.
    return reinterpret_cast<const std::atomic<GateState>*>(own + toState)
        ->load(std::memory_order_acquire);
}

// Opens a closed gate: resolves the next allocator, makes and announces a ledger. Any thread, also
// from the first malloc of the process. True if events are to be counted.
[[gnu::cold, gnu::noinline]] bool openGate() noexcept;

// Does what the reader asks for, unless another thread does so. Any thread.
[[gnu::cold, gnu::noinline]] void changeMode() noexcept;
// For a process that is attached to: a gate that is dormant opens with a new ledger, for this
// reader. False: it has none. Forked children go on with it like those of a program that was
// started with the tracker; after closing they are dormant.
[[nodiscard]] bool openAttachedGate(const char* socketName, LedgerMode wanted) noexcept;
void closeAttachedGate() noexcept;

inline bool isCounting() noexcept {
    const GateState state = gateState();
    if (state == GateState::closed) [[unlikely]] {
        return openGate();
    }
    if (state == GateState::changing) [[unlikely]] {
        changeMode();
    }
    return state != GateState::dormant;
}

// The usual state, and the short way of an event. In all others: isCounting().
inline bool isCountingChunks() noexcept {
    return gateState() == GateState::countingChunks;
}

// Every block is recorded; some are; some may be known. See profile_writer.h.
inline bool isRecording() noexcept {
    return gateState() == GateState::recording;
}
inline bool isSampling() noexcept {
    return gateState() == GateState::sampling;
}
inline bool isFollowing() noexcept {
    return gateState() >= GateState::recording;
}

} // namespace ringscope::tracker
