// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace ringscope::tracker {

// The tracker in a process that ran before it. It was loaded by dlopen, so no call comes to it by
// the order of symbols: attaching leads the calls of all loaded objects here (got_patch.h), and
// detaching leads them back and closes the gate. The library stays loaded, as threads may be
// anywhere in it, and the last ledger stays mapped.

// What the program calls by that name without us, while it is attached to; 0: nothing.
[[nodiscard]] std::uintptr_t functionOfProgram(const char* name) noexcept;

// True if calls come to this library by the order of symbols: it was preloaded.
[[nodiscard]] bool standsInFront() noexcept;

// True from the first attach on: the next allocator is then the program's, not RTLD_NEXT's.
[[nodiscard]] bool isLoadedLate() noexcept;

} // namespace ringscope::tracker
