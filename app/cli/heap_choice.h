// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/base/expected.h"
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

} // namespace ringscope
