// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "core/heap/heap_blocks.h"
#include "core/heap/leak_report.h"

namespace ringscope {

// As memcheck lists them: definite, indirect, possible, reachable.
constexpr std::array<LeakKind, 4> kLeakKinds = {LeakKind::definite, LeakKind::indirect,
                                                LeakKind::possible, LeakKind::reachable};
// "Definitely lost".
[[nodiscard]] QString leakKindName(LeakKind kind);
// What it means, in a sentence.
[[nodiscard]] QString leakKindHelp(LeakKind kind);

// What one call stack has allocated and is of one kind.
struct LeakRow {
    LeakGroup group;
    NamedFrame frame;  // that tells
    NamedFrame caller; // of it: a program that has a function of its own to allocate is told apart
};

// What a search for leaks has found, with names. A value.
struct LeakRows {
    std::vector<LeakRow> rows;     // as LeakReport::groups, without those that are suppressed
    std::array<LeakSums, 4> kinds; // of the rows, by LeakKind
    LeakSums suppressed;
    std::int64_t timeNs = 0; // of the search

    [[nodiscard]] const LeakSums& of(LeakKind kind) const {
        return kinds[static_cast<std::size_t>(kind)];
    }
};

// profile and symbols: of the same process. Takes some 100 ms for 80,000
// groups.
[[nodiscard]] LeakRows leakRows(const LeakReport& report, const HeapProfile& profile,
                                const HeapSymbols& symbols);

} // namespace ringscope
