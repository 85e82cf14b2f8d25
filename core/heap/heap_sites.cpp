// SPDX-License-Identifier: MIT
#include "core/heap/heap_sites.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace ringscope {

namespace {

// Of each node the first one that stands for the same code and callers.
std::vector<std::uint32_t> representatives(const HeapProfile& profile, const HeapSymbols& symbols) {
    std::vector<std::uint32_t> same(profile.nodes.size(), 0);
    std::unordered_map<std::uint64_t, std::uint32_t> known;
    known.reserve(profile.nodes.size());
    for (std::uint32_t node = 1; node < profile.nodes.size(); ++node) {
        const std::uint64_t location = symbols.locationOfNode[node];
        const std::uint64_t key = location << 32U | same[profile.nodes[node].parent];
        same[node] = known.try_emplace(key, node).first->second;
    }
    return same;
}

} // namespace

std::vector<HeapSite> heapSites(const HeapProfile& profile, const HeapSymbols& symbols) {
    const std::vector<std::uint32_t> same = representatives(profile, symbols);
    std::vector<HeapSite> sites;
    std::unordered_map<std::uint32_t, std::size_t> known;
    for (const HeapStack& stack : profile.stacks) {
        const auto [it, isNew] = known.try_emplace(same[stack.node], sites.size());
        if (!isNew) {
            HeapSite& site = sites[it->second];
            site.sums += stack.sums;
            site.end = std::max(site.end, stack.end);
            site.isMaxExact = false;
            continue;
        }
        HeapSite site{{}, stack.end, stack.sums, stack.isMaxExact};
        for (std::uint32_t node = stack.node; node != 0; node = profile.nodes[node].parent) {
            site.locations.push_back(symbols.locationOfNode[node]);
        }
        sites.push_back(std::move(site));
    }
    return sites;
}

std::optional<HeapMeasure> heapMeasureOf(std::string_view word) {
    constexpr std::pair<std::string_view, HeapMeasure> kWords[] = {
        {"live", HeapMeasure::live},           {"peak", HeapMeasure::peak},
        {"total", HeapMeasure::total},         {"count", HeapMeasure::count},
        {"temporary", HeapMeasure::temporary},
    };
    for (const auto& [name, measure] : kWords) {
        if (word == name) {
            return measure;
        }
    }
    return std::nullopt;
}

std::uint64_t valueOf(const HeapSums& sums, HeapMeasure measure) {
    switch (measure) {
    case HeapMeasure::live:
        return sums.liveBytes;
    case HeapMeasure::peak:
        return sums.peakBytes;
    case HeapMeasure::total:
        return sums.bytes;
    case HeapMeasure::count:
        return sums.blocks;
    case HeapMeasure::temporary:
        return sums.temporaryBlocks;
    }
    return 0;
}

} // namespace ringscope
