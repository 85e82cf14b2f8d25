// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/session/annotation_record.h"

namespace ringscope {

// What programs said of their heap use, as a frame of a session file and `run --json` have it: an
// object for each program image. Means per entry are written for readers other than ours.
[[nodiscard]] std::string annotationsToJson(const std::vector<HeapAnnotationRecord>& records);
// Empty when the text is no such list.
[[nodiscard]] std::optional<std::vector<HeapAnnotationRecord>>
annotationsFromJson(const std::string& text);

} // namespace ringscope
