// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

#include "core/base/expected.h"
#include "core/heap/ledger_receiver.h"
#include "core/heap/tracker_environment.h"

namespace ringscope {

// What everyone is told who attaches to a running process.
constexpr char kAttachRisk[] =
    "Attaching makes a thread of the process load a library: that can fail or, rarely, harm it, so "
    "try it on one that may be restarted";

struct HeapAttachment {
    std::uint32_t patched = 0; // places of its code that call the tracker now, or no longer
    std::string remark;        // a sentence on what is not seen; usually empty
};

// Has a process that runs already load the tracker, which hands its ledger to the receiver and
// counts from then on. A thread of it is stopped for some milliseconds where it holds no lock
// (safe_point_linux.h); the others run on. Waits at most some seconds for such a place. mode:
// any but off. Errors (usage): off; (target): everything that a process can be which
// does not allow it, in words; (failed): the tracker library is missing. The calling thread must
// have no other children or traced threads that it waits for with waitpid(-1).
[[nodiscard]] Expected<HeapAttachment> attachHeap(std::int32_t pid, const LedgerReceiver& receiver,
                                                  HeapMode mode);

// Leads its calls back and has the tracker count nothing any more. The library stays loaded.
// Errors (target): as above, or it was not attached to.
[[nodiscard]] Expected<HeapAttachment> detachHeap(std::int32_t pid);

} // namespace ringscope
