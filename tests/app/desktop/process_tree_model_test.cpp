// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/process_tree_model.h"

#include <gtest/gtest.h>

#include <QAbstractItemModelTester>
#include <QSignalSpy>

#include "tests/app/desktop/made_up_processes.h"

namespace ringscope {
namespace {

// The names in the order they stand in, each child in parentheses behind its parent.
QString shapeOf(const ProcessTreeModel& model, const QModelIndex& parent = {}) {
    QStringList parts;
    for (int row = 0; row < model.rowCount(parent); ++row) {
        const QModelIndex index = model.index(row, 0, parent);
        const QString below = shapeOf(model, index);
        parts.push_back(index.data().toString() +
                        (below.isEmpty() ? QString() : QStringLiteral("(%1)").arg(below)));
    }
    return parts.join(QLatin1Char(' '));
}

QVariant cell(const ProcessTreeModel& model, std::int32_t pid, ProcessColumn column,
              int role = Qt::DisplayRole) {
    return model.indexOf(madeUpProcess(pid, 0, "").identity)
        .siblingAtColumn(static_cast<int>(column))
        .data(role);
}

class ProcessTreeModelTest : public testing::Test {
protected:
    ProcessTreeModel m_model;
    QAbstractItemModelTester m_tester{&m_model,
                                      QAbstractItemModelTester::FailureReportingMode::Warning};
};

TEST_F(ProcessTreeModelTest, ProcessesStandUnderTheirParents) {
    m_model.setProcesses(madeUpProcesses());
    EXPECT_EQ(shapeOf(m_model).toStdString(), "init(shell(editor compiler) server(worker))");
}

TEST_F(ProcessTreeModelTest, ListHasThemOneUnderTheOther) {
    m_model.setProcesses(madeUpProcesses());
    m_model.setTree(false);
    EXPECT_EQ(shapeOf(m_model).toStdString(), "init shell server editor compiler worker");
}

TEST_F(ProcessTreeModelTest, WhoseParentIsNotListedIsARoot) {
    m_model.setProcesses({madeUpProcess(10, 2, "helper"), madeUpProcess(11, 10, "child")});
    EXPECT_EQ(shapeOf(m_model).toStdString(), "helper(child)");
}

TEST_F(ProcessTreeModelTest, WhoStartedLaterIsNobodysParent) {
    ListedProcess later = madeUpProcess(10, 0, "later"); // has the pid of the parent that ended
    later.identity.startTicks = 9'000;
    m_model.setProcesses({later, madeUpProcess(20, 10, "child")});
    EXPECT_EQ(shapeOf(m_model).toStdString(), "later child");
}

TEST_F(ProcessTreeModelTest, ParentsInACircleAreCutOnce) {
    std::vector<ListedProcess> circle{madeUpProcess(1, 3, "a"), madeUpProcess(2, 1, "b"),
                                      madeUpProcess(3, 2, "c"), madeUpProcess(4, 4, "own"),
                                      madeUpProcess(5, 2, "leaf")};
    for (ListedProcess& process : circle) {
        process.identity.startTicks = 7;
    }
    m_model.setProcesses(circle);
    EXPECT_EQ(shapeOf(m_model).toStdString(), "b(c(a) leaf) own");
}

TEST_F(ProcessTreeModelTest, PssIsBlankUntilItIsThereAndSortsBelowNothing) {
    m_model.setProcesses(madeUpProcesses());
    EXPECT_EQ(cell(m_model, 10, ProcessColumn::pss).toString(), QString());
    EXPECT_TRUE(cell(m_model, 10, ProcessColumn::pss, Qt::ToolTipRole)
                    .toString()
                    .contains(QLatin1String("being read")));
    EXPECT_LT(cell(m_model, 10, ProcessColumn::pss, ProcessTreeModel::kSortRole).toLongLong(), 0);

    QSignalSpy changed(&m_model, &QAbstractItemModel::dataChanged);
    m_model.setPss({{madeUpProcess(10, 0, "").identity, 3U << 20U},
                    {madeUpProcess(100, 0, "").identity, std::nullopt},
                    {{101, 1, 1}, 5U << 20U}}); // an earlier process with that pid
    EXPECT_EQ(changed.size(), 2);
    EXPECT_EQ(cell(m_model, 10, ProcessColumn::pss).toString().toStdString(), "3 MiB");
    EXPECT_TRUE(cell(m_model, 100, ProcessColumn::pss, Qt::ToolTipRole)
                    .toString()
                    .contains(QLatin1String("could not be read")));
    EXPECT_EQ(cell(m_model, 101, ProcessColumn::pss).toString(), QString());
}

TEST_F(ProcessTreeModelTest, PssStaysOverARefreshForTheSameProcessOnly) {
    m_model.setProcesses(madeUpProcesses());
    m_model.setPss({{madeUpProcess(10, 0, "").identity, 3U << 20U},
                    {madeUpProcess(100, 0, "").identity, 4U << 20U}});
    auto processes = madeUpProcesses();
    ++processes[3].identity.startTicks; // another editor, with the pid of the one before
    m_model.setProcesses(processes);
    EXPECT_EQ(cell(m_model, 10, ProcessColumn::pss).toString().toStdString(), "3 MiB");
    EXPECT_EQ(m_model.indexOf(processes[3].identity)
                  .siblingAtColumn(static_cast<int>(ProcessColumn::pss))
                  .data()
                  .toString(),
              QString());
}

TEST_F(ProcessTreeModelTest, TextsOfOthersAreShownPlainShortAndPrintable) {
    ListedProcess process = madeUpProcess(10, 0, "a\nb");
    process.commandLine = "<b>" + std::string(100'000, 'x');
    m_model.setProcesses({process});
    EXPECT_EQ(cell(m_model, 10, ProcessColumn::name).toString().toStdString(), "a\\012b");
    EXPECT_LT(cell(m_model, 10, ProcessColumn::command).toString().size(), 2'000);
    EXPECT_GT(
        cell(m_model, 10, ProcessColumn::command, ProcessTreeModel::kSearchRole).toString().size(),
        100'000);
    const QString toolTip = cell(m_model, 10, ProcessColumn::command, Qt::ToolTipRole).toString();
    EXPECT_TRUE(toolTip.contains(QLatin1String("&lt;b&gt;xxx")));
}

} // namespace
} // namespace ringscope
