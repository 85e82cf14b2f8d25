// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/map/map_tree.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdio>

#include <QApplication>
#include <QClipboard>
#include <QElapsedTimer>
#include <QHeaderView>
#include <QLabel>
#include <QMenu>
#include <QSignalSpy>
#include <QTest>
#include <QTreeView>

#include "tests/widgets/accessible_names.h"
#include "tests/widgets/map/map_text.h"
#include "widgets/map/map_tree_model.h"
#include "widgets/theme/theme.h"

namespace ringscope {
namespace {

using testing::kSmallMap;
using testing::sharedMap;

class MapTreeTest : public ::testing::Test {
protected:
    MapTreeTest() { tree.resize(1200, 400); }

    static QModelIndex rowNamed(const MapTree& tree, const char* name) {
        const MapTreeModel& model = tree.model();
        for (int row = 0; row < model.rowCount(); ++row) {
            if (model.items().objectName(model.itemAt(model.index(row, 0)).index) == name) {
                return model.index(row, 0);
            }
        }
        return {};
    }
    [[nodiscard]] QModelIndex row(const char* name) const { return rowNamed(tree, name); }
    void select(const QModelIndex& index) {
        tree.view().selectionModel()->setCurrentIndex(index, QItemSelectionModel::ClearAndSelect |
                                                                 QItemSelectionModel::Rows);
    }
    QAction* action(const QModelIndex& index, const char* text) {
        menu.clear();
        tree.fillMenu(&menu, index);
        for (QAction* entry : menu.actions()) {
            if (entry->text() == QString::fromUtf8(text)) {
                return entry;
            }
        }
        ADD_FAILURE() << "no action " << text;
        return menu.actions().front();
    }
    [[nodiscard]] std::string sentence() const {
        const QLabel* label = tree.view().viewport()->findChild<QLabel*>();
        return label->isHidden() ? std::string() : label->text().toStdString();
    }

    Theme theme{lightTokens()};
    MapTree tree{theme};
    QMenu menu;
};

TEST_F(MapTreeTest, AtFirstTheColumnsAreThoseThatMatterMost) {
    std::string titles;
    for (int column = 0; column < tree.model().columnCount(); ++column) {
        if (!tree.view().isColumnHidden(column)) {
            titles += tree.model()
                          .headerData(column, Qt::Horizontal, Qt::DisplayRole)
                          .toString()
                          .toStdString() +
                      ",";
        }
    }
    EXPECT_EQ(titles, "Address,Type,Size,Committed,Private,RSS,Private RSS,Shared RSS,PSS,Swap,"
                      "Mappings,Protection,Details,");
}

TEST_F(MapTreeTest, TheColumnOfNodesSaysWhenItIsShown) {
    QSignalSpy shown(&tree, &MapTree::nodesShownChanged);
    MapSnapshot snapshot = testing::mapOf(kSmallMap);
    snapshot.nodes = NodePlacement{std::vector<MemoryNodes>(7), 0, 0};
    snapshot.nodes->regions[3] = {{0, 1U << 20U}};
    snapshot.nodes->regions[5] = {{1, 65536}};
    tree.setSnapshot(std::make_shared<const MapSnapshot>(snapshot));
    EXPECT_FALSE(tree.areNodesShown());
    tree.setColumnShown(mapNodesColumn(), true);
    EXPECT_TRUE(tree.areNodesShown());
    const QModelIndex ring = row("/dev/shm/ring").siblingAtColumn(mapNodesColumn());
    EXPECT_EQ(ring.data().toString(), QStringLiteral("N0 1 MiB, N1 64 KiB"));
    EXPECT_EQ(tree.model().exactText(ring), QStringLiteral("N0=1048576 N1=65536"));
    tree.setSnapshot(sharedMap(kSmallMap));
    EXPECT_EQ(row("/dev/shm/ring").siblingAtColumn(mapNodesColumn()).data().toString(), QString());
    tree.resetColumns();
    ASSERT_EQ(shown.size(), 2);
    EXPECT_TRUE(shown[0][0].toBool());
    EXPECT_FALSE(shown[1][0].toBool());
}

TEST_F(MapTreeTest, OpenAndSelectedRowsStaySoWhenTheMapIsReadAgain) {
    tree.setSnapshot(sharedMap(kSmallMap));
    tree.view().expand(row("/dev/shm/ring"));
    select(tree.model().index(1, 0, row("/dev/shm/ring")));
    std::string later(kSmallMap);
    later.erase(0, later.find("01000000"));
    tree.setSnapshot(sharedMap(later));
    EXPECT_TRUE(tree.view().isExpanded(row("/dev/shm/ring")));
    ASSERT_EQ(tree.view().selectionModel()->selectedRows().size(), 1);
    EXPECT_EQ(tree.view().selectionModel()->selectedRows().front(),
              tree.model().index(1, 0, row("/dev/shm/ring")));
}

TEST_F(MapTreeTest, WhatWasFilteredAwayComesBackOpen) {
    tree.setSnapshot(sharedMap(kSmallMap));
    tree.view().expand(row("/dev/shm/ring"));
    tree.setShownType(MemoryType::image);
    EXPECT_FALSE(row("/dev/shm/ring").isValid());
    tree.setShownType(std::nullopt);
    EXPECT_TRUE(tree.view().isExpanded(row("/dev/shm/ring")));
    EXPECT_FALSE(tree.view().isExpanded(row("/usr/bin/probe")));
}

TEST_F(MapTreeTest, WhatIsFoundInAnObjectIsOpenWhileItIsLookedFor) {
    tree.setSnapshot(sharedMap(kSmallMap));
    tree.setFindText(QStringLiteral("7f0000300010"));
    ASSERT_TRUE(row("/dev/shm/ring").isValid());
    EXPECT_EQ(tree.model().rowCount(), 1);
    EXPECT_TRUE(tree.view().isExpanded(row("/dev/shm/ring")));
    EXPECT_EQ(tree.model().rowCount(row("/dev/shm/ring")), 1);
    tree.setFindText({});
    EXPECT_FALSE(tree.view().isExpanded(row("/dev/shm/ring"))) << "nobody else opened it";
    tree.setFindText(QStringLiteral("7f0000300010"));
    select(tree.model().index(0, 0, row("/dev/shm/ring")));
    tree.setFindText({});
    EXPECT_TRUE(tree.view().isExpanded(row("/dev/shm/ring"))) << "a row in it is selected";
    tree.view().expand(row("/usr/bin/probe"));
    tree.setFindText(QStringLiteral("7f0000300010"));
    tree.setFindText({});
    EXPECT_TRUE(tree.view().isExpanded(row("/usr/bin/probe"))) << "the user had";
}

TEST_F(MapTreeTest, AnAddressIsSelectedInItsOpenedObject) {
    tree.setSnapshot(sharedMap(kSmallMap));
    QSignalSpy selected(&tree, &MapTree::regionSelected);
    tree.selectAddress(0x402abc);
    EXPECT_TRUE(tree.view().isExpanded(row("/usr/bin/probe")));
    EXPECT_EQ(tree.view().currentIndex(), tree.model().index(1, 0, row("/usr/bin/probe")));
    ASSERT_EQ(selected.size(), 1);
    EXPECT_EQ(selected[0][0].toULongLong(), 0x402000U);
    EXPECT_EQ(selected[0][1].toULongLong(), 0x408000U);
    tree.selectAddress(0x10);
    EXPECT_EQ(selected.size(), 1) << "no mapping contains it";
}

TEST_F(MapTreeTest, AnObjectIsItsRangeOrItsFirstMapping) {
    tree.setSnapshot(sharedMap(kSmallMap));
    QSignalSpy selected(&tree, &MapTree::regionSelected);
    select(row("/usr/bin/probe"));
    select(row("/dev/shm/ring"));
    tree.view().clearSelection();
    ASSERT_EQ(selected.size(), 3);
    EXPECT_EQ(selected[0][0].toULongLong(), 0x400000U);
    EXPECT_EQ(selected[0][1].toULongLong(), 0x408000U);
    EXPECT_EQ(selected[1][0].toULongLong(), 0x7f0000000000U);
    EXPECT_EQ(selected[1][1].toULongLong(), 0x7f0000100000U);
    EXPECT_EQ(selected[2][1].toULongLong(), 0U);
}

TEST_F(MapTreeTest, CopiesTheSelectedRowsExactly) {
    tree.setSnapshot(sharedMap(kSmallMap));
    for (int column = kMapFirstNumberColumn + 1; column < mapProtectionColumn(); ++column) {
        tree.setColumnShown(column, false);
    }
    select(row("[heap]"));
    EXPECT_EQ(tree.copied(MapTree::CopiedRows::selected, CopyFormat::tsv).toStdString(),
              "Row\tAddress\tType\tDetails\tSize [bytes]\tProtection\n"
              "object\t01000000\tHeap\t[heap]\t135168\trw-p\n");
}

TEST_F(MapTreeTest, CopiesAllThatIsOpenAsCsv) {
    tree.setSnapshot(sharedMap(kSmallMap));
    for (int column = kMapFirstNumberColumn; column < mapProtectionColumn(); ++column) {
        tree.setColumnShown(column, mapNumberColumn(column)->key == "rss" ||
                                        mapNumberColumn(column)->key == "swap");
    }
    tree.view().expand(row("/dev/shm/ring"));
    EXPECT_EQ(tree.copied(MapTree::CopiedRows::all, CopyFormat::csv).toStdString(),
              "Row,Address,Type,Details,RSS [bytes],Swap [bytes],Protection\r\n"
              "object,00400000,Image,/usr/bin/probe,28672,0,\r\n"
              "object,7f0000200000,Mapped File,"
              "\"/srv/Data, \"\"all\"\".bin, from offset 0x10000\",4096,0,r--p\r\n"
              "object,,Shareable,/dev/shm/ring,1114112,0,rw-s\r\n"
              "mapping,7f0000000000,Shareable,,1048576,0,rw-s\r\n"
              "mapping,7f0000300000,Shareable,from offset 0x100000,65536,0,rw-s\r\n"
              "object,01000000,Heap,[heap],102400,12288,rw-p\r\n"
              "object,7ffff0000000,Stack,[stack],16384,0,rw-p\r\n");
}

// Took minutes while the rows of objects had one number for all.
TEST_F(MapTreeTest, ManySelectedObjectsAreFilteredAndReadAgainAtOnce) {
    std::string text;
    for (int i = 0; i < 20'000; ++i) {
        std::array<char, 120> line{};
        const unsigned long long start = 0x7f0000000000ULL + static_cast<unsigned>(i) * 0x10000ULL;
        std::snprintf(line.data(), line.size(),
                      "%llx-%llx rw-p 00000000 00:00 0\nRss: 4 kB\nVmFlags: rd wr ac\n", start,
                      start + 0x1000);
        text += line.data();
    }
    const MapSnapshotPtr map = sharedMap(text);
    tree.setSnapshot(map);
    ASSERT_EQ(tree.model().rowCount(), 20'000);
    tree.view().setCurrentIndex(tree.model().index(0, 0));
    // As Shift+End: all but the first, so that it is not Qt's short way for a whole table.
    tree.view().selectionModel()->select(
        {tree.model().index(1, 0), tree.model().index(19'999, tree.model().columnCount() - 1)},
        QItemSelectionModel::ClearAndSelect | QItemSelectionModel::Rows);
    QElapsedTimer clock;
    clock.start();
    tree.setFindText(QStringLiteral("z"));
    tree.setFindText({});
    tree.setSnapshot(sharedMap(text));
    EXPECT_LT(clock.elapsed(), 20'000);
}

TEST_F(MapTreeTest, SaysThatWhatWasSelectedIsGone) {
    tree.setSnapshot(sharedMap(kSmallMap));
    QSignalSpy selected(&tree, &MapTree::regionSelected);
    select(row("[heap]"));
    ASSERT_EQ(selected.size(), 1);
    EXPECT_EQ(selected[0][0].toULongLong(), 0x1000000U);
    tree.setFindText(QStringLiteral("probe"));
    ASSERT_EQ(selected.size(), 2) << "filtered away";
    EXPECT_EQ(selected[1][1].toULongLong(), 0U);
    tree.setFindText({});
    select(row("[heap]"));
    tree.setSnapshot(sharedMap(kSmallMap, 8)); // another process
    ASSERT_EQ(selected.size(), 4);
    EXPECT_EQ(selected[3][1].toULongLong(), 0U);
}

TEST_F(MapTreeTest, CtrlACtrlCCopiesEveryRow) {
    tree.setSnapshot(sharedMap(kSmallMap));
    tree.show();
    tree.view().setFocus();
    tree.activateWindow();
    ASSERT_TRUE(QTest::qWaitForWindowActive(&tree));
    QTest::keyClick(&tree.view(), Qt::Key_A, Qt::ControlModifier);
    QTest::keyClick(&tree.view(), Qt::Key_C, Qt::ControlModifier);
    EXPECT_EQ(QApplication::clipboard()->text().count(u'\n'), 6);
}

TEST_F(MapTreeTest, SelectingAllOfVeryManyOpenObjectsTakesTheObjects) {
    tree.setSnapshot(sharedMap(testing::manyMappings(4'000)));
    tree.view().expandAll();
    QElapsedTimer timer;
    timer.start();
    tree.view().selectAll();
    EXPECT_LT(timer.elapsed(), 1000);
    EXPECT_EQ(tree.view().selectionModel()->selectedRows().size(), 2'000);
}

TEST_F(MapTreeTest, TheMenuOffersWhatTheRowCanDo) {
    tree.setSnapshot(sharedMap(kSmallMap));
    QSignalSpy folder(&tree, &MapTree::folderRequested);
    QSignalSpy mappers(&tree, &MapTree::mappersRequested);
    QSignalSpy strings(&tree, &MapTree::stringsRequested);
    const QModelIndex second = tree.model().index(1, 0, row("/dev/shm/ring"));
    action(second, "Open the File's Folder")->trigger();
    action(second, "Who Else Maps This…")->trigger();
    action(second, "Strings…")->trigger();
    ASSERT_EQ(folder.size(), 1);
    EXPECT_EQ(folder[0][0].toString(), QStringLiteral("/dev/shm"));
    ASSERT_EQ(mappers.size(), 1);
    EXPECT_EQ(mappers[0][0].toString(), QStringLiteral("/dev/shm/ring"));
    EXPECT_EQ(mappers[0][1].value<MemoryRegion>().start, 0x7f0000300000U);
    ASSERT_EQ(strings.size(), 1);
    EXPECT_EQ(strings[0][0].toULongLong(), 0x7f0000300000U);
    EXPECT_EQ(strings[0][1].toULongLong(), 0x7f0000310000U);
    EXPECT_FALSE(action(row("[heap]"), "Open the File's Folder")->isEnabled());
    EXPECT_FALSE(action(row("[heap]"), "Who Else Maps This…")->isEnabled());
    EXPECT_TRUE(action(row("[heap]"), "Strings…")->isEnabled());
    EXPECT_FALSE(action(row("/dev/shm/ring"), "Strings…")->isEnabled()) << "is scattered";
}

TEST_F(MapTreeTest, TheMenuCopiesAsManyRowsAsAreSelected) {
    tree.setSnapshot(sharedMap(kSmallMap));
    tree.fillMenu(&menu, {});
    EXPECT_EQ(menu.actions().front()->text(), QStringLiteral("Copy All")) << "none is selected";
    tree.view().selectAll();
    action({}, "Copy 5 Rows")->trigger();
    EXPECT_EQ(QApplication::clipboard()->text().count(u'\n'), 6);
}

TEST_F(MapTreeTest, DeletedFilesHaveNoFolder) {
    tree.setSnapshot(sharedMap("1000-2000 r--p 00000000 08:01 5 /srv/old (deleted)\n"
                               "3000-4000 rw-s 00000000 00:01 9 /memfd:ring (deleted)\n"
                               "5000-6000 r--p 00000000 08:01 6 /top\n"));
    EXPECT_FALSE(action(row("/srv/old (deleted)"), "Open the File's Folder")->isEnabled());
    EXPECT_FALSE(action(row("/memfd:ring (deleted)"), "Open the File's Folder")->isEnabled());
    EXPECT_TRUE(action(row("/memfd:ring (deleted)"), "Who Else Maps This…")->isEnabled());
    QSignalSpy folder(&tree, &MapTree::folderRequested);
    action(row("/top"), "Open the File's Folder")->trigger();
    ASSERT_EQ(folder.size(), 1);
    EXPECT_EQ(folder[0][0].toString(), QStringLiteral("/"));
}

TEST_F(MapTreeTest, ACoreDumpHasNobodyToAsk) {
    MapSnapshot core = testing::mapOf(kSmallMap);
    core.origin = MapOrigin::coreDump;
    tree.setSnapshot(std::make_shared<const MapSnapshot>(core));
    for (const char* text : {"Open the File's Folder", "Who Else Maps This…", "Strings…"}) {
        EXPECT_FALSE(action(row("/usr/bin/probe"), text)->isEnabled()) << text;
    }
}

TEST_F(MapTreeTest, ColumnsAreAsTheyWereLeft) {
    tree.setSnapshot(sharedMap(kSmallMap));
    tree.setColumnNames(ColumnNames::vmmapNames);
    tree.setColumnShown(kMapFirstNumberColumn + 1, false);
    tree.view().setColumnWidth(kMapFirstNumberColumn, 123);
    tree.view().sortByColumn(kMapFirstNumberColumn, Qt::DescendingOrder);
    const QByteArray left = tree.columnState();

    MapTree next(theme);
    next.restoreColumns(left);
    next.setSnapshot(sharedMap(kSmallMap));
    EXPECT_EQ(next.model().columnNames(), ColumnNames::vmmapNames);
    EXPECT_TRUE(next.view().isColumnHidden(kMapFirstNumberColumn + 1));
    EXPECT_EQ(next.view().columnWidth(kMapFirstNumberColumn), 123);
    EXPECT_EQ(rowNamed(next, "/dev/shm/ring").row(), 0) << "sorted as it was";
    next.restoreColumns("nonsense");
    EXPECT_EQ(next.view().columnWidth(kMapFirstNumberColumn), 123);
    next.resetColumns();
    EXPECT_FALSE(next.view().isColumnHidden(kMapFirstNumberColumn + 1));
    EXPECT_EQ(rowNamed(next, "/usr/bin/probe").row(), 0);
}

TEST_F(MapTreeTest, ADifferenceHasTheColumnOfItsChanges) {
    const MapSnapshotPtr before = sharedMap(kSmallMap);
    const MapSnapshotPtr after = sharedMap(kSmallMap);
    EXPECT_TRUE(tree.view().isColumnHidden(kMapChangeColumn));
    tree.setDifference(std::make_shared<const MapDifference>(compareMaps(*before, *after)), before,
                       after);
    EXPECT_FALSE(tree.view().isColumnHidden(kMapChangeColumn));
    EXPECT_TRUE(sentence().starts_with("Nothing changed")) << sentence();
    tree.setOnlyChanged(false);
    EXPECT_EQ(tree.model().rowCount(), 5);
    EXPECT_EQ(sentence(), "");
    tree.setSnapshot(after);
    EXPECT_TRUE(tree.view().isColumnHidden(kMapChangeColumn));
}

TEST_F(MapTreeTest, ASentenceSaysWhyThereIsNoRow) {
    EXPECT_EQ(sentence(), "What a process has mapped into its memory appears here.");
    tree.setSnapshot(sharedMap(kSmallMap));
    EXPECT_EQ(sentence(), "");
    tree.setShownType(MemoryType::device);
    EXPECT_EQ(sentence(), "No mapping is of this type.");
    tree.setFindText(QStringLiteral("xyz"));
    EXPECT_EQ(sentence(), "No mapping contains 'xyz'.");
    tree.setFindText(QStringLiteral("ring"));
    EXPECT_EQ(sentence(), "What contains 'ring' is hidden: only Device is shown, click it again "
                          "for all types.");
}

TEST_F(MapTreeTest, TheFirstClickOnANumberSortsTheLargestFirst) {
    tree.setSnapshot(sharedMap(kSmallMap));
    tree.show();
    QHeaderView& header = *tree.view().header();
    const auto click = [&](int column) {
        const QPoint at(header.sectionViewportPosition(column) + 10, header.height() / 2);
        QTest::mouseClick(header.viewport(), Qt::LeftButton, Qt::NoModifier, at);
    };
    click(kMapFirstNumberColumn);
    EXPECT_EQ(header.sortIndicatorSection(), kMapFirstNumberColumn);
    EXPECT_EQ(header.sortIndicatorOrder(), Qt::DescendingOrder);
    click(kMapTypeColumn);
    EXPECT_EQ(header.sortIndicatorSection(), kMapTypeColumn);
    EXPECT_EQ(header.sortIndicatorOrder(), Qt::AscendingOrder);
    tree.hide();
}

bool hasColor(const QImage& image, const QColor& color) {
    for (int y = 0; y < image.height(); ++y) {
        for (int x = 0; x < image.width(); ++x) {
            if (image.pixelColor(x, y) == color) {
                return true;
            }
        }
    }
    return false;
}

TEST_F(MapTreeTest, TypesHaveTheirChipsAndDifferencesTheirColours) {
    const ThemeTokens& tokens = theme.tokens();
    const MapSnapshotPtr before = sharedMap("1000-3000 rw-p 00000000 00:00 0 [heap]\n");
    const MapSnapshotPtr after = sharedMap("1000-9000 rw-p 00000000 00:00 0 [heap]\n");
    tree.setSnapshot(before);
    const QImage amounts = tree.grab().toImage();
    EXPECT_TRUE(hasColor(amounts, tokens.memoryTypeColor(MemoryType::heap)));
    EXPECT_FALSE(hasColor(amounts, tokens.grown));
    tree.setDifference(std::make_shared<const MapDifference>(compareMaps(*before, *after)), before,
                       after);
    const QImage grown = tree.grab().toImage();
    EXPECT_TRUE(hasColor(grown, tokens.grown));
    EXPECT_FALSE(hasColor(grown, tokens.shrunk));
    tree.setDifference(std::make_shared<const MapDifference>(compareMaps(*after, *before)), after,
                       before);
    EXPECT_TRUE(hasColor(tree.grab().toImage(), tokens.shrunk));
}

TEST_F(MapTreeTest, RowsAreAsHighAsTheFontAsksFor) {
    tree.setSnapshot(sharedMap(kSmallMap));
    EXPECT_EQ(tree.view().visualRect(row("[heap]")).height(), tree.fontMetrics().height() + 6);
}

TEST_F(MapTreeTest, ScreenReadersAreToldWhatItIs) {
    EXPECT_EQ(namelessControls(tree), "");
    EXPECT_FALSE(tree.view().accessibleName().isEmpty());
}

} // namespace
} // namespace ringscope
