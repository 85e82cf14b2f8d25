// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "core/ring/slot_snapshot.h"
#include "core/session/byte_coding.h"

namespace ringscope {

// Slot snapshots as a session file holds them: cursors, holders, and the blocks that changed since
// the last one, at most kMaxBlocksPerFrame of them, so that a ring of 2^24 slots does not fill the
// disk. A reader puts each on top of the one before.
constexpr std::size_t kMaxBlocksPerFrame = 16;

class SlotEncoder {
public:
    // Bytes of a frame for this snapshot.
    [[nodiscard]] std::string encode(const SlotSnapshot& snapshot);

private:
    std::uint32_t m_channel = 0;
    // What the reader has by now, block by block, and which block was written longest ago.
    std::vector<std::shared_ptr<const SlotBlock>> m_written;
    std::size_t m_next = 0;
};

// before: what the frames so far came to, or null. Null when the bytes make no sense.
[[nodiscard]] std::shared_ptr<const SlotSnapshot>
decodeSlots(ByteReader from, const std::shared_ptr<const SlotSnapshot>& before);

} // namespace ringscope
