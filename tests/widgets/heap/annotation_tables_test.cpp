// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/heap/annotation_tables.h"

#include <gtest/gtest.h>

#include <string>

#include "widgets/theme/theme.h"

namespace ringscope {
namespace {

class AnnotationTablesTest : public ::testing::Test {
protected:
    [[nodiscard]] static std::string rowText(const HistogramTable& table, int row) {
        std::string text;
        for (int column = 0; column < table.model()->columnCount(); ++column) {
            text += (column == 0 ? "" : " | ") +
                    table.model()->index(row, column).data().toString().toStdString();
        }
        return text;
    }

    Theme theme{lightTokens()};
    AnnotationTables tables{theme};
    HeapAnnotations annotations;
};

TEST_F(AnnotationTablesTest, RegionsHaveTheirMeansMostAllocationsFirst) {
    HeapRegionCounters few;
    few.name = "few";
    few.entries = 8;
    few.allocations = 1;
    HeapRegionCounters many;
    many.name = "many\n";
    many.entries = 5;
    many.unattributed = 1;
    many.allocations = 9;
    many.allocatedBytes = 400;
    many.mostAllocations = 7;
    many.timeNs = 4000;
    annotations.regions = {few, many};
    tables.setAnnotations(annotations, ByteScale::bytes);
    ASSERT_EQ(tables.regions().model()->rowCount(), 2);
    EXPECT_EQ(rowText(tables.regions(), 0), "many\\012 | 90.0 % | 9 | 5 | 7 | 2.25 | 100 B | 1 µs");
    EXPECT_EQ(rowText(tables.regions(), 1).substr(0, 20), "few | 10.0 % | 1 | 8");
}

TEST_F(AnnotationTablesTest, PoolsHaveWhatIsAliveInThem) {
    annotations.pools = {{"nodes", 1, 10, 4, 640, 6, 384, 1384}};
    tables.setAnnotations(annotations, ByteScale::bytes);
    ASSERT_EQ(tables.pools().model()->rowCount(), 1);
    EXPECT_EQ(rowText(tables.pools(), 0), "nodes | 100.0 % | 10 | 4 | 6 | 384 B | 1384 B");
}

TEST_F(AnnotationTablesTest, ViolatedExpectationsSayWhereTheyAre) {
    HeapExpectationCounters violated;
    violated.name = "quiet";
    violated.scopes = 4;
    violated.violations = 3;
    violated.allocations = 5;
    violated.allocatedBytes = 120;
    violated.file = "a.cpp";
    violated.line = 12;
    annotations.expectations = {violated};
    tables.setAnnotations(annotations, ByteScale::bytes);
    EXPECT_EQ(rowText(tables.expectations(), 0), "quiet | 100.0 % | 3 | 4 | 5 | 120 B | a.cpp:12");
}

TEST_F(AnnotationTablesTest, TablesOfNothingAreHidden) {
    EXPECT_FALSE(tables.regions().isHidden());
    EXPECT_TRUE(tables.pools().isHidden());
    EXPECT_TRUE(tables.expectations().isHidden());
    annotations.pools.emplace_back();
    tables.setAnnotations(annotations, ByteScale::bytes);
    EXPECT_FALSE(tables.pools().isHidden());
    tables.setAnnotations({}, ByteScale::bytes);
    EXPECT_TRUE(tables.pools().isHidden());
}

} // namespace
} // namespace ringscope
