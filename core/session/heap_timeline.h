// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <memory>

#include "core/heap/heap_history.h"
#include "core/session/heap_record.h"
#include "core/session/session_view.h"

namespace ringscope {

// Most functions that heapTimeline() tells apart by each measure.
constexpr std::size_t kTimelineFunctions = 6;

// A heap profile over time as a session of its own, with the tracks `live.N`, `total.N`, `count.N`
// and `temporary.N`: of the functions with most of each, by their telling frames (tellingFrame()),
// labelled with their names, and last of all others together where there are any. Live is a gauge
// in bytes; the others are counters of bytes and blocks. It has provenance and markers of the
// session that the record is of. Null when the profile was not read while its process ran. record
// has names. Takes some 100 ms for many stacks and readings.
[[nodiscard]] std::shared_ptr<const SessionView>
heapTimeline(const HeapRecord& record, const HeapMoments& moments, const SessionView& session);

} // namespace ringscope
