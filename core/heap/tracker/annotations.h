// SPDX-License-Identifier: MIT
#pragma once

#include "core/heap/ledger_layout.h"

namespace ringscope::tracker {

// What the program says of its own heap use, through ringscope/heap.h, goes into this ledger from
// now on. In a fork's child: after its parent's, which must still be mapped; names keep their
// numbers, and pools what is alive in them. One thread only (openGate).
void startAnnotations(LedgerHeader& ledger) noexcept;

} // namespace ringscope::tracker
