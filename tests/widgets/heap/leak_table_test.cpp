// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/heap/leak_table.h"

#include <gtest/gtest.h>

#include <QAbstractItemModelTester>
#include <QApplication>
#include <QClipboard>
#include <QTest>

#include <memory>
#include <string>
#include <vector>

#include "tests/support/heap_records.h"
#include "tests/widgets/heap/leak_records.h"
#include "widgets/heap/leak_table_model.h"

namespace ringscope {
namespace {

class LeakTableTest : public ::testing::Test {
protected:
    LeakTableTest() {
        const HeapRecord record = testing::heapRecord();
        table.setRows(std::make_shared<const LeakRows>(
            leakRows(testing::leakReport(), record.profile, record.symbols)));
        table.setByteScale(ByteScale::bytes);
    }
    [[nodiscard]] std::string rowText(int row) {
        std::string text;
        for (int column = 0; column < LeakTableModel::columns; ++column) {
            text += (column == 0 ? "" : " | ") +
                    model.index(row, column).data().toString().toStdString();
        }
        return text;
    }
    [[nodiscard]] std::vector<std::uint64_t> bytes() {
        std::vector<std::uint64_t> all;
        for (int row = 0; row < model.rowCount(); ++row) {
            all.push_back(model.rowAt(row).group.sums.bytes);
        }
        return all;
    }

    LeakTable table;
    LeakTableModel& model = table.leaks();
    QAbstractItemModelTester tester{&model, QAbstractItemModelTester::FailureReportingMode::Fatal};
};

using Bytes = std::vector<std::uint64_t>;

TEST_F(LeakTableTest, ListsWhatIsLostByKind) {
    ASSERT_EQ(model.rowCount(), 4);
    EXPECT_EQ(
        rowText(0),
        "Definitely lost | 300 B | 3 | 40 B in 1 | 1 s | g<a; b>() | g.h:7 | f(int)  main.cpp:20");
    EXPECT_EQ(rowText(1),
              "Definitely lost | 5 B | 1 |  | 500 ms | [its call stack is not known] |  | ");
    EXPECT_EQ(rowText(2), "Indirectly lost | 40 B | 1 |  | 800 ms | [code made at run time] "
                          "0xff00 |  | main  main.cpp:10");
    EXPECT_EQ(rowText(3), "Possibly lost | 20 B | 2 |  | 4 s | libx.so+0x1100 |  | ");
}

TEST_F(LeakTableTest, ShowsTheKindsThatAreAskedFor) {
    table.setKindShown(LeakKind::reachable, true);
    EXPECT_EQ(bytes(), (Bytes{300, 5, 40, 20, 7}));
    table.setKindShown(LeakKind::definite, false);
    table.setKindShown(LeakKind::indirect, false);
    EXPECT_EQ(bytes(), (Bytes{20, 7}));
}

TEST_F(LeakTableTest, IsSortedByEachColumn) {
    const auto order = [this](int column, Qt::SortOrder direction) {
        table.sortByColumn(column, direction);
        return bytes();
    };
    EXPECT_EQ(order(LeakTableModel::bytesColumn, Qt::DescendingOrder), (Bytes{300, 40, 20, 5}));
    EXPECT_EQ(order(LeakTableModel::blocksColumn, Qt::AscendingOrder), (Bytes{5, 40, 20, 300}));
    EXPECT_EQ(order(LeakTableModel::indirectColumn, Qt::DescendingOrder).front(), 300U);
    EXPECT_EQ(order(LeakTableModel::ageColumn, Qt::DescendingOrder), (Bytes{20, 300, 40, 5}));
    EXPECT_EQ(order(LeakTableModel::functionColumn, Qt::AscendingOrder), (Bytes{5, 40, 300, 20}));
    EXPECT_EQ(order(LeakTableModel::placeColumn, Qt::DescendingOrder).front(), 300U);
}

TEST_F(LeakTableTest, FindsByFunctionFileAndCaller) {
    table.setFindText(QStringLiteral("G<A"));
    EXPECT_EQ(bytes(), Bytes{300});
    table.setFindText(QStringLiteral("g.h:7"));
    EXPECT_EQ(bytes(), Bytes{300});
    table.setFindText(QStringLiteral("f(INT)"));
    EXPECT_EQ(bytes(), Bytes{300}) << "its caller";
    table.setFindText(QStringLiteral("nowhere"));
    EXPECT_EQ(model.rowCount(), 0);
}

TEST_F(LeakTableTest, NamesTheStackOfTheRowThatIsChosen) {
    std::vector<std::uint32_t> chosen;
    std::vector<std::uint32_t> asked;
    QObject::connect(&table, &LeakTable::stackChosen, &table,
                     [&](std::uint32_t stack) { chosen.push_back(stack); });
    QObject::connect(&table, &LeakTable::stackRequested, &table,
                     [&](std::uint32_t stack) { asked.push_back(stack); });
    table.setCurrentIndex(model.index(0, 0));
    QTest::keyClick(&table, Qt::Key_Down);
    EXPECT_EQ(chosen, (std::vector<std::uint32_t>{1, 99}));
    Q_EMIT table.activated(model.index(3, 0));
    EXPECT_EQ(asked, std::vector<std::uint32_t>{5});
}

TEST_F(LeakTableTest, CopiesTheSelectedRows) {
    table.setCurrentIndex(model.index(0, 0));
    QTest::keyClick(&table, Qt::Key_C, Qt::ControlModifier);
    EXPECT_EQ(QApplication::clipboard()->text().toStdString(),
              "Definitely lost\t300 B\t3\t40 B in 1\t1 s\tg<a; b>()\tg.h:7\tf(int)  main.cpp:20\n");
    table.setRows(nullptr);
    EXPECT_EQ(model.rowCount(), 0);
}

} // namespace
} // namespace ringscope
