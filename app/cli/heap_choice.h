// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/base/expected.h"
#include "core/heap/ledger_reader.h"
#include "core/session/heap_record.h"
#include "core/session/session_view.h"

namespace ringscope {

// The heap profiles of a session, by process: "P0" or a pid; empty: all. Errors (usage): the
// session has none, or none of that process; file: its name, for the sentence.
[[nodiscard]] Expected<std::vector<std::shared_ptr<const HeapRecord>>>
heapsOf(const SessionView& view, const std::string& file, const std::string& process);

// The one profile of that process, of the program that it exec'ed last. Errors (usage): as above,
// or there are several processes to choose from.
[[nodiscard]] Expected<std::shared_ptr<const HeapRecord>>
oneHeapOf(const SessionView& view, const std::string& file, const std::string& process);

// "4711": a process, not a file.
[[nodiscard]] bool isPid(const std::string& target);
// The profile of a process that runs under the tracker and whose ledger is open, with names. Errors
// (usage): its blocks are not recorded; (target): it cannot be read any more.
[[nodiscard]] Expected<std::shared_ptr<const HeapRecord>> runningHeap(LedgerReader& tracked);
// The ledger of such a process. Errors (target): openTrackedProcess()'s.
[[nodiscard]] Expected<LedgerReader> trackedProcess(const std::string& pid);

} // namespace ringscope
