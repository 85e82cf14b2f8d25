// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/session/heap_record.h"

namespace ringscope {

// A heap profile as a frame of a session file (docs/file-format.md): a JSON head, each text once,
// and numbers as varints.
[[nodiscard]] std::string encodeHeapRecord(const HeapRecord& record);
// Null when the bytes make no sense.
[[nodiscard]] std::shared_ptr<const HeapRecord> decodeHeapRecord(std::string_view payload);

} // namespace ringscope
