// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace ringscope::tracker {

// How the registers of a caller follow from those of the function it called: one row of the table
// in .eh_frame (DWARF 5, section 6.4; System V ABI for AMD64, section 3.6), kept to what it takes
// to find return addresses: of the registers that calls preserve, rbp and rbx. No compiler bases
// frames on another one where something is called.

// What the canonical frame address (CFA, the stack pointer before the call) is counted from.
enum class FrameBase : std::uint8_t {
    unknown = 0,    // there is a row, of a kind that is not understood
    stackPointer,   // rsp + offset
    framePointer,   // rbp + offset
    bx,             // rbx + offset
    atFramePointer, // the word at rbp + offset: functions that align their stack
    signalFrame,    // the kernel has saved all registers at rsp
    outermost,      // nobody called this
    noTable,        // no row: code that was made at run time, or assembly
};

// Where the caller's value of a register is.
struct SavedRegister {
    enum class Place : std::uint8_t { same, atCfa, atFramePointer, lost };
    Place place = Place::same;
    std::int16_t words = 0; // of 8 bytes, from there
};

struct FrameRule {
    FrameBase base = FrameBase::unknown;
    std::int32_t offset = 0; // bytes
    SavedRegister fp;
    SavedRegister bx;
};

// Of the instruction at address, from the table of the library that it lies in. Allocates nothing,
// takes no lock and waits for nobody, not even for a dlopen in another thread. Some hundred ns.
[[nodiscard]] FrameRule findFrameRule(std::uintptr_t address) noexcept;

// A library, or the program itself, as the loader has mapped it.
struct LoadedObject {
    const unsigned char* start = nullptr;
    const unsigned char* end = nullptr;
    std::uintptr_t bias = 0; // address less the address that its file gives it
    const char* name = "";   // as the loader has it; empty: the program
};

// Is told of the object that holds an address whenever findFrameRule() looks one up; null: nobody
// is. It must be safe wherever that is.
using ObjectSeen = void (*)(const LoadedObject& object) noexcept;
void tellOfObjects(ObjectSeen seen) noexcept;

// False where libc has no _dl_find_object (before glibc 2.35): then no table can be found.
[[nodiscard]] bool canFindFrameRules() noexcept;

} // namespace ringscope::tracker
