// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/session/sizing.h"

namespace ringscope {

// The list `sizing` of run --json, info --json and export (docs/command-line.md), on one line.
[[nodiscard]] std::string sizingToJson(const std::vector<ChannelSizing>& sizing);
// Empty when the text is no such list or a field has another type.
[[nodiscard]] std::optional<std::vector<ChannelSizing>> sizingFromJson(const std::string& text);

} // namespace ringscope
