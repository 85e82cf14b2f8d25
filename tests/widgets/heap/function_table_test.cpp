// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/heap/function_table.h"

#include <gtest/gtest.h>

#include <QAbstractItemModelTester>
#include <QApplication>
#include <QClipboard>
#include <QTest>

#include <memory>
#include <string>
#include <vector>

#include "tests/widgets/heap/heap_trees.h"
#include "widgets/heap/function_table_model.h"
#include "widgets/theme/theme.h"

namespace ringscope {
namespace {

using testing::callTree;

class FunctionTableTest : public ::testing::Test {
protected:
    FunctionTableTest() {
        table.setMeasure(HeapMeasure::total);
        table.setTree(tree);
    }
    [[nodiscard]] std::string rowText(int row) {
        std::string text;
        for (int column = 0; column < FunctionTableModel::columns; ++column) {
            text += (column == 0 ? "" : " | ") +
                    model.index(row, column).data().toString().toStdString();
        }
        return text;
    }

    Theme theme{lightTokens()};
    std::shared_ptr<const CallTree> tree = callTree();
    FunctionTable table{theme};
    FunctionTableModel& model = table.functions();
    QAbstractItemModelTester tester{&model, QAbstractItemModelTester::FailureReportingMode::Fatal};
};

TEST_F(FunctionTableTest, HasEachFunctionOnceLargestFirst) {
    ASSERT_EQ(model.rowCount(), static_cast<int>(tree->functions().size()) - 1);
    EXPECT_EQ(rowText(0), "main | 93.9 % | 307 B |  | main.cpp:10");
    table.sortByColumn(FunctionTableModel::selfColumn, Qt::DescendingOrder);
    EXPECT_EQ(rowText(0), "g<a; b>() | 91.7 % | 300 B | 300 B | g.h:7");
    table.setFindText(QStringLiteral("LIBX"));
    ASSERT_EQ(model.rowCount(), 1);
    EXPECT_EQ(model.functionAt(0).name, "libx.so+0x1100");
    table.setFindText({});
    table.setMeasure(HeapMeasure::temporary);
    for (int row = 0; row < model.rowCount(); ++row) {
        EXPECT_NE(model.functionAt(row).total[HeapMeasure::temporary], 0U);
    }
    table.setTree(nullptr);
    EXPECT_EQ(model.rowCount(), 0);
}

TEST_F(FunctionTableTest, AsksWhoCallsARow) {
    std::vector<std::string> asked;
    QObject::connect(&table, &FunctionTable::aroundRequested, &table,
                     [&](const CallFunction& function, CallDirection direction) {
                         EXPECT_EQ(direction, CallDirection::fromAllocation);
                         asked.push_back(function.name);
                     });
    Q_EMIT table.activated(model.index(0, 0));
    EXPECT_EQ(asked, std::vector<std::string>{"main"});
}

TEST_F(FunctionTableTest, KeepsTheSelectedFunctionAndCopiesIt) {
    table.setCurrentIndex(model.index(1, 0));
    const std::string chosen = model.functionAt(1).name;
    table.setTree(callTree());
    ASSERT_TRUE(table.currentIndex().isValid());
    EXPECT_EQ(model.functionAt(table.currentIndex().row()).name, chosen);
    QTest::keyClick(&table, Qt::Key_C, Qt::ControlModifier);
    EXPECT_TRUE(QApplication::clipboard()->text().startsWith(QString::fromStdString(chosen)));
}

} // namespace
} // namespace ringscope
