// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/session/heap_record.h"

namespace ringscope {

// A reading of a heap profile as a frame of a session file (docs/file-format.md): varints.
[[nodiscard]] std::string encodeHeapMoment(const HeapMomentRecord& record);
// Null when the bytes make no sense.
[[nodiscard]] std::shared_ptr<const HeapMomentRecord> decodeHeapMoment(std::string_view payload);

} // namespace ringscope
