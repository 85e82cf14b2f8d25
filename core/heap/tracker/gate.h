// SPDX-License-Identifier: MIT
#pragma once

#include "core/heap/ledger_layout.h"

#include <atomic>
#include <cstdint>

// The tracker is compiled without exceptions, RTTI and the C++ library, and is preloaded into
// programs of which it knows nothing. It must leave no trace in what they do: no descriptor stays
// open, errno is kept, no lock is taken on the way of an allocation, and whatever it cannot get
// (ledger, socket) makes it dormant: every call is then handed on unchanged.
namespace ringscope::tracker {

enum class GateState : std::uint8_t {
    closed = 0,   // not opened yet, or the kernel wiped the page because this is a fork's child
    counting = 1, // sizes are asked of the allocator
    countingChunks = 2, // the allocator is glibc's: see chunkWord()
    dormant = 3,
    profiling = 4, // every block is recorded: see profile_writer.h
};

// A page of its own that the kernel zeroes in the child of any fork (MADV_WIPEONFORK), also one
// that runs no pthread_atfork handler (_Fork, clone): the child must not write its parent's
// ledger. Asked once per event.
struct alignas(4096) Gate {
    std::atomic<GateState> state;
};
[[gnu::visibility("hidden")]] extern Gate g_gate;

// Opens a closed gate: resolves the next allocator, makes and announces a ledger. Any thread, also
// from the first malloc of the process. True if events are to be counted.
[[gnu::cold, gnu::noinline]] bool openGate() noexcept;

// For a process that is attached to: a gate that is dormant opens with a new ledger, for this
// reader. False: it has none. Forked children go on with it like those of a program that was
// started with the tracker; after closing they are dormant.
[[nodiscard]] bool openAttachedGate(const char* socketName, LedgerMode wanted) noexcept;
void closeAttachedGate() noexcept;

inline bool isCounting() noexcept {
    const GateState state = g_gate.state.load(std::memory_order_relaxed);
    return state == GateState::counting || state == GateState::countingChunks ||
           state == GateState::profiling || (state == GateState::closed && openGate());
}

// The usual state, and the short way of an event. In all others: isCounting().
inline bool isCountingChunks() noexcept {
    return g_gate.state.load(std::memory_order_relaxed) == GateState::countingChunks;
}

inline bool isProfiling() noexcept {
    return g_gate.state.load(std::memory_order_relaxed) == GateState::profiling;
}

} // namespace ringscope::tracker
