// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/heap/leak_report.h"

namespace ringscope::testing {

// Of heapRecord(): f's stack lost 300 bytes and with them 40 that the code made at run time has
// allocated; possibly 20 of the stripped library's; 7 are in use; 5 of a stack that nobody knows.
inline LeakReport leakReport() {
    LeakReport report;
    report.timeNs = 5'000'000'000;
    report.stops = 2;
    report.stoppedNs = 3'000'000;
    report.threads = 2;
    const auto add = [&report](LeakKind kind, std::uint32_t stack, LeakSums sums, LeakSums with,
                               std::int64_t oldestNs) {
        report.groups.push_back({kind, stack, sums, with, 0x5000, oldestNs, 4'900'000'000, {}});
        report.kinds[static_cast<std::size_t>(kind)].blocks += sums.blocks;
        report.kinds[static_cast<std::size_t>(kind)].bytes += sums.bytes;
    };
    add(LeakKind::definite, 1, {3, 300}, {1, 40}, 4'000'000'000);
    add(LeakKind::definite, 99, {1, 5}, {}, 4'500'000'000);
    add(LeakKind::possible, 5, {2, 20}, {}, 1'000'000'000);
    add(LeakKind::indirect, 2, {1, 40}, {}, 4'200'000'000);
    add(LeakKind::reachable, 2, {1, 7}, {}, 2'000'000'000);
    return report;
}

} // namespace ringscope::testing
