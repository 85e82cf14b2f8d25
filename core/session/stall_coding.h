// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>

#include "core/session/stall_picture.h"

namespace ringscope {

// A stall picture as a frame of a session file (docs/file-format.md). Of its blocks the first
// kMaxBlocksPerFrame that were read are kept.
[[nodiscard]] std::string encodeStall(const StallPicture& stall);
// Null when the bytes make no sense.
[[nodiscard]] std::shared_ptr<const StallPicture> decodeStall(const std::string& payload);

} // namespace ringscope
