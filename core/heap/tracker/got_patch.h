// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>

namespace ringscope::tracker {

// A function that calls are led away from, or back to.
struct Replacement {
    const char* name;
    std::uintptr_t theirs = 0; // what the program calls without us; 0: it has none
    std::uintptr_t ours = 0;
};

enum class PatchDirection : std::uint8_t { toOurs, toTheirs };

// Fills in both addresses of each, by the tables of the loaded objects: theirs is the definition in
// the first object that has one, as the loader finds it for a program that was started without us.
void findFunctions(Replacement* functions, std::size_t count) noexcept;

// Changes the words through which the loaded objects call the functions (entries of their global
// offset tables, and pointers in their data) where they hold the other address; or, towards ours,
// where they are not bound yet. All other values stay, so an object that is bound to an allocator
// of its own keeps it. The loader's and our own tables are left alone. A word is changed by one
// store, so a running thread calls the one or the other. Returns how many were changed. One thread
// at a time; not from within an allocation, as it takes the loader's lock of its list.
std::uint32_t patchReferences(const Replacement* functions, std::size_t count,
                              PatchDirection direction) noexcept;

} // namespace ringscope::tracker
