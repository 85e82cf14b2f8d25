// SPDX-License-Identifier: MIT
#pragma once

#include "core/base/expected.h"
#include "core/heap/ledger_reader.h"

namespace ringscope {

// The ledger, and the profile if there is one, of a process that some other program of ours has
// started under the tracker and holds the files of: found where the process itself has them mapped.
// Errors (target): no such process, not permitted, or none that is tracked.
[[nodiscard]] Expected<LedgerReader> openTrackedProcess(const ProcessIdentity& process);

} // namespace ringscope
