// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/map/map_tree_model.h"

#include <gtest/gtest.h>

#include <QAbstractItemModelTester>
#include <QElapsedTimer>
#include <QPersistentModelIndex>
#include <QSignalSpy>

#include <algorithm>
#include <random>

#include "tests/widgets/map/map_text.h"
#include "widgets/map/map_cell_delegate.h"
#include "widgets/map/map_row_order.h"

namespace ringscope {
namespace {

using testing::kSmallMap;
using testing::manyMappings;
using testing::sharedMap;

int columnOf(std::string_view key) {
    for (int column = 0; column < mapTreeColumnCount(); ++column) {
        const MapColumn* number = mapNumberColumn(column);
        if (number != nullptr && number->key == key) {
            return column;
        }
    }
    return -1;
}

QModelIndex objectAt(const MapTreeModel& model, int row, int column = 0) {
    return model.index(row, column);
}

std::string textAt(const QModelIndex& index) {
    return index.data().toString().toStdString();
}

// Some of the small map's mappings, so that maps of one process differ.
std::string randomMap(std::mt19937& random) {
    std::string text;
    std::string entry;
    std::string_view rest = kSmallMap;
    while (!rest.empty()) {
        const auto end = rest.find("VmFlags");
        const auto lineEnd = rest.find('\n', end) + 1;
        entry = rest.substr(0, lineEnd);
        rest.remove_prefix(lineEnd);
        if (random() % 4 != 0) {
            text += entry;
        }
    }
    return text;
}

TEST(MapTreeModel, AnyUpdatePassesQtsTester) {
    const std::uint32_t seed = 11;
    std::mt19937 random(seed);
    MapTreeModel model;
    // Mode Warning: the main() of these tests turns each warning into a failure.
    const QAbstractItemModelTester tester(&model,
                                          QAbstractItemModelTester::FailureReportingMode::Warning);
    const MapSnapshotPtr first = sharedMap(kSmallMap);
    for (int round = 0; round < 200; ++round) {
        SCOPED_TRACE("seed " + std::to_string(seed) + " round " + std::to_string(round));
        const MapSnapshotPtr next = sharedMap(randomMap(random), random() % 10 == 0 ? 8 : 7);
        if (random() % 3 == 0) {
            model.setDifference(std::make_shared<const MapDifference>(compareMaps(*first, *next)),
                                first, next);
        } else {
            model.setSnapshot(next);
        }
        model.sort(static_cast<int>(random() % 21) - 1,
                   random() % 2 == 0 ? Qt::AscendingOrder : Qt::DescendingOrder);
        MapRowFilter filter;
        filter.text = QString::fromLatin1(random() % 2 == 0 ? "" : "ring");
        filter.isOnlyChanged = random() % 2 == 0;
        model.setFilter(filter);
    }
    model.setSnapshot(nullptr);
    EXPECT_EQ(model.rowCount(), 0);
}

TEST(MapTreeModel, CellsAreTheNumbersOfTheMap) {
    MapTreeModel model;
    model.setSnapshot(sharedMap(kSmallMap));
    const auto cell = [&](int row, std::string_view key) {
        return textAt(objectAt(model, row, columnOf(key)));
    };
    // The ring: 1 MiB + 64 KiB, all of it shared.
    EXPECT_EQ(cell(2, "size"), "1.06 MiB");
    EXPECT_EQ(cell(2, "rss"), "1.06 MiB");
    EXPECT_EQ(cell(2, "shared_rss"), "1.06 MiB");
    EXPECT_EQ(cell(2, "pss"), "544 KiB");
    EXPECT_EQ(cell(2, "private_rss"), "");
    EXPECT_EQ(cell(2, "blocks"), "2");
    // The heap: private memory and swap.
    EXPECT_EQ(cell(3, "private"), "112 KiB");
    EXPECT_EQ(cell(3, "private_rss"), "100 KiB");
    EXPECT_EQ(cell(3, "swap"), "12 KiB");
    EXPECT_EQ(cell(3, "committed"), "132 KiB");
}

TEST(MapTreeModel, EachCellSaysWhatSumsOfSays) {
    const MapSnapshotPtr map = sharedMap(kSmallMap);
    MapTreeModel model;
    model.setSnapshot(map);
    for (std::uint32_t region = 0; region < map->space.map.regions.size(); ++region) {
        const MemorySums sums =
            sumsOf(map->space.map, map->space.map.regions[region], map->types[region]);
        for (const MapColumn& column : mapColumns()) {
            const QModelIndex cell = model.indexOfRegion(region, columnOf(column.key));
            ASSERT_TRUE(cell.isValid());
            EXPECT_EQ(model.exactText(cell), QString::number(column.value(sums))) << column.key;
        }
    }
}

TEST(MapTreeModel, WordsSayWhatIsThere) {
    MapTreeModel model;
    model.setSnapshot(sharedMap(kSmallMap));
    EXPECT_EQ(textAt(objectAt(model, 0, kMapAddressColumn)), "00400000");
    EXPECT_EQ(textAt(objectAt(model, 2, kMapAddressColumn)), "") << "is scattered";
    EXPECT_EQ(textAt(objectAt(model, 2, kMapTypeColumn)), "Shareable");
    EXPECT_EQ(textAt(objectAt(model, 2, mapProtectionColumn())), "rw-s");
    EXPECT_EQ(objectAt(model, 2, mapProtectionColumn()).data(Qt::ToolTipRole).toString(),
              QStringLiteral("Read/Write, shared"));
    const QModelIndex second = model.index(1, mapDetailsColumn(), objectAt(model, 2));
    EXPECT_EQ(textAt(second), "from offset 0x100000");
}

TEST(MapTreeModel, ColumnsGoByTheChosenNamesAndSayWhatTheyAre) {
    MapTreeModel model;
    QSignalSpy changed(&model, &QAbstractItemModel::headerDataChanged);
    const auto title = [&](std::string_view key) {
        return model.headerData(columnOf(key), Qt::Horizontal, Qt::DisplayRole)
            .toString()
            .toStdString();
    };
    EXPECT_EQ(title("rss"), "RSS");
    model.setColumnNames(ColumnNames::vmmapNames);
    EXPECT_EQ(changed.size(), 1);
    EXPECT_EQ(title("rss"), "Total WS");
    EXPECT_EQ(title("pss"), "PSS") << "VMMap has none";
    EXPECT_TRUE(model.headerData(columnOf("pss"), Qt::Horizontal, Qt::ToolTipRole)
                    .toString()
                    .contains(QLatin1String("divided by the number of processes")));
}

TEST(MapTreeModel, BytesAreWrittenInTheChosenScale) {
    MapTreeModel model;
    model.setSnapshot(sharedMap(kSmallMap));
    model.setByteScale(ByteScale::kib);
    EXPECT_EQ(textAt(objectAt(model, 3, columnOf("size"))), "132 KiB");
    model.setByteScale(ByteScale::mib);
    EXPECT_EQ(textAt(objectAt(model, 3, columnOf("size"))), "0.13 MiB");
}

TEST(MapTreeModel, RowsOfOneProcessKeepTheirIndices) {
    MapTreeModel model;
    model.setSnapshot(sharedMap(kSmallMap));
    const QPersistentModelIndex ring = objectAt(model, 2);
    const QPersistentModelIndex second = model.index(1, 3, objectAt(model, 2));
    const QPersistentModelIndex heap = objectAt(model, 3);
    // Without the file, and the ring has one more mapping below the others.
    std::string later(kSmallMap);
    later.erase(later.find("7f0000200000"),
                later.find("7f0000300000-") - later.find("7f0000200000"));
    later.insert(later.find("7f0000000000"),
                 "7e0000000000-7e0000001000 rw-s 00000000 00:01 9 /dev/shm/ring\n");
    later.erase(later.find("01000000"), later.find("7e0000000000-") - later.find("01000000"));
    model.setSnapshot(sharedMap(later));
    EXPECT_EQ(ring.row(), 1);
    EXPECT_EQ(second.row(), 2);
    EXPECT_EQ(second.column(), 3);
    EXPECT_EQ(second.parent(), QModelIndex(ring));
    EXPECT_FALSE(heap.isValid()) << "is not in the later map";
    model.sort(columnOf("size"), Qt::DescendingOrder);
    EXPECT_EQ(ring.row(), 0);
}

TEST(MapTreeModel, AStretchThatGrowsDownwardsIsStillTheSame) {
    MapTreeModel model;
    model.setSnapshot(sharedMap("5000-6000 rw-p 00000000 00:00 0\n6000-7000 r--p 00000000 00:00 0\n"
                                "9000-a000 rw-p 00000000 00:00 0\n"));
    const QPersistentModelIndex first = objectAt(model, 0);
    const QPersistentModelIndex last = objectAt(model, 1);
    model.setSnapshot(sharedMap("4000-6000 rw-p 00000000 00:00 0\n6000-7000 r--p 00000000 00:00 0\n"
                                "9000-a000 rw-p 00000000 00:00 0\n"));
    EXPECT_EQ(first.row(), 0);
    EXPECT_EQ(last.row(), 1);
}

TEST(MapTreeModel, AnotherProcessStartsAfresh) {
    MapTreeModel model;
    model.setSnapshot(sharedMap(kSmallMap));
    const QPersistentModelIndex ring = objectAt(model, 2);
    QSignalSpy reset(&model, &QAbstractItemModel::modelReset);
    model.setSnapshot(sharedMap(kSmallMap, 8));
    EXPECT_EQ(reset.size(), 1);
    EXPECT_FALSE(ring.isValid());
}

TEST(MapTreeModel, ADifferenceHasSignsAndTheirColours) {
    const MapSnapshotPtr before = sharedMap("1000-3000 rw-p 00000000 00:00 0 [heap]\nRss: 8 kB\n"
                                            "8000-9000 r--p 00000000 08:01 5 /a\n");
    const MapSnapshotPtr after = sharedMap("1000-2000 rw-p 00000000 00:00 0 [heap]\nRss: 4 kB\n"
                                           "8000-b000 r--p 00000000 08:01 5 /a\n");
    MapTreeModel model;
    model.setDifference(std::make_shared<const MapDifference>(compareMaps(*before, *after)), before,
                        after);
    const QModelIndex a = objectAt(model, 0, columnOf("size"));
    const QModelIndex heap = objectAt(model, 1, columnOf("size"));
    EXPECT_EQ(textAt(a), "+8 KiB");
    EXPECT_EQ(a.data(kMapSignRole).toInt(), 1);
    EXPECT_EQ(textAt(heap), "\u22124 KiB");
    EXPECT_EQ(heap.data(kMapSignRole).toInt(), -1);
    EXPECT_EQ(heap.data(Qt::ToolTipRole).toString(), QStringLiteral("8 KiB before, 4 KiB after"));
    EXPECT_EQ(model.exactText(heap), QStringLiteral("-4096"));
    EXPECT_EQ(textAt(a.siblingAtColumn(kMapChangeColumn)), "grown");
    EXPECT_EQ(textAt(heap.siblingAtColumn(kMapChangeColumn)), "shrunk");
    EXPECT_EQ(textAt(a.siblingAtColumn(columnOf("rss"))), "") << "did not change";
}

MapPageRows pagesAt(std::uint64_t start, std::uint64_t end, std::size_t runs) {
    MapPageRows rows;
    rows.range = {start, end};
    rows.known.isExclusive = true;
    for (std::size_t i = 0; i < runs; ++i) {
        PageRun run{start + i * 0x1000, start + (i + 1) * 0x1000, {}};
        run.flags.isPresent = i % 2 == 0;
        run.flags.isExclusive = i == 0;
        rows.runs.push_back(run);
    }
    return rows;
}

TEST(MapTreeModel, PagesStandBelowTheirMapping) {
    MapTreeModel model;
    const QAbstractItemModelTester tester(&model,
                                          QAbstractItemModelTester::FailureReportingMode::Warning);
    model.setSnapshot(sharedMap(kSmallMap));
    const std::uint32_t region = *model.items().regionContaining(0x402abc);
    EXPECT_FALSE(model.hasChildren(model.indexOfRegion(region))) << "nobody to read them of";
    QSignalSpy wanted(&model, &MapTreeModel::pagesWanted); // the tester asks for some too
    model.setPagesOffered(true);
    model.setSnapshot(sharedMap(kSmallMap));
    const QPersistentModelIndex mapping = model.indexOfRegion(region);
    ASSERT_TRUE(model.hasChildren(mapping));
    const auto isOfMapping = [](const QVariantList& range) {
        return range[0].toULongLong() == 0x402000 && range[1].toULongLong() == 0x408000;
    };
    EXPECT_TRUE(std::any_of(wanted.begin(), wanted.end(), isOfMapping));
    wanted.clear();
    model.fetchMore(mapping);
    EXPECT_EQ(wanted.size(), 0) << "they are on their way";
    model.setPages(pagesAt(0x402000, 0x407000, 3));
    EXPECT_EQ(model.rowCount(mapping), 0) << "of another range";
    model.setPages(pagesAt(0x402000, 0x408000, 3));
    ASSERT_EQ(model.rowCount(mapping), 3);
    const QPersistentModelIndex page = model.index(2, mapDetailsColumn(), mapping);
    EXPECT_EQ(page.parent(), mapping);
    EXPECT_FALSE(model.hasChildren(model.index(2, 0, mapping)));
    EXPECT_EQ(page.data().toString(), QStringLiteral("1 page: anonymous"));
    EXPECT_EQ(model.index(2, 0, mapping).data().toString(), QStringLiteral("00404000"));
    const auto exact = [&](int row, const char* key) {
        return model.exactText(model.index(row, mapColumnIndex(key), mapping)).toStdString();
    };
    EXPECT_EQ(exact(0, "rss") + " " + exact(0, "private_rss") + " " + exact(0, "shared_rss"),
              "4096 4096 0");
    EXPECT_EQ(exact(1, "rss"), "0");
    EXPECT_EQ(exact(2, "private_rss") + " " + exact(2, "shared_rss"), "0 4096");
    EXPECT_EQ(exact(2, "pss"), "") << "is not known of a page";
    model.setPages(pagesAt(0x402000, 0x408000, 5));
    EXPECT_EQ(model.rowCount(mapping), 5);
    model.setPages(pagesAt(0x402000, 0x408000, 2));
    EXPECT_EQ(model.rowCount(mapping), 2);
    EXPECT_FALSE(page.isValid()) << "its row is gone";
    model.setPages(pagesAt(0x402000, 0x408000, 0));
    EXPECT_EQ(model.rowCount(mapping), 2) << "what was read stays";

    const QPersistentModelIndex kept = model.index(1, 0, mapping);
    model.sort(kMapAddressColumn, Qt::DescendingOrder);
    model.setSnapshot(sharedMap(kSmallMap));
    EXPECT_TRUE(kept.isValid());
    EXPECT_EQ(kept.parent(), mapping);
    MapRowFilter filter;
    filter.type = MemoryType::heap;
    model.setFilter(filter);
    EXPECT_FALSE(kept.isValid());
    const MapSnapshotPtr before = sharedMap(kSmallMap);
    model.setFilter({});
    model.setDifference(std::make_shared<const MapDifference>(compareMaps(*before, *before)),
                        before, before);
    MapRowFilter all;
    all.isOnlyChanged = false;
    model.setFilter(all);
    EXPECT_FALSE(model.hasChildren(model.indexOfRegion(region))) << "of now, not of a change";
    model.setSnapshot(sharedMap(kSmallMap, 8));
    EXPECT_EQ(model.rowCount(model.indexOfRegion(region)), 0) << "of another process";
}

TEST(MapTreeModel, OpensTwentyThousandMappingsAtOnce) {
    const MapSnapshotPtr map = sharedMap(manyMappings(20'000));
    MapTreeModel model;
    QElapsedTimer timer;
    timer.start();
    model.setSnapshot(map);
    const qint64 tookMs = timer.elapsed();
    RecordProperty("setSnapshotMs", static_cast<int>(tookMs));
    EXPECT_EQ(model.rowCount(), 10'000);
    EXPECT_LT(tookMs, 1000); // some 30 ms where nothing else runs
}

} // namespace
} // namespace ringscope
