// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

#include "core/base/process_identity.h"
#include "core/heap/heap_profile.h"
#include "core/heap/heap_symbols.h"

namespace ringscope {

// A heap profile that a session keeps, with the names of its code, so that it can be read on a
// machine that has none of the files. Immutable.
struct HeapRecord {
    std::int64_t timeNs = 0; // monotonic
    std::string label;       // of the process in this session: "P0"
    ProcessIdentity process;
    std::string name; // of its program
    HeapProfile profile;
    HeapSymbols symbols;
};

} // namespace ringscope
