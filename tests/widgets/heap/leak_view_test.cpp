// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/heap/leak_view.h"

#include <gtest/gtest.h>

#include <QCheckBox>
#include <QPushButton>
#include <QSignalSpy>

#include <memory>

#include "tests/support/heap_records.h"
#include "tests/widgets/heap/leak_records.h"
#include "widgets/heap/leak_table.h"
#include "widgets/heap/leak_table_model.h"

namespace ringscope {
namespace {

std::shared_ptr<const LeakRows> rowsOf(const LeakReport& report) {
    const HeapRecord record = testing::heapRecord();
    return std::make_shared<const LeakRows>(leakRows(report, record.profile, record.symbols));
}

TEST(LeakView, TotalsStandAboveAndChooseWhatIsListed) {
    LeakView view;
    view.setByteScale(ByteScale::bytes);
    EXPECT_EQ(view.kindBox(LeakKind::definite).text(), QStringLiteral("Definitely lost"));
    view.setRows(rowsOf(testing::leakReport()));
    EXPECT_EQ(view.kindBox(LeakKind::definite).text(),
              QStringLiteral("Definitely lost: 305 B in 4 blocks"));
    EXPECT_EQ(view.kindBox(LeakKind::reachable).text(),
              QStringLiteral("Still reachable: 7 B in 1 block"));
    EXPECT_EQ(view.table().leaks().rowCount(), 4);
    EXPECT_FALSE(view.kindBox(LeakKind::reachable).isChecked());
    view.kindBox(LeakKind::reachable).click();
    EXPECT_EQ(view.table().leaks().rowCount(), 5);
    view.setRows(rowsOf(LeakReport()));
    EXPECT_EQ(view.kindBox(LeakKind::definite).text(), QStringLiteral("Definitely lost: none"));
    (void)view.grab();
}

TEST(LeakView, AsksForASearchWhereThereCanBeOne) {
    LeakView view;
    QSignalSpy asked(&view, &LeakView::searchRequested);
    view.searchButton().click();
    EXPECT_EQ(asked.size(), 0);
    view.setSearch(LeakView::Search::possible);
    view.searchButton().click();
    EXPECT_EQ(asked.size(), 1);
    view.setSearch(LeakView::Search::underWay);
    view.searchButton().click();
    EXPECT_EQ(asked.size(), 1);
}

} // namespace
} // namespace ringscope
