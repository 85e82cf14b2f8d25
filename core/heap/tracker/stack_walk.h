// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace ringscope::tracker {

// The registers that a walk begins with.
struct WalkRegisters {
    std::uintptr_t pc = 0; // a return address
    std::uintptr_t sp = 0; // as it is behind the return
    std::uintptr_t fp = 0; // rbp
    std::uintptr_t bx = 0; // rbx
};

// Those of the place where it stands.
[[gnu::always_inline]] inline WalkRegisters registersHere() noexcept {
    WalkRegisters here;
    asm volatile("leaq 0(%%rip), %0\n\t"
                 "movq %%rsp, %1\n\t"
                 "movq %%rbp, %2\n\t"
                 "movq %%rbx, %3"
                 : "=&r"(here.pc), "=&r"(here.sp), "=&r"(here.fp), "=&r"(here.bx));
    return here;
}

enum class WalkEnd : std::uint8_t {
    outermost, // as far as there are callers
    full,      // more callers than there was room for
    lost,      // at code without a table, or a kind of frame that is not understood
};

struct Walk {
    std::uint32_t frames = 0;
    WalkEnd end = WalkEnd::lost;
};

// Takes the memory that walks keep what they learn in: 256 KiB of address space. Without it they
// are twenty times as slow. Once, before other threads walk.
void prepareWalks() noexcept;

// Return addresses from the innermost out, that of registers first. Safe inside an allocator and a
// signal handler: allocates nothing, takes no lock, keeps to this thread's stack as far as it is
// known where that is. What it learns of each return address is kept for all threads. Any thread.
[[nodiscard]] Walk walkStack(const WalkRegisters& from, std::uintptr_t* addresses,
                             std::uint32_t most) noexcept;

// After code was unloaded: other code may lie at its addresses from now on.
void forgetFrameRules() noexcept;

} // namespace ringscope::tracker
