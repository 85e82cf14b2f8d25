// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/heap/histogram_table.h"

#include <gtest/gtest.h>

#include <QAbstractItemModelTester>

#include <string>

#include "tests/support/heap_records.h"
#include "widgets/theme/theme.h"

namespace ringscope {
namespace {

class HistogramTableTest : public ::testing::Test {
protected:
    [[nodiscard]] std::string rowText(int row) {
        std::string text;
        for (int column = 0; column < table.model()->columnCount(); ++column) {
            text += (column == 0 ? "" : " | ") +
                    table.model()->index(row, column).data().toString().toStdString();
        }
        return text;
    }

    Theme theme{lightTokens()};
    HistogramTable table{theme,
                         QStringLiteral("Size Share Allocated Alive").split(QLatin1Char(' ')),
                         QStringLiteral("a b c d").split(QLatin1Char(' '))};
    QAbstractItemModelTester tester{table.model(),
                                    QAbstractItemModelTester::FailureReportingMode::Fatal};
    HeapProfile profile = testing::heapRecord().profile;
};

TEST_F(HistogramTableTest, ShowsSizes) {
    table.setRows(sizeRows(profile));
    ASSERT_EQ(table.model()->rowCount(), 2);
    EXPECT_EQ(rowText(0), "below 32 B | 75.0 % | 9 | 1");
    EXPECT_EQ(rowText(1), "from 96 B | 25.0 % | 3 | 1");
    EXPECT_DOUBLE_EQ(table.model()->index(0, 1).data(Qt::UserRole).toDouble(), 0.75);
    profile.sizes[1].liveBlocks = 0;
    table.setRows(sizeRows(profile));
    EXPECT_EQ(rowText(1), "from 96 B | 25.0 % | 3 | ") << "zero is blank";
    table.setRows({});
    EXPECT_EQ(table.model()->rowCount(), 0);
}

TEST_F(HistogramTableTest, ThreadsHaveTheirBytesLargestFirst) {
    profile.threads.push_back({77, "a\nb", false, 20, 0, 0, 0, 0});
    const auto rows = threadRows(profile, ByteScale::bytes);
    ASSERT_EQ(rows.size(), 3U);
    EXPECT_EQ(rows[0].label, QStringLiteral("a\\012b · 77 · ended"));
    EXPECT_EQ(rows[1].label, QStringLiteral("demo · 4711"));
    EXPECT_EQ(rows[1].counts, (std::vector<std::uint64_t>{11, 9, 2}));
    EXPECT_EQ(rows[1].texts,
              (std::vector<QString>{QStringLiteral("5000 B"), QStringLiteral("4000 B")}));
    EXPECT_EQ(rows[2].label, QStringLiteral("earlier ones"));
    HistogramTable threads(theme, QStringLiteral("a b c d e f g").split(QLatin1Char(' ')),
                           QStringLiteral("a b c d e f g").split(QLatin1Char(' ')));
    threads.setRows(rows);
    EXPECT_EQ(threads.model()->index(1, 6).data().toString(), QStringLiteral("4000 B"));
    EXPECT_EQ(threads.model()->index(0, 5).data().toString(), QString()) << "zero is blank";
}

TEST_F(HistogramTableTest, LifetimesSayWhereTheyEnd) {
    const auto rows = lifetimeRows(profile);
    ASSERT_EQ(rows.size(), 3U);
    EXPECT_EQ(rows[0].label, QStringLiteral("below 64 ns"));
    EXPECT_EQ(rows[0].counts, std::vector<std::uint64_t>{3});
    EXPECT_EQ(rows[2].counts, std::vector<std::uint64_t>{1});
}

} // namespace
} // namespace ringscope
