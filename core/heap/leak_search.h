// SPDX-License-Identifier: MIT
#pragma once

#include "core/base/expected.h"
#include "core/heap/leak_report.h"
#include "core/heap/ledger_reader.h"

namespace ringscope {

// Searches a process whose every block is recorded for blocks that it can no longer reach. It is
// stopped while its registers, roots and blocks are copied, and judged after it goes on. On demand
// it is stopped twice where something was found, and what was within reach once is not lost: a
// pointer can be nowhere for an instant, as in the midst of a realloc(). Memory that was never
// touched is not read. One thread, as StoppedProcess. Errors: of StoppedProcess, ProcessMemory and
// ProfileReader; usage where its blocks are not recorded.
[[nodiscard]] Expected<LeakReport> findLeaks(const LedgerReader& tracked,
                                             LeakMoment moment = LeakMoment::onDemand);

} // namespace ringscope
