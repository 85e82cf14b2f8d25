// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

#include "core/base/units.h"

namespace ringscope {

// gauge: a level that rises and falls (bytes, fill). counter: a total that only rises (messages,
// allocations); it is stored as the total and shown as a rate, so that the sum over any range is
// exact.
enum class TrackKind : std::uint8_t { gauge, counter };

// One number over time.
//
// Names are dotted and stable, because rules and scripts use them: `ring.ch0.fill`,
// `messages.sent`, `latency.p99`, `heap.allocations`, `heap.live_bytes`, `memory.rss`,
// `memory.type.Heap`. A track of one process has its label in front: `P0.memory.rss`.
// docs/tracks.md lists them.
struct TrackDescription {
    std::string name;
    std::string label;      // short, for a legend: "ch0", "RSS", "p99"
    Unit unit = Unit::none; // of the stored value; a counter of `count` is shown in 1/s
    TrackKind kind = TrackKind::gauge;
    std::string help; // what it is and where it comes from, one or two sentences
};

} // namespace ringscope
