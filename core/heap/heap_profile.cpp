// SPDX-License-Identifier: MIT
#include "core/heap/heap_profile.h"

namespace ringscope {

HeapSums& HeapSums::operator+=(const HeapSums& other) {
    blocks += other.blocks;
    bytes += other.bytes;
    liveBlocks += other.liveBlocks;
    liveBytes += other.liveBytes;
    peakBlocks += other.peakBlocks;
    peakBytes += other.peakBytes;
    maxBlocks += other.maxBlocks;
    maxBytes += other.maxBytes;
    temporaryBlocks += other.temporaryBlocks;
    lifetimeNs += other.lifetimeNs;
    return *this;
}

std::vector<std::uint64_t> HeapProfile::framesOf(const HeapStack& stack) const {
    std::vector<std::uint64_t> frames;
    for (std::uint32_t node = stack.node; node != 0; node = nodes[node].parent) {
        frames.push_back(nodes[node].address);
    }
    return frames;
}

} // namespace ringscope
