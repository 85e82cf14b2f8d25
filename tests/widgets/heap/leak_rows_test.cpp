// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/heap/leak_rows.h"

#include <gtest/gtest.h>

#include "tests/support/heap_records.h"
#include "tests/widgets/heap/leak_records.h"

namespace ringscope {
namespace {

LeakRows rowsOf(const LeakReport& report) {
    const HeapRecord record = testing::heapRecord();
    return leakRows(report, record.profile, record.symbols);
}

TEST(LeakRows, NameTheInnermostOwnFunctionOfEachStack) {
    const LeakRows found = rowsOf(testing::leakReport());
    ASSERT_EQ(found.rows.size(), 5U);
    EXPECT_EQ(found.rows[0].frame.function, "g<a; b>()");
    EXPECT_EQ(found.rows[0].frame.place, "g.h:7");
    EXPECT_EQ(found.rows[0].caller.function, "f(int)");
    EXPECT_EQ(found.rows[1].frame.function, "") << "a stack that is not in the profile";
    EXPECT_EQ(found.rows[2].frame.function, "libx.so+0x1100");
    EXPECT_EQ(found.timeNs, 5'000'000'000);
}

TEST(LeakRows, SumAsTheReportDoes) {
    const LeakReport report = testing::leakReport();
    const LeakRows found = rowsOf(report);
    for (const LeakKind kind : kLeakKinds) {
        EXPECT_EQ(found.of(kind), report.of(kind)) << leakKindText(kind);
    }
    EXPECT_EQ(found.suppressed, LeakSums());
}

TEST(LeakRows, CountWhatIsSuppressedApart) {
    LeakReport report = testing::leakReport();
    report.groups[0].suppression = "g<*";
    const LeakRows found = rowsOf(report);
    EXPECT_EQ(found.rows.size(), 4U);
    EXPECT_EQ(found.of(LeakKind::definite), (LeakSums{1, 5}));
    EXPECT_EQ(found.suppressed, (LeakSums{3, 300}));
}

} // namespace
} // namespace ringscope
