// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "core/base/expected.h"
#include "core/session/session_view.h"

namespace ringscope {

// What of a session is written.
struct ExportSelection {
    std::vector<std::string> patterns; // track names with *, empty = all
    std::int64_t fromNs = std::numeric_limits<std::int64_t>::min(); // monotonic, both ends included
    std::int64_t toNs = std::numeric_limits<std::int64_t>::max();
};

// The selected tracks in order of the session's groups, each once.
// Error (usage): a pattern that matches no track; it names the pattern and some tracks that there
// are.
[[nodiscard]] Expected<std::vector<TrackRef>> selectTracks(const SessionView& view,
                                                           const ExportSelection& selection);

// Nanoseconds since the session's start as seconds with nine decimals, in the C locale.
[[nodiscard]] std::string secondsText(std::int64_t ns);
// Shortest text that reads back as the same double, in the C locale; empty for NaN.
[[nodiscard]] std::string numberText(double value);

} // namespace ringscope
