// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/tables/table_model.h"

#include <gtest/gtest.h>

#include <QAbstractItemModelTester>
#include <QSignalSpy>

#include <algorithm>
#include <cmath>
#include <random>

#include "widgets/tables/cell_text.h"

namespace ringscope {
namespace {

std::vector<TableColumn> columns() {
    TableColumn name;
    name.title = QStringLiteral("Name");
    TableColumn bytes;
    bytes.title = QStringLiteral("Bytes");
    bytes.kind = ColumnKind::quantity;
    bytes.unit = Unit::bytes;
    return {name, bytes};
}

TableRow row(const QString& key, double bytes) {
    TableRow made;
    made.key = key;
    made.cells = {textCell(key), numberCell(bytes)};
    return made;
}

std::vector<QString> keysOf(const TableModel& model) {
    std::vector<QString> keys;
    for (const TableRow& r : model.rows()) {
        keys.push_back(r.key);
    }
    return keys;
}

TEST(TableModel, AnyUpdateGivesTheNewRowsAndPassesQtsTester) {
    const std::uint32_t seed = 5;
    std::mt19937 random(seed);
    TableModel model(columns());
    // Mode Warning: the main() of these tests turns each warning into a failure.
    const QAbstractItemModelTester tester(&model,
                                          QAbstractItemModelTester::FailureReportingMode::Warning);
    for (int round = 0; round < 300; ++round) {
        SCOPED_TRACE("seed " + std::to_string(seed) + " round " + std::to_string(round));
        std::vector<TableRow> rows;
        for (int key = 0; key < 12; ++key) {
            if (random() % 3 != 0) {
                rows.push_back(row(QString::number(key), static_cast<double>(random() % 4)));
            }
        }
        if (random() % 5 == 0) {
            std::shuffle(rows.begin(), rows.end(), random);
        }
        model.setRows(rows);
        ASSERT_EQ(model.rows(), rows);
    }
}

TEST(TableModel, OnlyChangedCellsAreReported) {
    TableModel model(columns());
    model.setRows({row(QStringLiteral("a"), 1), row(QStringLiteral("b"), 2)});
    QSignalSpy changed(&model, &QAbstractItemModel::dataChanged);
    QSignalSpy reset(&model, &QAbstractItemModel::modelReset);
    model.setRows({row(QStringLiteral("a"), 1), row(QStringLiteral("b"), 3)});
    ASSERT_EQ(changed.size(), 1);
    EXPECT_EQ(changed[0][0].toModelIndex(), model.index(1, 1));
    EXPECT_EQ(changed[0][1].toModelIndex(), model.index(1, 1));
    EXPECT_EQ(reset.size(), 0);
}

TEST(TableModel, SameRowsReportNothing) {
    TableModel model(columns());
    model.setRows({row(QStringLiteral("a"), std::nan(""))});
    QSignalSpy changed(&model, &QAbstractItemModel::dataChanged);
    model.setRows({row(QStringLiteral("a"), std::nan(""))});
    EXPECT_EQ(changed.size(), 0);
}

TEST(TableModel, RowsComeAndGoWithoutAReset) {
    TableModel model(columns());
    model.setRows({row(QStringLiteral("a"), 1), row(QStringLiteral("c"), 1)});
    QSignalSpy reset(&model, &QAbstractItemModel::modelReset);
    const QPersistentModelIndex c(model.index(1, 0));
    model.setRows(
        {row(QStringLiteral("b"), 1), row(QStringLiteral("c"), 1), row(QStringLiteral("d"), 1)});
    EXPECT_EQ(keysOf(model), (std::vector<QString>{QStringLiteral("b"), QStringLiteral("c"),
                                                   QStringLiteral("d")}));
    EXPECT_EQ(reset.size(), 0);
    EXPECT_EQ(c.row(), 1);
}

TEST(TableModel, ByteScaleChangesWhatIsShownNotWhatIsSorted) {
    TableModel model(columns());
    model.setRows({row(QStringLiteral("a"), 3 * 1048576.0)});
    EXPECT_EQ(model.index(0, 1).data().toString(), QStringLiteral("3 MiB"));
    model.setByteScale(ByteScale::kib);
    EXPECT_EQ(model.index(0, 1).data().toString(), QStringLiteral("3072 KiB"));
    EXPECT_EQ(model.index(0, 1).data(TableModel::kSortRole).toDouble(), 3 * 1048576.0);
}

TEST(CellText, ZerosAndNothingAreBlank) {
    for (const ColumnKind kind :
         {ColumnKind::quantity, ColumnKind::exact, ColumnKind::identifier, ColumnKind::share}) {
        TableColumn column;
        column.kind = kind;
        EXPECT_EQ(cellText(column, numberCell(0), ByteScale::automatic), QString());
        EXPECT_EQ(cellText(column, numberCell(std::nan("")), ByteScale::automatic), QString());
    }
}

TEST(CellText, EachKindIsWrittenItsWay) {
    TableColumn column;
    const auto text = [&](ColumnKind kind, double number) {
        column.kind = kind;
        column.unit = Unit::count;
        return cellText(column, numberCell(number), ByteScale::automatic).toStdString();
    };
    EXPECT_EQ(text(ColumnKind::quantity, 12'345), "12.3 k");
    EXPECT_EQ(text(ColumnKind::exact, 1'234'567), "1\u202F234\u202F567");
    EXPECT_EQ(text(ColumnKind::identifier, 1'234'567), "1234567");
    EXPECT_EQ(text(ColumnKind::share, 0.6312), "63.1 %");
    EXPECT_EQ(text(ColumnKind::share, 0.0001), "< 0.1 %");
}

TEST(CellText, SpreadsheetsGetExactNumbersWithTheUnitInTheHead) {
    const auto a = row(QStringLiteral("a, \"b\""), 4'404'019.0);
    const auto b = row(QStringLiteral("tab\there"), 0);
    const std::vector<const TableRow*> rows = {&a, &b};
    EXPECT_EQ(copyText(columns(), {0, 1}, rows, CopyFormat::csv, ByteScale::mib).toStdString(),
              "Name,Bytes [bytes]\r\n\"a, \"\"b\"\"\",4404019\r\ntab\there,0\r\n");
    EXPECT_EQ(copyText(columns(), {1, 0}, rows, CopyFormat::tsv, ByteScale::mib).toStdString(),
              "Bytes [bytes]\tName\n4404019\ta, \"b\"\n0\ttab here\n");
}

TEST(CellText, MarkdownIsWhatIsOnTheScreen) {
    const auto a = row(QStringLiteral("x|y"), 4'404'019.0);
    const std::vector<const TableRow*> rows = {&a};
    EXPECT_EQ(
        copyText(columns(), {0, 1}, rows, CopyFormat::markdown, ByteScale::automatic).toStdString(),
        "| Name | Bytes |\n| --- | ---: |\n| x\\|y | 4.20 MiB |\n");
}

} // namespace
} // namespace ringscope
