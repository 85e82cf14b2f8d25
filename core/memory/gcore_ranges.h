// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "core/memory/address_space.h"

namespace ringscope {

// gdb's gcore makes every range of a core dump readable. Takes that back from two kinds that are
// told by their place: the rest of an arena of glibc, and the guard below the stack of a thread.
// Nothing is done to a dump that has ranges without access, as the kernel writes them. Returns the
// bytes of other anonymous ranges that are read-only, whether they were or not.
[[nodiscard]] std::uint64_t hideWhatGcoreShows(AddressSpace& space);

} // namespace ringscope
