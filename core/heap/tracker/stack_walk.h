// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
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

// Where a walk has read what it found, in words above the stack pointer that it began at.
constexpr std::size_t kMostTraced = 112;
struct WalkTrace {
    std::uint16_t returnPlaces[kMostTraced]; // of return addresses
    std::uint16_t otherPlaces[kMostTraced];  // of words that frames were counted from
    std::size_t returns = 0;
    std::size_t others = 0;
    bool usesFp = false; // as it was at first
    // The walk follows from these, and the first return address and stack pointer, alone.
    bool isWhole = true;
};

// What was mapped for the tracker alone; 0 bytes: nothing could be.
struct OwnMemory {
    std::uintptr_t begin = 0;
    std::size_t bytes = 0;
};

// Takes the memory that walks keep what they learn in: 1 MiB of address space. Without it they
// are twenty times as slow. Once, before other threads walk; later it only says where that is.
OwnMemory prepareWalks() noexcept;

// Return addresses from the innermost out, that of registers first. Safe inside an allocator and a
// signal handler: allocates nothing, takes no lock, keeps to this thread's stack as far as it is
// known where that is. What it learns of each return address is kept for all threads. Any thread.
[[nodiscard]] Walk walkStack(const WalkRegisters& from, std::uintptr_t* addresses,
                             std::uint32_t most, WalkTrace* trace = nullptr) noexcept;

// After code was unloaded: other code may lie at its addresses from now on.
void forgetFrameRules() noexcept;
// Another after each forgetFrameRules(), in bits that no address has.
[[nodiscard]] std::uint64_t frameRulesGeneration() noexcept;

} // namespace ringscope::tracker
