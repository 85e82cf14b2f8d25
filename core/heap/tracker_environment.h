// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/expected.h"
#include "core/heap/ledger_receiver.h"

namespace ringscope {

// What to record of a program's heap (--heap): counts alone; or also some allocations, chosen at
// random (sampled), or every one (exact), with their call stacks.
enum class HeapMode { off, counts, sampled, exact };

// Errors (usage): the word is none of off, counts, sampled, exact.
[[nodiscard]] Expected<HeapMode> parseHeapMode(std::string_view word);

// Name and value of each variable that must be set (replacing one of the same name) when a program
// is spawned whose ledger the receiver shall get. The tracker goes in front of what LD_PRELOAD
// holds already: it must come before an allocator that is preloaded. Empty for off. Errors
// (failed): the tracker library is missing.
[[nodiscard]] Expected<std::vector<std::pair<std::string, std::string>>>
trackerEnvironment(const LedgerReceiver& receiver, HeapMode mode = HeapMode::counts);
// One more, which has the program wait at its end until the receiver has looked at it: see
// LedgerReader::isAtItsEnd().
[[nodiscard]] std::pair<std::string, std::string> holdAtExit();

} // namespace ringscope
