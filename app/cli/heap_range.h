// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/base/expected.h"
#include "core/session/heap_record.h"
#include "core/session/session_view.h"

namespace ringscope {

// The parts of heap profiles that belong to a range of the session's time, see profileBetween().
// from, to: since the session's start ("2s"); empty: its beginning, its end. Both empty: the
// records as they are. Processes that did not run in it are left out. Errors (usage): no durations,
// the wrong way round, a range in which none of them ran, or profiles without readings.
[[nodiscard]] Expected<std::vector<std::shared_ptr<const HeapRecord>>>
heapsBetween(std::vector<std::shared_ptr<const HeapRecord>> records, const SessionView& view,
             const std::string& file, const std::string& from, const std::string& to);

} // namespace ringscope
