// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/heap/block_table.h"

#include <gtest/gtest.h>

#include <QAbstractItemModelTester>
#include <QApplication>
#include <QClipboard>
#include <QTest>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/heap_records.h"
#include "widgets/heap/block_table_model.h"

namespace ringscope {
namespace {

std::shared_ptr<const HeapBlocks> blocksOf(const HeapRecord& record) {
    return std::make_shared<const HeapBlocks>(record.profile, record.symbols);
}

HeapRecord recordWithBlocks() {
    HeapRecord record = testing::heapRecord();
    record.profile.blocks.push_back({0x7f00'0000'1000, kHugeBlock, 5, 5'000'000'000});
    return record;
}

class BlockTableTest : public ::testing::Test {
protected:
    BlockTableTest() {
        table.setBlocks(blocksOf(record));
        table.setByteScale(ByteScale::bytes);
    }
    [[nodiscard]] std::string rowText(int row) {
        std::string text;
        for (int column = 0; column < BlockTableModel::columns; ++column) {
            text += (column == 0 ? "" : " | ") +
                    model.index(row, column).data().toString().toStdString();
        }
        return text;
    }

    const HeapRecord record = recordWithBlocks();
    BlockTable table;
    BlockTableModel& model = table.blocks();
    QAbstractItemModelTester tester{&model, QAbstractItemModelTester::FailureReportingMode::Fatal};
};

TEST_F(BlockTableTest, HasTheLargestFirst) {
    ASSERT_EQ(model.rowCount(), 3);
    EXPECT_EQ(rowText(0), "0x7f0000001000 | 4 GiB or more | 0 ns | libx.so+0x1100 | ");
    EXPECT_EQ(rowText(1), "0x5000 | 100 B | 1 s | g<a; b>() | g.h:7");
    EXPECT_EQ(rowText(2), "0x5100 | 7 B | 4 s | [code made at run time] 0xff00 | ");
}

TEST_F(BlockTableTest, IsSortedByEachColumn) {
    const auto order = [this](int column, Qt::SortOrder direction) {
        table.sortByColumn(column, direction);
        std::vector<std::uint64_t> addresses;
        for (int row = 0; row < model.rowCount(); ++row) {
            addresses.push_back(model.blockAt(row).address);
        }
        return addresses;
    };
    using Addresses = std::vector<std::uint64_t>;
    constexpr std::uint64_t kFar = 0x7f00'0000'1000;
    EXPECT_EQ(order(BlockTableModel::addressColumn, Qt::AscendingOrder),
              (Addresses{0x5000, 0x5100, kFar}));
    EXPECT_EQ(order(BlockTableModel::ageColumn, Qt::DescendingOrder),
              (Addresses{0x5100, 0x5000, kFar}));
    EXPECT_EQ(order(BlockTableModel::functionColumn, Qt::AscendingOrder),
              (Addresses{0x5100, 0x5000, kFar}));
    EXPECT_EQ(order(BlockTableModel::placeColumn, Qt::DescendingOrder),
              (Addresses{0x5000, 0x5100, kFar}));
}

TEST_F(BlockTableTest, FindsByFunctionFileAndAddress) {
    const auto found = [this](const char* text) {
        table.setFindText(QString::fromLatin1(text));
        return model.rowCount() == 1 ? model.blockAt(0).address : 0;
    };
    EXPECT_EQ(found("G<A"), 0x5000U);
    EXPECT_EQ(found("libx"), 0x7f00'0000'1000U);
    EXPECT_EQ(found("0x51"), 0x5100U);
    EXPECT_EQ(found("0xffff"), 0U);
    EXPECT_EQ(model.rowCount(), 0);
    table.setFindText({});
    EXPECT_EQ(model.rowCount(), 3);
}

TEST_F(BlockTableTest, AsksForTheStackOfARow) {
    std::vector<std::uint32_t> asked;
    QObject::connect(&table, &BlockTable::stackRequested, &table,
                     [&](std::uint32_t stack) { asked.push_back(stack); });
    Q_EMIT table.activated(model.index(1, 0));
    EXPECT_EQ(asked, std::vector<std::uint32_t>{0});
}

TEST_F(BlockTableTest, KeepsTheChosenBlockAndCopiesIt) {
    table.setCurrentIndex(model.index(1, 0));
    HeapRecord later = record;
    later.profile.blocks.insert(later.profile.blocks.begin(), {0x4000, 2000, 1, 4'900'000'000});
    table.setBlocks(blocksOf(later));
    ASSERT_TRUE(table.currentIndex().isValid());
    EXPECT_EQ(model.blockAt(table.currentIndex().row()).address, 0x5000U);
    QTest::keyClick(&table, Qt::Key_C, Qt::ControlModifier);
    EXPECT_EQ(QApplication::clipboard()->text().toStdString(),
              "0x5000\t100 B\t1 s\tg<a; b>()\tg.h:7\n");
    table.setBlocks(nullptr);
    EXPECT_EQ(model.rowCount(), 0);
}

} // namespace
} // namespace ringscope
