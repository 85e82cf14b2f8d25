// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/heap/ledger_layout.h"

// What a program that attaches hands to the tracker that it has loaded into a running process, and
// what that answers. The request lies on the stack of the thread that is made to call.
namespace ringscope {

// Exported by the tracker: std::int32_t (AttachRequest*). Both names end in a version: another
// layout is another name.
constexpr char kAttachEntry[] = "ringscope_heap_attach_v1";
constexpr char kDetachEntry[] = "ringscope_heap_detach_v1";

enum class AttachResult : std::int32_t {
    done = 0,
    isCounting = 1,   // already: nothing was changed
    noReader = 2,     // nobody listens, or limits leave no room for a ledger
    ownAllocator = 3, // malloc, free and malloc_usable_size are not of one library
    notAttached = 4,  // detach: it was not, or it was preloaded
};

struct AttachRequest {
    LedgerMode mode;
    std::uint32_t patched; // answer: how many places now lead to the tracker, or away from it
    char socketName[112];  // of the reader, as in kLedgerSocketVariable
};
static_assert(sizeof(AttachRequest) == 120);

} // namespace ringscope
