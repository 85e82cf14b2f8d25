// SPDX-License-Identifier: MIT
#include "core/heap/heap_profile.h"

#include <algorithm>
#include <utility>

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
    ageNs += other.ageNs;
    olderBlocks += other.olderBlocks;
    olderBytes += other.olderBytes;
    return *this;
}

std::vector<std::uint64_t> HeapProfile::framesOf(const HeapStack& stack) const {
    std::vector<std::uint64_t> frames;
    for (std::uint32_t node = stack.node; node != 0; node = nodes[node].parent) {
        frames.push_back(nodes[node].address);
    }
    return frames;
}

const HeapModule* HeapProfile::moduleOf(std::uint32_t node) const {
    if (node >= nodes.size()) {
        return nullptr;
    }
    const std::uint64_t called = nodes[node].address - 1; // the call, not what comes behind it
    const auto it = std::find_if(modules.rbegin(), modules.rend(), [&](const HeapModule& module) {
        return called >= module.start && called < module.end && node >= module.firstNode;
    });
    return it != modules.rend() ? &*it : nullptr;
}

namespace {

void addAges(HeapProfile& profile, const std::vector<LiveBlock>& blocks) {
    // By their numbers, which rise.
    const auto isBefore = [](const HeapStack& stack, std::uint32_t number) {
        return stack.number < number;
    };
    for (const LiveBlock& block : blocks) {
        const auto it =
            std::lower_bound(profile.stacks.begin(), profile.stacks.end(), block.stack, isBefore);
        if (it != profile.stacks.end() && it->number == block.stack) {
            const auto age = static_cast<double>(profile.timeNs - block.timeNs);
            it->sums.ageNs += age > 0 ? age : 0;
            profile.total.ageNs += age > 0 ? age : 0;
        }
    }
}

} // namespace

void keepBlocks(HeapProfile& profile, std::vector<LiveBlock> blocks, std::size_t most) {
    addAges(profile, blocks);
    profile.blocks = std::move(blocks);
    profile.blocksLeftOut = 0;
    keepLargestBlocks(profile, most);
}

void keepLargestBlocks(HeapProfile& profile, std::size_t most) {
    if (profile.blocks.size() <= most) {
        return;
    }
    profile.blocksLeftOut += profile.blocks.size() - most;
    std::nth_element(profile.blocks.begin(),
                     profile.blocks.begin() + static_cast<std::ptrdiff_t>(most),
                     profile.blocks.end(),
                     [](const LiveBlock& a, const LiveBlock& b) { return a.bytes > b.bytes; });
    profile.blocks.resize(most);
    profile.blocks.shrink_to_fit();
    std::sort(profile.blocks.begin(), profile.blocks.end(),
              [](const LiveBlock& a, const LiveBlock& b) { return a.address < b.address; });
}

std::int64_t recordingDelayNs(const HeapProfile& profile) {
    const std::int64_t delay = profile.startNs - profile.programStartNs;
    return profile.programStartNs > 0 && delay > kStartsTogetherNs ? delay : 0;
}

std::int64_t medianLifetimeNs(const HeapProfile& profile) {
    std::uint64_t all = 0;
    for (const HeapLifetime& lifetime : profile.lifetimes) {
        all += lifetime.blocks;
    }
    std::uint64_t shorter = 0;
    for (const HeapLifetime& lifetime : profile.lifetimes) {
        shorter += lifetime.blocks;
        if (shorter >= all - all / 2 && shorter > 0) {
            return lifetime.belowNs;
        }
    }
    return 0;
}

} // namespace ringscope
