// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/base/process_identity.h"
#include "core/heap/heap_history.h"
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

// A reading of a process's profile while it ran: what a HeapRecord came to over time. Immutable.
struct HeapMomentRecord {
    std::string label;
    ProcessIdentity process;
    std::int64_t profileStartNs = 0; // HeapProfile::startNs: a process may have several, by exec
    HeapMoment moment;

    bool operator==(const HeapMomentRecord&) const = default;
};
using HeapMomentRecords = std::vector<std::shared_ptr<const HeapMomentRecord>>;

// Those of that record, by time. all may be null.
[[nodiscard]] HeapMoments momentsOf(const HeapMomentRecords* all, const HeapRecord& record);

} // namespace ringscope
