// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace ringscope {

// Whether a session of this version can have a track of that name: docs/tracks.md lists them. That
// one has it is not said, nor that it has so many channels or processes.
[[nodiscard]] bool canBeTrackName(std::string_view name);

} // namespace ringscope
