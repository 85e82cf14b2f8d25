// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/heap/leak_rows.h"

#include <QObject>

#include <unordered_map>
#include <utility>

namespace ringscope {

namespace {

void addTo(LeakSums& sums, const LeakSums& more) {
    sums.blocks += more.blocks;
    sums.bytes += more.bytes;
}

} // namespace

QString leakKindName(LeakKind kind) {
    switch (kind) {
    case LeakKind::definite:
        return QObject::tr("Definitely lost");
    case LeakKind::indirect:
        return QObject::tr("Indirectly lost");
    case LeakKind::possible:
        return QObject::tr("Possibly lost");
    case LeakKind::reachable:
        break;
    }
    return QObject::tr("Still reachable");
}

QString leakKindHelp(LeakKind kind) {
    switch (kind) {
    case LeakKind::definite:
        return QObject::tr("Nothing that the program can reach points to them");
    case LeakKind::indirect:
        return QObject::tr("Only definitely lost blocks lead to them: they go with these");
    case LeakKind::possible:
        return QObject::tr("What the program can reach points only into their midst, or into the "
                           "midst of a block that leads to them");
    case LeakKind::reachable:
        break;
    }
    return QObject::tr("Pointers lead to their first bytes: in use, or just never freed");
}

LeakRows leakRows(const LeakReport& report, const HeapProfile& profile,
                  const HeapSymbols& symbols) {
    std::unordered_map<std::uint32_t, const HeapStack*> stacks;
    for (const HeapStack& stack : profile.stacks) {
        stacks.emplace(stack.number, &stack);
    }
    const auto rowOf = [&](const LeakGroup& group) {
        LeakRow row{group, {}, {}};
        if (const auto stack = stacks.find(group.stack); stack != stacks.end()) {
            std::vector<NamedFrame> frames = namedFrames(profile, symbols, *stack->second);
            const std::size_t telling = tellingFrame(frames);
            row.frame = telling < frames.size() ? std::move(frames[telling]) : NamedFrame();
            row.caller =
                telling + 1 < frames.size() ? std::move(frames[telling + 1]) : NamedFrame();
        }
        return row;
    };
    LeakRows found;
    found.timeNs = report.timeNs;
    for (const LeakGroup& group : report.groups) {
        if (!group.suppression.empty()) {
            addTo(found.suppressed, group.sums);
            continue;
        }
        addTo(found.kinds[static_cast<std::size_t>(group.kind)], group.sums);
        found.rows.push_back(rowOf(group));
    }
    return found;
}

} // namespace ringscope
