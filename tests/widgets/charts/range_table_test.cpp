// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/charts/range_table.h"

#include <gtest/gtest.h>

#include <QTableWidget>

#include "tests/widgets/charts/chart_session.h"

namespace ringscope {

TEST(RangeStatistics, TotalOfACounterIsItsExactIncrease) {
    const auto view = chartSession(3000);
    for (const RangeRow& row :
         rangeStatistics(*view, {kTestStart + 1000 * kTestMs, kTestStart + 2000 * kTestMs})) {
        if (row.series == "messages.sent") {
            EXPECT_DOUBLE_EQ(row.statistics.total, 3e6);
            EXPECT_EQ(row.totalUnit, Unit::count);
            return;
        }
    }
    FAIL() << "no row for messages.sent";
}

TEST(RangeTable, ShowsTheSelectionAndNothingWithoutOne) {
    const auto view = chartSession(3000);
    TimeLink link;
    link.setSession(view->startNs, view->endNs, false);
    RangeTable table(link);
    table.show();
    table.setView(view);
    table.tick();
    auto* rows = table.findChild<QTableWidget*>();
    EXPECT_TRUE(rows->isHidden());
    link.select({kTestStart + 1000 * kTestMs, kTestStart + 2000 * kTestMs});
    table.tick();
    EXPECT_FALSE(rows->isHidden());
    EXPECT_EQ(rows->rowCount(), 6);
    EXPECT_EQ(rows->item(2, 5)->text(), QStringLiteral("3 M"));
    EXPECT_EQ(rows->item(0, 5)->text(), QString()) << "a level has no total";
}

} // namespace ringscope
