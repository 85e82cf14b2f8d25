// SPDX-License-Identifier: MIT
#include "core/heap/leak_report.h"

#include <algorithm>
#include <map>
#include <utility>

namespace ringscope {

namespace {

// In the order in which they are told: what was lost with others comes behind what is of use.
int rankOf(LeakKind kind) {
    switch (kind) {
    case LeakKind::definite:
        return 0;
    case LeakKind::possible:
        return 1;
    case LeakKind::indirect:
        return 2;
    case LeakKind::reachable:
        break;
    }
    return 3;
}

} // namespace

const char* leakKindText(LeakKind kind) {
    switch (kind) {
    case LeakKind::definite:
        return "definite";
    case LeakKind::possible:
        return "possible";
    case LeakKind::indirect:
        return "indirect";
    case LeakKind::reachable:
        break;
    }
    return "reachable";
}

void groupLeaks(LeakReport& report, const std::vector<LiveBlock>& blocks,
                std::span<const std::uint32_t> origins, std::span<const LeakVerdict> verdicts) {
    std::map<std::pair<int, std::uint32_t>, LeakGroup> groups;
    const auto groupOf = [&](LeakKind kind, std::uint32_t stack) -> LeakGroup& {
        LeakGroup& group = groups[{rankOf(kind), stack}];
        group.kind = kind;
        group.stack = stack;
        return group;
    };
    for (std::size_t i = 0; i < verdicts.size(); ++i) {
        const LiveBlock& block = blocks[origins[i]];
        const LeakVerdict& verdict = verdicts[i];
        report.kinds[static_cast<std::size_t>(verdict.kind)].add(block.bytes);
        LeakGroup& group = groupOf(verdict.kind, block.stack);
        if (group.sums.blocks == 0 || block.timeNs < group.oldestNs) {
            group.oldestNs = block.timeNs;
            group.address = block.address;
        }
        group.newestNs =
            group.sums.blocks == 0 ? block.timeNs : std::max(group.newestNs, block.timeNs);
        group.sums.add(block.bytes);
        if (verdict.kind == LeakKind::indirect) {
            groupOf(LeakKind::definite, blocks[origins[verdict.head]].stack)
                .indirect.add(block.bytes);
        }
    }
    for (auto& [key, group] : groups) {
        report.groups.push_back(std::move(group));
    }
    std::stable_sort(
        report.groups.begin(), report.groups.end(), [](const LeakGroup& a, const LeakGroup& b) {
            const std::uint64_t bytesOfA = a.sums.bytes + a.indirect.bytes;
            const std::uint64_t bytesOfB = b.sums.bytes + b.indirect.bytes;
            return std::pair(rankOf(a.kind), bytesOfB) < std::pair(rankOf(b.kind), bytesOfA);
        });
}

} // namespace ringscope
