// SPDX-License-Identifier: MIT
#include "core/session/stall_coding.h"

#include <utility>

#include "core/session/byte_coding.h"
#include "core/session/session_json.h"
#include "core/session/slot_coding.h"

namespace ringscope {

std::string encodeStall(const StallPicture& stall) {
    const std::string json = stallToJson(stall);
    std::string bytes;
    putVarint(bytes, json.size());
    bytes += json;
    return bytes + SlotEncoder().encode(*stall.slotSnapshot);
}

std::shared_ptr<const StallPicture> decodeStall(const std::string& payload) {
    ByteReader reader(payload);
    const std::string json(reader.take(reader.varint()));
    auto stall = reader.hasFailed() ? std::nullopt : stallFromJson(json);
    if (!stall) {
        return nullptr;
    }
    stall->slotSnapshot = decodeSlots(reader, nullptr);
    return stall->slotSnapshot ? std::make_shared<const StallPicture>(std::move(*stall)) : nullptr;
}

} // namespace ringscope
