// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/heap/call_tree_model.h"

#include <gtest/gtest.h>

#include <QAbstractItemModelTester>
#include <QApplication>
#include <QClipboard>
#include <QSignalSpy>
#include <QTest>

#include "tests/widgets/heap/heap_trees.h"
#include "widgets/heap/call_tree_view.h"
#include "widgets/theme/theme.h"

namespace ringscope {
namespace {

using testing::callTree;
using testing::nodeNamed;

class CallTreeModelTest : public ::testing::Test {
protected:
    CallTreeModelTest() { model.setTree(tree); }
    QString text(const QModelIndex& index, int column) {
        return index.siblingAtColumn(column).data().toString();
    }

    std::shared_ptr<const CallTree> tree = callTree();
    CallTreeModel model;
    QAbstractItemModelTester tester{&model, QAbstractItemModelTester::FailureReportingMode::Fatal};
};

TEST_F(CallTreeModelTest, HasCallsWithTheLargestFirst) {
    ASSERT_EQ(model.rowCount(), 2);
    const QModelIndex main = model.index(0, 0);
    EXPECT_EQ(text(main, CallTreeModel::functionColumn).toStdString(), "main");
    EXPECT_EQ(text(main, CallTreeModel::shareColumn).toStdString(), "100.0 %");
    EXPECT_EQ(text(main, CallTreeModel::firstValueColumn).toStdString(), "307 B");
    EXPECT_EQ(text(main, CallTreeModel::placeColumn).toStdString(), "main.cpp:10");
    EXPECT_EQ(model.rowCount(main), 2);
    EXPECT_EQ(text(model.index(0, 0, main), 0).toStdString(), "f(int)");
    EXPECT_EQ(model.parent(model.index(0, 0, main)), main);
}

TEST_F(CallTreeModelTest, LeavesOutZeros) {
    const QModelIndex lost = model.indexOf(nodeNamed(*tree, "[outer frames unknown]"));
    EXPECT_EQ(text(lost, CallTreeModel::firstValueColumn).toStdString(), "");
}

TEST_F(CallTreeModelTest, IsSortedByAnyColumn) {
    model.sort(CallTreeModel::functionColumn, Qt::AscendingOrder);
    EXPECT_EQ(text(model.index(0, 0), 0).toStdString(), "[outer frames unknown]");
    const QPersistentModelIndex kept = model.indexOf(nodeNamed(*tree, "f(int)"));
    model.sort(CallTreeModel::functionColumn, Qt::DescendingOrder);
    EXPECT_EQ(text(model.index(0, 0), 0).toStdString(), "main");
    EXPECT_EQ(kept.data().toString().toStdString(), "f(int)");
    model.setMeasure(HeapMeasure::temporary);
    model.sort(CallTreeModel::shareColumn, Qt::DescendingOrder);
    EXPECT_EQ(text(model.index(0, 0), 0).toStdString(), "[outer frames unknown]");
}

TEST_F(CallTreeModelTest, FindsOneAfterTheOther) {
    model.setFindText(QStringLiteral("g"));
    std::uint32_t at = model.nextMatch(0);
    EXPECT_EQ(tree->functionOf(at).name, "g<a; b>()");
    model.setFindText(QStringLiteral("main.cpp"));
    at = model.nextMatch(0);
    EXPECT_EQ(tree->functionOf(at).name, "main");
    at = model.nextMatch(at);
    EXPECT_EQ(tree->functionOf(at).name, "f(int)");
    at = model.nextMatch(at);
    EXPECT_EQ(tree->functionOf(at).name, "main") << "from the start again";
    model.setFindText(QStringLiteral("none"));
    EXPECT_EQ(model.nextMatch(0), 0U);
    model.setFindText({});
    EXPECT_EQ(model.nextMatch(0), 0U);
}

TEST_F(CallTreeModelTest, OfNothingIsEmpty) {
    model.setTree(nullptr);
    EXPECT_EQ(model.rowCount(), 0);
    model.setFindText(QStringLiteral("x"));
    EXPECT_EQ(model.nextMatch(0), 0U);
    model.setTree(std::make_shared<const CallTree>());
    EXPECT_EQ(model.rowCount(), 0);
}

TEST(CallTreeView, OpensTheHeaviestAndCopiesAStack) {
    Theme theme{lightTokens()};
    CallTreeView view(theme);
    view.resize(900, 300);
    view.show();
    const auto tree = callTree();
    view.setTree(tree);
    EXPECT_TRUE(view.isExpanded(view.calls().indexOf(nodeNamed(*tree, "main"))));
    EXPECT_TRUE(view.isExpanded(view.calls().indexOf(nodeNamed(*tree, "f(int)"))));
    view.collapse(view.calls().indexOf(nodeNamed(*tree, "f(int)")));
    view.expand(view.calls().indexOf(nodeNamed(*tree, "[outer frames unknown]")));
    view.updateTree(callTree());
    EXPECT_TRUE(view.isExpanded(view.calls().index(0, 0)));
    EXPECT_FALSE(view.isExpanded(view.calls().index(0, 0, view.calls().index(0, 0))));
    EXPECT_TRUE(view.isExpanded(view.calls().index(1, 0)));
    QSignalSpy selected(&view, &CallTreeView::nodeSelected);
    view.select(nodeNamed(*tree, "f(int)"));
    EXPECT_EQ(selected.count(), 0);
    QTest::keyClick(&view, Qt::Key_C, Qt::ControlModifier);
    const QStringList lines = QApplication::clipboard()->text().split(QLatin1Char('\n'));
    ASSERT_GE(lines.size(), 2);
    EXPECT_TRUE(lines[0].startsWith(QStringLiteral("f(int)\t")));
    EXPECT_TRUE(lines[1].startsWith(QStringLiteral("main\t")));
    view.expand(view.currentIndex());
    QTest::keyClick(&view, Qt::Key_Down);
    ASSERT_EQ(selected.count(), 1);
    EXPECT_EQ(selected.front().front().toUInt(), nodeNamed(*tree, "g<a; b>()"));
    QSignalSpy source(&view, &CallTreeView::sourceRequested);
    QTest::keyClick(&view, Qt::Key_Return);
    ASSERT_EQ(source.count(), 1);
    EXPECT_EQ(source.front().front().toString().toStdString(), "g.h");
    EXPECT_EQ(source.front().at(1).toInt(), 7);
}

} // namespace
} // namespace ringscope
