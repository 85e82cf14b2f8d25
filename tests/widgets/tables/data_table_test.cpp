// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/tables/data_table.h"

#include <gtest/gtest.h>

#include <QApplication>
#include <QClipboard>
#include <QHeaderView>
#include <QLabel>
#include <QSignalSpy>
#include <QTableView>
#include <QTest>

#include "tests/widgets/accessible_names.h"
#include "widgets/tables/table_model.h"
#include "widgets/theme/theme.h"

namespace ringscope {
namespace {

class DataTableTest : public testing::Test {
protected:
    DataTableTest() { table.resize(500, 300); }
    static std::vector<TableColumn> columns() {
        TableColumn name;
        name.title = QStringLiteral("Worker");
        TableColumn rate;
        rate.title = QStringLiteral("Rate");
        rate.kind = ColumnKind::quantity;
        rate.unit = Unit::countPerSec;
        return {name, rate};
    }
    void give(const std::vector<std::pair<const char*, double>>& rows) {
        std::vector<TableRow> made;
        for (const auto& [name, rate] : rows) {
            TableRow row;
            row.key = QLatin1String(name);
            row.value = static_cast<std::int64_t>(made.size()) + 100;
            row.cells = {textCell(row.key), numberCell(rate)};
            made.push_back(row);
        }
        table.setRows(std::move(made));
    }
    std::string order() const {
        std::string keys;
        for (const QString& key : table.shownKeys()) {
            keys += (keys.empty() ? "" : " ") + key.toStdString();
        }
        return keys;
    }

    Theme theme{lightTokens()};
    DataTable table{theme, QStringLiteral("Workers"), columns(),
                    QStringLiteral("Workers appear here.")};
};

TEST_F(DataTableTest, KeepsTheGivenOrderUntilSomebodySorts) {
    give({{"P10", 1}, {"P2", 20}, {"C0", 3}});
    EXPECT_EQ(order(), "P10 P2 C0");
}

TEST_F(DataTableTest, TextsSortWithTheirNumbers) {
    give({{"P10", 1}, {"P2", 20}, {"C0", 3}});
    table.sortBy(0, Qt::AscendingOrder);
    EXPECT_EQ(order(), "C0 P2 P10");
}

TEST_F(DataTableTest, NumbersSortByValueWithBlanksLast) {
    give({{"P0", 900}, {"P1", 20'000}, {"P2", std::nan("")}, {"P3", 3}});
    table.sortBy(1, Qt::DescendingOrder);
    EXPECT_EQ(order(), "P1 P0 P3 P2"); // as text 900 would be above 20 k
}

TEST_F(DataTableTest, StaysSortedWhenValuesChange) {
    give({{"P0", 1}, {"P1", 2}});
    table.sortBy(1, Qt::DescendingOrder);
    give({{"P0", 5}, {"P1", 2}});
    EXPECT_EQ(order(), "P0 P1");
}

TEST_F(DataTableTest, FilterLooksAtAllColumns) {
    give({{"P0", 1}, {"C0", 2'000}, {"C1", 3}});
    table.setFilter(QStringLiteral("c"));
    EXPECT_EQ(order(), "C0 C1");
    table.setFilter(QStringLiteral("2 k"));
    EXPECT_EQ(order(), "C0");
}

TEST_F(DataTableTest, CopiesWhatIsShownInTheOrderOnTheScreen) {
    give({{"P0", 1}, {"C0", 2}, {"C1", 3}});
    table.setFilter(QStringLiteral("C"));
    table.sortBy(1, Qt::DescendingOrder);
    EXPECT_EQ(table.copied(CopyFormat::tsv), QStringLiteral("Worker\tRate [1/s]\nC1\t3\nC0\t2\n"));
}

TEST_F(DataTableTest, CopiesOnlySelectedRowsAndShownColumns) {
    give({{"P0", 1}, {"C0", 2}});
    table.view().selectRow(1);
    table.setColumnShown(1, false);
    EXPECT_EQ(table.copied(CopyFormat::csv), QStringLiteral("Worker\r\nC0\r\n"));
}

TEST_F(DataTableTest, ColumnsAreAsTheyWereLeft) {
    give({{"P0", 1}});
    table.setColumnShown(1, false);
    table.view().setColumnWidth(0, 123);
    const QByteArray left = table.columnState();

    DataTable next(theme, QStringLiteral("Workers"), columns(), {});
    next.restoreColumns(left);
    EXPECT_TRUE(next.view().isColumnHidden(1));
    EXPECT_EQ(next.view().columnWidth(0), 123);
    next.resetColumns();
    EXPECT_FALSE(next.view().isColumnHidden(1));
}

TEST_F(DataTableTest, ColumnsHiddenBeforeThereAreRowsAreStillFittedToThem) {
    table.setColumnShown(1, false);
    DataTable next(theme, QStringLiteral("Workers"), columns(), {});
    next.restoreColumns(table.columnState());
    EXPECT_TRUE(next.view().isColumnHidden(1));
    const int before = next.view().columnWidth(0);
    TableRow row;
    row.cells = {textCell(QStringLiteral("a name that is longer than any column at first")),
                 numberCell(1)};
    next.setRows({row});
    EXPECT_GT(next.view().columnWidth(0), before);
    EXPECT_TRUE(next.view().isColumnHidden(1));
}

TEST_F(DataTableTest, ColumnsOfAnotherTableAreNotTaken) {
    give({{"P0", 1}});
    const int width = table.view().columnWidth(0);
    for (const QByteArray& state :
         {QByteArray(), QByteArray("nonsense"), QByteArray("2 fitted nonsense"),
          "3" + table.columnState().mid(1)}) {
        table.restoreColumns(state);
        EXPECT_EQ(table.view().columnWidth(0), width) << state.toStdString();
    }
}

TEST_F(DataTableTest, CtrlCCopiesToTheClipboard) {
    give({{"P0", 1}});
    table.show();
    table.view().setFocus();
    table.activateWindow();
    ASSERT_TRUE(QTest::qWaitForWindowActive(&table));
    QTest::keyClick(&table.view(), Qt::Key_C, Qt::ControlModifier);
    EXPECT_EQ(QApplication::clipboard()->text(), QStringLiteral("Worker\tRate [1/s]\nP0\t1\n"));
}

TEST_F(DataTableTest, SelectionSurvivesAnUpdate) {
    give({{"P0", 1}, {"C0", 2}});
    table.view().selectRow(1);
    give({{"P0", 7}, {"P1", 1}, {"C0", 9}});
    EXPECT_TRUE(table.view().selectionModel()->isRowSelected(2));
}

TEST_F(DataTableTest, ActivatingARowTellsWhatItStandsFor) {
    give({{"P0", 1}, {"C0", 2}});
    table.sortBy(1, Qt::DescendingOrder);
    QSignalSpy activated(&table, &DataTable::rowActivated);
    Q_EMIT table.view().activated(table.view().model()->index(0, 0));
    ASSERT_EQ(activated.size(), 1);
    EXPECT_EQ(activated[0][0].toString(), QStringLiteral("C0"));
    EXPECT_EQ(activated[0][1].toLongLong(), 101);
}

TEST_F(DataTableTest, RowsAreAsHighAsTheFontAsks) {
    const int before = table.view().verticalHeader()->defaultSectionSize();
    QFont font = table.font();
    font.setPointSize(font.pointSize() * 2);
    table.setFont(font);
    EXPECT_GT(table.view().verticalHeader()->defaultSectionSize(), before + 8);
}

TEST_F(DataTableTest, EmptyTableSaysWhatWouldBeHere) {
    table.show();
    const auto isSaid = [&](const QString& sentence) {
        for (const auto* label : table.findChildren<QLabel*>()) {
            if (label->isVisible() && label->text() == sentence) {
                return true;
            }
        }
        return false;
    };
    EXPECT_TRUE(isSaid(QStringLiteral("Workers appear here.")));
    give({{"P0", 1}});
    EXPECT_FALSE(isSaid(QStringLiteral("Workers appear here.")));
    table.setFilter(QStringLiteral("zzz"));
    EXPECT_TRUE(isSaid(QStringLiteral("No row contains 'zzz'.")));
}

TEST_F(DataTableTest, EveryControlHasAName) {
    EXPECT_EQ(namelessControls(table), "");
}

} // namespace
} // namespace ringscope
