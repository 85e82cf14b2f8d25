// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

#include "core/memory/address_space.h"
#include "core/memory/memory_type.h"

namespace ringscope {

// The type of each region of the address space, in the order of its regions. What is certain and
// what is a guess from shape (arenas of glibc, stacks of threads, .bss) is said in docs/memory.md.
// No region is pageTable or free: those are pseudo-rows.
[[nodiscard]] std::vector<MemoryType> classifyRegions(const AddressSpace& space);

} // namespace ringscope
