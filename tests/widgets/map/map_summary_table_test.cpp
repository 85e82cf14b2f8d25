// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/map/map_summary_table.h"

#include <gtest/gtest.h>

#include <QAbstractItemModelTester>
#include <QApplication>
#include <QClipboard>
#include <QHeaderView>
#include <QSignalSpy>
#include <QTableView>
#include <QTest>

#include "core/memory/map_objects.h"
#include "tests/widgets/accessible_names.h"
#include "tests/widgets/map/map_text.h"
#include "widgets/map/map_cell_delegate.h"
#include "widgets/map/map_summary_model.h"
#include "widgets/theme/theme.h"

namespace ringscope {
namespace {

using testing::kSmallMap;
using testing::mapOf;
using testing::sharedMap;

MapSnapshotPtr withPageTables(std::string_view smaps, std::uint64_t bytes) {
    MapSnapshot snapshot = mapOf(smaps);
    snapshot.counters.emplace();
    snapshot.counters->pageTables = bytes;
    return std::make_shared<const MapSnapshot>(snapshot);
}

class MapSummaryTableTest : public ::testing::Test {
protected:
    MapSummaryTableTest() { table.resize(1000, 300); }

    [[nodiscard]] std::string names() const {
        std::string names;
        for (int row = 0; row < table.model().rowCount(); ++row) {
            names += table.model().index(row, 0).data().toString().toStdString() + ",";
        }
        return names;
    }
    [[nodiscard]] QModelIndex cell(std::optional<MemoryType> type, std::string_view key) const {
        int column = 1;
        for (const MapColumn& each : mapColumns()) {
            if (each.key == key) {
                return table.model().index(table.model().rowOf(type), column);
            }
            ++column;
        }
        return {};
    }
    [[nodiscard]] std::string text(std::optional<MemoryType> type, std::string_view key) const {
        return cell(type, key).data().toString().toStdString();
    }

    Theme theme{lightTokens()};
    MapSummaryTable table{theme};
    // Mode Warning: the main() of these tests turns each warning into a failure.
    QAbstractItemModelTester tester{&table.model(),
                                    QAbstractItemModelTester::FailureReportingMode::Warning};
};

TEST_F(MapSummaryTableTest, HasTheTotalAndTheTypesThatThereAre) {
    table.setSnapshot(withPageTables(kSmallMap, 40'960));
    EXPECT_EQ(names(), "Total,Image,Mapped File,Shareable,Heap,Stack,Page Table,Free,");
    table.setEmptyTypesShown(true);
    EXPECT_EQ(names(), "Total,Image,Mapped File,Shareable,Heap,Managed Heap,Stack,Private Data,"
                       "Huge Pages,Reserved,Kernel,Device,Unknown,Page Table,Free,");
    table.setEmptyTypesShown(false);
    table.setSnapshot(nullptr);
    EXPECT_EQ(names(), "");
}

TEST_F(MapSummaryTableTest, EveryNumberIsASumOfTheMap) {
    const MapSnapshotPtr map = withPageTables(kSmallMap, 40'960);
    table.setSnapshot(map);
    const MapObjects objects = groupByObject(*map);
    for (const MapColumn& column : mapColumns()) {
        MemorySums total;
        for (const MemoryType type : kMemoryTypes) {
            if (type == MemoryType::pageTable || type == MemoryType::free) {
                continue;
            }
            MemorySums sums;
            for (const MapObject& object : objects.objects) {
                sums += object.type == type ? object.sums : MemorySums{};
            }
            total += sums;
            if (sums.size > 0) {
                EXPECT_EQ(table.model().exactText(cell(type, column.key)),
                          QString::number(column.value(sums)))
                    << column.key;
            }
        }
        EXPECT_EQ(table.model().exactText(cell(std::nullopt, column.key)),
                  QString::number(column.value(total)))
            << column.key;
    }
    EXPECT_EQ(text(MemoryType::shareable, "size"), "1.06 MiB");
    EXPECT_EQ(text(MemoryType::heap, "swap"), "12 KiB");
    EXPECT_EQ(text(MemoryType::stack, "swap"), "") << "zero is blank";
    EXPECT_EQ(text(MemoryType::pageTable, "size"), "40 KiB");
    EXPECT_EQ(text(MemoryType::pageTable, "blocks"), "");
}

TEST_F(MapSummaryTableTest, ACoreDumpSaysNothingOfPhysicalMemory) {
    MapSnapshot core = mapOf(kSmallMap);
    core.origin = MapOrigin::coreDump;
    table.setSnapshot(std::make_shared<const MapSnapshot>(core));
    EXPECT_EQ(text(MemoryType::heap, "rss"), "");
    EXPECT_EQ(table.model().exactText(cell(MemoryType::heap, "rss")), QString());
    EXPECT_EQ(text(MemoryType::heap, "size"), "132 KiB");
}

TEST_F(MapSummaryTableTest, ABaselineMakesCellsChanges) {
    table.setSnapshot(sharedMap("1000-2000 rw-p 00000000 00:00 0 [heap]\nRss: 4 kB\n"
                                "8000-b000 r--p 00000000 08:01 5 /a\n"));
    table.setBaseline(sharedMap("1000-3000 rw-p 00000000 00:00 0 [heap]\nRss: 4 kB\n"
                                "a0000-a1000 rw-s 00000000 00:01 9 /dev/shm/ring\n"));
    EXPECT_EQ(names(), "Total,Mapped File,Shareable,Heap,Free,");
    EXPECT_EQ(text(MemoryType::heap, "size"), "\u22124 KiB");
    EXPECT_EQ(cell(MemoryType::heap, "size").data(kMapSignRole).toInt(), -1);
    EXPECT_EQ(text(MemoryType::heap, "rss"), "");
    EXPECT_EQ(text(MemoryType::mappedFile, "size"), "+12 KiB");
    EXPECT_EQ(cell(MemoryType::mappedFile, "size").data(kMapSignRole).toInt(), 1);
    EXPECT_EQ(text(MemoryType::shareable, "blocks"), "\u22121");
    EXPECT_EQ(text(std::nullopt, "size"), "+4 KiB");
    EXPECT_EQ(cell(MemoryType::heap, "size").data(Qt::ToolTipRole).toString(),
              QStringLiteral("8 KiB before, 4 KiB after"));
    table.setBaseline(nullptr);
    EXPECT_EQ(text(MemoryType::heap, "size"), "4 KiB");
}

TEST_F(MapSummaryTableTest, AClickSelectsTheType) {
    table.setSnapshot(sharedMap(kSmallMap));
    QSignalSpy selected(&table, &MapSummaryTable::typeSelected);
    table.show();
    const auto click = [&](std::optional<MemoryType> type) {
        QTest::mouseClick(table.view().viewport(), Qt::LeftButton, {},
                          table.view().visualRect(cell(type, "size")).center());
    };
    click(MemoryType::heap);
    ASSERT_EQ(selected.size(), 1);
    EXPECT_EQ(selected[0][0].value<std::optional<MemoryType>>(), MemoryType::heap);
    click(std::nullopt);
    ASSERT_EQ(selected.size(), 2);
    EXPECT_EQ(selected[1][0].value<std::optional<MemoryType>>(), std::nullopt);
}

TEST_F(MapSummaryTableTest, TheSelectedTypeStaysWhenRowsComeAndGo) {
    table.setSnapshot(sharedMap(kSmallMap));
    QSignalSpy selected(&table, &MapSummaryTable::typeSelected);
    table.selectType(MemoryType::heap);
    std::string later(kSmallMap);
    later.erase(0, later.find("01000000"));
    table.setSnapshot(sharedMap(later));
    EXPECT_EQ(selected.size(), 0) << "nobody chose anything";
    EXPECT_EQ(table.selectedType(), MemoryType::heap);
    ASSERT_EQ(table.view().selectionModel()->selectedRows().size(), 1);
    EXPECT_EQ(table.model().typeAt(table.view().selectionModel()->selectedRows().front().row()),
              MemoryType::heap);
}

TEST_F(MapSummaryTableTest, CopiesExactNumbersForProgramsAndReadableOnesForPeople) {
    table.setSnapshot(sharedMap("1000-3000 rw-p 00000000 00:00 0 [heap]\nRss: 8 kB\n"));
    for (int column = 1; column < table.model().columnCount(); ++column) {
        table.setColumnShown(column, column == 1);
    }
    EXPECT_EQ(table.copied(CopyFormat::csv).toStdString(),
              "Type,Size [bytes]\r\nTotal,8192\r\nHeap,8192\r\nFree,140737488343040\r\n");
    EXPECT_EQ(table.copied(CopyFormat::markdown).toStdString(),
              "| Type | Size |\n| --- | ---: |\n| Total | 8 KiB |\n| Heap | 8 KiB |\n"
              "| Free | 128 TiB |\n");
}

TEST_F(MapSummaryTableTest, ColumnsAreAsTheyWereLeft) {
    table.setSnapshot(sharedMap(kSmallMap));
    table.setColumnNames(ColumnNames::vmmapNames);
    table.setColumnShown(2, false);
    MapSummaryTable next(theme);
    next.restoreColumns(table.columnState());
    EXPECT_TRUE(next.view().isColumnHidden(2));
    EXPECT_EQ(next.model().columnNames(), ColumnNames::vmmapNames);
    next.restoreColumns("nonsense");
    EXPECT_TRUE(next.view().isColumnHidden(2));
}

TEST_F(MapSummaryTableTest, HasRoomForEachRow) {
    table.setSnapshot(sharedMap(kSmallMap));
    table.resize(1000, table.sizeHint().height());
    table.show();
    const int last = table.model().rowCount() - 1;
    EXPECT_LE(table.view().visualRect(table.model().index(last, 0)).bottom(),
              table.view().viewport()->height());
}

TEST_F(MapSummaryTableTest, ScreenReadersAreToldWhatItIs) {
    EXPECT_EQ(namelessControls(table), "");
    EXPECT_FALSE(table.view().accessibleName().isEmpty());
}

} // namespace
} // namespace ringscope
