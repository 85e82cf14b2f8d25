// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/map_window.h"

#include <gtest/gtest.h>

#include <QAction>
#include <QApplication>
#include <QFile>
#include <QFileDialog>
#include <QImage>
#include <QInputDialog>
#include <QLabel>
#include <QMenu>
#include <QMenuBar>
#include <QMessageBox>
#include <QPointer>
#include <QPushButton>
#include <QSettings>
#include <QTemporaryDir>
#include <QTest>
#include <QTreeView>
#include <QTreeWidget>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <functional>
#include <memory>
#include <sys/mman.h>
#include <unistd.h>

#include "app/desktop/background_jobs.h"
#include "app/desktop/list_dialog.h"
#include "app/desktop/map_inspection.h"
#include "app/desktop/message_bar.h"
#include "app/desktop/preferences.h"
#include "core/memory/map_json.h"
#include "core/memory/map_reader.h"
#include "tests/support/idle_child.h"
#include "widgets/map/address_strip.h"
#include "widgets/map/map_bars.h"
#include "widgets/map/map_summary_table.h"
#include "widgets/map/map_tree.h"
#include "widgets/map/map_tree_model.h"
#include "widgets/map/page_strip.h"
#include "widgets/theme/theme.h"

namespace ringscope {
namespace {

constexpr std::size_t kBytes = 4U << 20U;

bool waitFor(const std::function<bool()>& holds) {
    return QTest::qWaitFor(holds, 30'000);
}

class MapWindowTest : public testing::Test {
protected:
    MapWindowTest() {
        QSettings::setPath(QSettings::IniFormat, QSettings::UserScope, m_folder.path());
        m_preferences = std::make_unique<Preferences>();
        m_window = new MapWindow(m_theme, m_jobs, *m_preferences, nullptr);
        m_window->show();
    }
    ~MapWindowTest() override { delete m_window; }

    MapController& controller() { return m_window->controller(); }
    bool follow(std::int32_t pid) {
        m_window->follow({pid, 0, 0});
        return waitFor([this] { return controller().shown() != nullptr; });
    }
    bool readAgain() {
        const auto before = controller().records().size();
        controller().refresh();
        return waitFor([&] { return controller().records().size() > before; });
    }
    [[nodiscard]] int shownRows() const {
        return m_window->findChild<MapTree*>()->model().rowCount();
    }

    QTemporaryDir m_folder;
    Theme m_theme{lightTokens()};
    BackgroundJobs m_jobs;
    std::unique_ptr<Preferences> m_preferences;
    QPointer<MapWindow> m_window;
};

TEST_F(MapWindowTest, ShowsTheMapOfAProcess) {
    ASSERT_TRUE(follow(::getpid()));
    EXPECT_EQ(controller().shown()->space.process.pid, ::getpid());
    EXPECT_TRUE(m_window->windowTitle().contains(QString::number(::getpid())));
    EXPECT_GT(shownRows(), 10);
    const auto total = controller().shown()->sums().regionTotal();
    EXPECT_EQ(total.rss, controller().records().front()->sums.regionTotal().rss);
    ASSERT_TRUE(controller().shown()->rollup) << "asked for singly, so with the kernel's own sums";
}

TEST_F(MapWindowTest, AProcessThatHasEndedShowsTheNewestOfWhatWasKept) {
    ASSERT_TRUE(follow(::getpid()));
    auto records = controller().records();
    m_window->follow({INT32_MAX, 0, 0}, records);
    EXPECT_TRUE(waitFor([&] { return controller().shown() != nullptr; }));
    EXPECT_FALSE(controller().isLive());
    EXPECT_EQ(controller().shown()->space.process.pid, ::getpid());
    EXPECT_FALSE(m_window->messages().history().empty()) << "it says so, too";
}

TEST_F(MapWindowTest, MapsThatComeLaterKeepWhatIsComparedWithWhat) {
    ASSERT_TRUE(follow(::getpid()));
    ASSERT_TRUE(readAgain());
    controller().choose(1);
    controller().compareWith(0);
    auto earlier = std::make_shared<MapRecord>(*controller().records().front());
    earlier->timeNs -= 1;
    const auto other = std::make_shared<MapRecord>(*earlier);
    other->process.pid = 1;
    m_window->addMaps({earlier, other, controller().records().front()});
    ASSERT_EQ(controller().records().size(), 3U) << "of that process, and each once";
    EXPECT_EQ(controller().records().front(), earlier);
    EXPECT_EQ(controller().chosen(), 2U);
    EXPECT_EQ(controller().comparedWith(), 1U);
    controller().chooseAt(earlier->timeNs - 5);
    EXPECT_EQ(controller().chosen(), 0U);
}

TEST_F(MapWindowTest, ListsThePagesOfAMapping) {
    ASSERT_TRUE(follow(::getpid()));
    constexpr std::size_t kPage = 4096;
    auto* const memory = static_cast<char*>(
        ::mmap(nullptr, 8 * kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    ASSERT_NE(memory, MAP_FAILED);
    ::madvise(memory, 8 * kPage, MADV_NOHUGEPAGE);
    memory[2 * kPage] = 1;
    memory[3 * kPage] = 1;
    memory[6 * kPage] = 1;
    const auto start = reinterpret_cast<quint64>(memory);
    Q_EMIT m_window->findChild<MapTree*>()->pagesRequested(start, start + 8 * kPage);
    auto* const dialog = m_window->findChild<ListDialog*>();
    ASSERT_NE(dialog, nullptr);
    EXPECT_TRUE(waitFor([dialog] { return dialog->rowCount() == 5; })) << dialog->rowCount();
    const QStringList lines = dialog->copied().trimmed().split(u'\n');
    ::munmap(memory, 8 * kPage);
    ASSERT_GE(lines.size(), 5);
    EXPECT_TRUE(lines[lines.size() - 4].endsWith(QStringLiteral("2\tanonymous, mapped once")))
        << lines.join(u'\n').toStdString();
    EXPECT_TRUE(lines[lines.size() - 1].endsWith(QStringLiteral("1\tnot present")));
}

TEST_F(MapWindowTest, AMappingOpensIntoItsPages) {
    ASSERT_TRUE(follow(::getpid()));
    constexpr std::size_t kPages = 8;
    auto* const memory = static_cast<char*>(
        ::mmap(nullptr, kPages * 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
    ASSERT_NE(static_cast<void*>(memory), MAP_FAILED);
    memory[0] = 1;
    ASSERT_TRUE(readAgain());
    auto* const tree = m_window->findChild<MapTree*>();
    ASSERT_TRUE(tree->selectAddress(reinterpret_cast<quint64>(memory)));
    const QPersistentModelIndex mapping = tree->view().currentIndex().siblingAtColumn(0);
    tree->view().expand(mapping);
    ASSERT_TRUE(waitFor([&] { return tree->model().rowCount(mapping) == 2; }));
    const auto rssOf = [&](int row) {
        return tree->model().exactText(tree->model().index(row, mapColumnIndex("rss"), mapping));
    };
    EXPECT_EQ(rssOf(0), QStringLiteral("4096"));
    EXPECT_EQ(rssOf(1), QStringLiteral("0"));
    EXPECT_TRUE(tree->copied(MapTree::CopiedRows::all, CopyFormat::tsv)
                    .contains(QStringLiteral("\npages\t")));
    memory[4096] = 1;
    ASSERT_TRUE(readAgain());
    EXPECT_TRUE(tree->view().isExpanded(mapping));
    EXPECT_TRUE(waitFor([&] { return rssOf(0) == QStringLiteral("8192"); }))
        << "they are read again with the map";
    ::munmap(memory, kPages * 4096);
}

TEST_F(MapWindowTest, ReadsTheNodesOfThePagesWhileTheirColumnIsShown) {
    if (::access("/proc/self/numa_maps", R_OK) != 0) {
        GTEST_SKIP() << "this kernel has no numa_maps";
    }
    const IdleChild child;
    ASSERT_TRUE(follow(child.pid()));
    EXPECT_FALSE(controller().shown()->nodes);
    m_window->findChild<MapTree*>()->setColumnShown(mapNodesColumn(), true);
    ASSERT_TRUE(waitFor([&] { return controller().shown()->nodes.has_value(); }));
    EXPECT_FALSE(controller().shown()->nodesOf(std::nullopt).empty());
    // Also of the one that was kept.
    controller().choose(controller().records().size() - 1);
    const auto first = controller().shown();
    ASSERT_TRUE(waitFor([&] { return controller().shown() != first; }));
    EXPECT_EQ(controller().shown()->nodes, first->nodes);
}

TEST_F(MapWindowTest, IsSavedAsAPicture) {
    ASSERT_TRUE(follow(::getpid()));
    for (const char* const suffix : {"png", "svg"}) {
        for (QAction* const action : m_window->menuBar()->actions().front()->menu()->actions()) {
            if (action->text().contains(QStringLiteral("icture"))) {
                action->trigger();
            }
        }
        auto* const dialog = m_window->findChild<QFileDialog*>();
        ASSERT_NE(dialog, nullptr);
        const QString path = m_folder.filePath(QStringLiteral("map.") + QLatin1String(suffix));
        Q_EMIT dialog->fileSelected(path);
        delete dialog;
        QFile file(path);
        ASSERT_TRUE(file.open(QIODevice::ReadOnly)) << suffix;
        const QByteArray bytes = file.readAll();
        if (path.endsWith(QStringLiteral("png"))) {
            const QImage image = QImage::fromData(bytes);
            EXPECT_GT(image.width(), m_window->width()) << "two pixels for one";
            EXPECT_TRUE(
                image.text(QStringLiteral("Description")).contains(QString::number(::getpid())));
        } else {
            EXPECT_GT(bytes.count("<text"), 50) << "letters stay letters";
            EXPECT_TRUE(bytes.contains("Private Data"));
            EXPECT_TRUE(bytes.contains("Ringscope"));
        }
    }
}

TEST_F(MapWindowTest, VmmapsNamesComeWithItsColumns) {
    ASSERT_TRUE(follow(::getpid()));
    auto* const tree = m_window->findChild<MapTree*>();
    const auto shown = [tree] {
        QStringList names;
        for (int column = 0; column < tree->model().columnCount(); ++column) {
            if (!tree->view().isColumnHidden(column)) {
                names
                    << tree->model().headerData(column, Qt::Horizontal, Qt::DisplayRole).toString();
            }
        }
        return names;
    };
    const QStringList before = shown();
    EXPECT_TRUE(before.contains(QStringLiteral("PSS")));
    Q_EMIT m_window->findChild<MapSummaryTable*>()->columnNamesChanged(ColumnNames::vmmapNames);
    EXPECT_FALSE(shown().contains(QStringLiteral("PSS")));
    EXPECT_TRUE(shown().contains(QStringLiteral("Total WS")));
    EXPECT_TRUE(shown().contains(QStringLiteral("Locked WS")));
    Q_EMIT m_window->findChild<MapSummaryTable*>()->columnNamesChanged(ColumnNames::linuxNames);
    EXPECT_EQ(shown(), before);
}

TEST_F(MapWindowTest, ReclaimSaysWhoIsHitOrWhyItCannot) {
    ASSERT_TRUE(follow(::getpid()));
    for (QAction* const action : m_window->menuBar()->actions().back()->menu()->actions()) {
        if (action->text().contains(QStringLiteral("eclaim"))) {
            action->trigger();
        }
    }
    ASSERT_TRUE(waitFor([this] {
        return m_window->findChild<QInputDialog*>() != nullptr ||
               !m_window->messages().history().empty();
    }));
    if (auto* const dialog = m_window->findChild<QInputDialog*>()) {
        EXPECT_TRUE(dialog->labelText().contains(QStringLiteral("cgroup /")));
        dialog->reject();
    } else {
        EXPECT_TRUE(m_window->messages().history().front().text.contains(QStringLiteral("cgroup")));
    }
}

TEST_F(MapWindowTest, AChosenTypeFiltersEveryPart) {
    ASSERT_TRUE(follow(::getpid()));
    const int all = shownRows();
    Q_EMIT m_window->findChild<MapSummaryTable*>()->typeSelected(MemoryType::heap);
    EXPECT_LT(shownRows(), all);
    EXPECT_EQ(m_window->findChild<MapBars*>()->type(), MemoryType::heap);
    Q_EMIT m_window->findChild<MapBars*>()->typeSelected(std::nullopt);
    EXPECT_EQ(shownRows(), all);
    EXPECT_FALSE(m_window->findChild<MapSummaryTable*>()->selectedType());
}

TEST_F(MapWindowTest, AClickInThePictureShowsAlsoWhatWasFilteredAway) {
    ASSERT_TRUE(follow(::getpid()));
    auto* const tree = m_window->findChild<MapTree*>();
    const auto& regions = controller().shown()->space.map.regions;
    const auto image = std::find(controller().shown()->types.begin(),
                                 controller().shown()->types.end(), MemoryType::image) -
                       controller().shown()->types.begin();
    const MemoryRegion region = regions[static_cast<std::size_t>(image)];
    Q_EMIT m_window->findChild<MapSummaryTable*>()->typeSelected(MemoryType::heap);
    Q_EMIT m_window->findChild<AddressStrip*>()->regionSelected(region.start, region.end);
    EXPECT_FALSE(m_window->findChild<MapBars*>()->type());
    const auto selected = tree->model().regionOf(tree->view().currentIndex());
    ASSERT_TRUE(selected);
    EXPECT_EQ(tree->model().items().regionAt(*selected).start, region.start);
}

TEST_F(MapWindowTest, AnotherMapTakesAnotherWindowWhereSnapshotsWouldBeLost) {
    const QString file = m_folder.filePath(QStringLiteral("other.json"));
    std::ofstream out(file.toStdString());
    writeMapJson(readMapSnapshot(selfProcess()).value(), out);
    out.close();
    const auto open = [&] {
        for (QAction* const action : m_window->menuBar()->actions().front()->menu()->actions()) {
            if (action->text().contains(QStringLiteral("Open saved map"))) {
                action->trigger();
            }
        }
        auto* const dialog = m_window->findChild<QFileDialog*>();
        Q_EMIT dialog->fileSelected(file);
        delete dialog;
    };
    const auto windows = [] {
        const QWidgetList all = QApplication::topLevelWidgets();
        return std::count_if(all.begin(), all.end(), [](QWidget* widget) {
            return qobject_cast<MapWindow*>(widget) != nullptr;
        });
    };
    ASSERT_TRUE(follow(::getpid()));
    ASSERT_TRUE(readAgain());
    open();
    EXPECT_EQ(windows(), 2);
    EXPECT_TRUE(controller().isLive());
    EXPECT_EQ(controller().records().size(), 2U) << "they stay";
    for (QWidget* const widget : QApplication::topLevelWidgets()) {
        if (qobject_cast<MapWindow*>(widget) != nullptr && widget != m_window) {
            delete widget;
            break; // its menus are in the list too
        }
    }
    controller().showRecords({controller().records().front()});
    open();
    EXPECT_EQ(windows(), 1) << "with nothing to lose";
}

TEST_F(MapWindowTest, SaysWhatTheProgramHasAllocated) {
    m_window->setHeapOf([](const ProcessIdentity&) {
        return HeapFigures{12'345'678, std::nullopt};
    });
    ASSERT_TRUE(follow(::getpid()));
    EXPECT_EQ(controller().shown()->heap->liveBytes, 12'345'678U);
    EXPECT_TRUE(m_window->findChild<QLabel*>(QStringLiteral("mapRemarks"))
                    ->text()
                    .contains(QStringLiteral("11.8 MiB allocated")));
}

TEST_F(MapWindowTest, TwoSnapshotsShowExactlyWhatCame) {
    ASSERT_TRUE(follow(::getpid()));
    void* const memory =
        ::mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ASSERT_NE(memory, MAP_FAILED);
    std::memset(memory, 1, kBytes);
    ASSERT_TRUE(readAgain());
    std::shared_ptr<const MapDifference> difference;
    QObject::connect(&controller(), &MapController::mapChanged, m_window,
                     [&](const auto& changed) { difference = changed; });
    auto* const list = m_window->findChild<QTreeWidget*>(QStringLiteral("mapHistoryList"));
    ASSERT_EQ(list->topLevelItemCount(), 2);
    EXPECT_FALSE(list->topLevelItem(1)->text(3).isEmpty()) << "the growth";
    list->topLevelItem(0)->setSelected(true);
    list->topLevelItem(1)->setSelected(true);
    ASSERT_TRUE(waitFor([&] { return difference != nullptr; }));
    ::munmap(memory, kBytes);
    EXPECT_TRUE(difference->isSameProcess);
    EXPECT_EQ(difference->after.of(MemoryType::shareable).rss -
                  difference->before.of(MemoryType::shareable).rss,
              kBytes);
    EXPECT_GT(shownRows(), 0);
}

TEST_F(MapWindowTest, SnapshotsAreGoneThroughByKeyboard) {
    const IdleChild child;
    ASSERT_TRUE(follow(child.pid()));
    for (int i = 0; i < 3; ++i) {
        ASSERT_TRUE(readAgain());
    }
    auto* const list = m_window->findChild<QTreeWidget*>(QStringLiteral("mapHistoryList"));
    ASSERT_EQ(list->topLevelItemCount(), 4);
    list->setCurrentItem(list->topLevelItem(0));
    for (std::size_t row = 1; row < 4; ++row) {
        QTest::keyClick(list, Qt::Key_Down);
        EXPECT_EQ(list->currentItem(), list->topLevelItem(static_cast<int>(row)));
        EXPECT_EQ(controller().chosen(), row);
        ASSERT_TRUE(readAgain()) << "a new one leaves the keyboard where it is";
    }
    QTest::keyClick(list, Qt::Key_Up);
    EXPECT_EQ(controller().chosen(), 2U);
}

TEST_F(MapWindowTest, AMapThatIsChosenByItsTimeIsMarkedInTheList) {
    const IdleChild child;
    ASSERT_TRUE(follow(child.pid()));
    ASSERT_TRUE(readAgain());
    ASSERT_TRUE(readAgain());
    controller().chooseAt(controller().records()[1]->timeNs);
    auto* const list = m_window->findChild<QTreeWidget*>(QStringLiteral("mapHistoryList"));
    EXPECT_TRUE(list->topLevelItem(1)->isSelected());
    EXPECT_FALSE(list->topLevelItem(2)->isSelected());
    EXPECT_TRUE(list->topLevelItem(1)->font(0).bold());
    EXPECT_FALSE(list->topLevelItem(2)->font(0).bold());
    const auto buttons = m_window->findChildren<QPushButton*>();
    const auto newest = std::find_if(buttons.begin(), buttons.end(), [](const QPushButton* button) {
        return button->text() == QStringLiteral("Show the newest");
    });
    ASSERT_NE(newest, buttons.end());
    EXPECT_TRUE((*newest)->isEnabled());
    (*newest)->click();
    EXPECT_EQ(controller().chosen(), std::nullopt);
    EXPECT_FALSE((*newest)->isEnabled());
}

TEST_F(MapWindowTest, AKeptMapSaysThatItIsNotOfNow) {
    const IdleChild child;
    ASSERT_TRUE(follow(child.pid()));
    ASSERT_TRUE(readAgain());
    auto& tree = *m_window->findChild<MapTree*>();
    auto& strip = *m_window->findChild<PageStrip*>();
    tree.selectAddress(controller().shown()->space.map.regions.front().start);
    controller().choose(0);
    const auto now = controller().shown();
    ASSERT_TRUE(waitFor([&] { return controller().shown() != now; }));
    EXPECT_TRUE(strip.reason().contains(QStringLiteral("a kept map is shown")))
        << strip.reason().toStdString();
    const auto labels = m_window->findChildren<QLabel*>();
    EXPECT_TRUE(std::any_of(labels.begin(), labels.end(), [](const QLabel* label) {
        return label->text().contains(QStringLiteral("· as at "));
    }));
    controller().choose(std::nullopt);
    EXPECT_TRUE(waitFor([&] { return strip.reason().isEmpty(); }));
}

TEST_F(MapWindowTest, SaysThatAProcessEndedAndKeepsWhatWasRead) {
    auto child = std::make_unique<IdleChild>();
    ASSERT_TRUE(follow(child->pid()));
    child.reset();
    controller().refresh();
    ASSERT_TRUE(waitFor([this] { return !m_window->messages().history().empty(); }));
    EXPECT_FALSE(controller().isLive());
    EXPECT_TRUE(controller().status().contains(QStringLiteral("ended")));
    EXPECT_GT(shownRows(), 3);
    EXPECT_EQ(m_window->messages().history().front().kind, MessageBar::Kind::problem);
}

TEST_F(MapWindowTest, SaysThatAProcessEndedAlsoWhenNothingIsRead) {
    auto child = std::make_unique<IdleChild>();
    ASSERT_TRUE(follow(child->pid()));
    child.reset();
    ASSERT_TRUE(waitFor([this] { return !m_window->messages().history().empty(); }));
    EXPECT_FALSE(controller().isLive());
    EXPECT_TRUE(controller().status().contains(QStringLiteral("ended")));
}

TEST_F(MapWindowTest, AProcessThatCannotBeReadLeavesNothing) {
    m_window->follow({2'000'000'000, 0, 0});
    ASSERT_TRUE(waitFor([this] { return !m_window->messages().history().empty(); }));
    EXPECT_EQ(controller().status(), QStringLiteral("could not be read"));
}

TEST_F(MapWindowTest, AMapThatIsReadForAReasonSaysIt) {
    ASSERT_TRUE(follow(::getpid()));
    controller().refreshFor(QStringLiteral("paged out"));
    ASSERT_TRUE(waitFor([this] { return controller().records().size() >= 2; }));
    EXPECT_EQ(controller().records().front()->reason, "");
    EXPECT_EQ(controller().records().back()->reason, "paged out");
}

TEST_F(MapWindowTest, WhatIsComparedNamesBothMoments) {
    ASSERT_TRUE(follow(::getpid()));
    ASSERT_TRUE(readAgain());
    controller().compareWith(0);
    EXPECT_TRUE(waitFor([this] {
        return m_window->windowTitle().contains(QStringLiteral("what changed from "));
    })) << m_window->windowTitle().toStdString();
}

TEST_F(MapWindowTest, ReadsAgainByItself) {
    ASSERT_TRUE(follow(::getpid()));
    controller().setPeriod(1'000'000); // far more often than 1 % of a core allows
    ASSERT_TRUE(waitFor([this] { return controller().records().size() >= 3; }));
    EXPECT_TRUE(controller().status().contains(QStringLiteral("1 %")))
        << controller().status().toStdString();
    EXPECT_FALSE(controller().shown()->rollup) << "a second walk, left out when read again";
    controller().setPeriod(std::nullopt);
    EXPECT_EQ(controller().status(), QStringLiteral("read when asked"));
}

TEST_F(MapWindowTest, OpensASavedMapAndSaysWhatIsNone) {
    const QString file = m_folder.filePath(QStringLiteral("cut.json"));
    std::ofstream(file.toStdString()) << "{\"format\": \"ringscope-map\"";
    m_window->openFile(file);
    ASSERT_TRUE(waitFor([this] { return !m_window->messages().history().empty(); }));
    EXPECT_TRUE(m_window->messages().history().front().text.contains(file));
    EXPECT_EQ(controller().shown(), nullptr);
}

TEST_F(MapWindowTest, AFileThatIsNoneLeavesTheProcessLive) {
    m_window->follow(selfProcess());
    m_window->openFile(m_folder.filePath(QStringLiteral("missing.json"))); // while it is read
    ASSERT_TRUE(waitFor([this] { return !m_window->messages().history().empty(); }));
    ASSERT_TRUE(waitFor([this] { return controller().shown() != nullptr; }));
    EXPECT_TRUE(readAgain());
}

TEST_F(MapWindowTest, TextsAreReadOnlyAfterAsking) {
    ASSERT_TRUE(follow(::getpid()));
    auto* const text = static_cast<char*>(
        ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    ASSERT_NE(static_cast<void*>(text), MAP_FAILED);
    std::strcpy(text + 100, "findable in memory");
    const auto at = reinterpret_cast<quint64>(text);
    Q_EMIT m_window->findChild<MapTree*>()->stringsRequested(at, at + 4096);
    EXPECT_EQ(m_window->findChild<ListDialog*>(), nullptr);
    auto* const question = m_window->findChild<QMessageBox*>();
    ASSERT_NE(question, nullptr);
    for (QAbstractButton* const button : question->buttons()) {
        if (question->buttonRole(button) == QMessageBox::AcceptRole) {
            button->click();
        }
    }
    auto* const list = m_window->findChild<ListDialog*>();
    ASSERT_NE(list, nullptr);
    ASSERT_TRUE(waitFor([&] { return list->rowCount() == 1; }));
    EXPECT_TRUE(list->copied().contains(QStringLiteral("findable in memory")));
    EXPECT_TRUE(list->copied().contains(QString::number(at + 100, 16)));
    ::munmap(text, 4096);
}

TEST_F(MapWindowTest, ManyTextsComeInParts) {
    ASSERT_TRUE(follow(::getpid()));
    constexpr std::size_t kSize = std::size_t{12'000} * 16;
    auto* const text = static_cast<char*>(
        ::mmap(nullptr, kSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    ASSERT_NE(static_cast<void*>(text), MAP_FAILED);
    for (std::size_t i = 0; i < 12'000; ++i) {
        std::snprintf(text + i * 16, 16, "text %zu", i);
    }
    const auto at = reinterpret_cast<quint64>(text);
    Q_EMIT m_window->findChild<MapTree*>()->stringsRequested(at, at + kSize);
    auto* const question = m_window->findChild<QMessageBox*>();
    for (QAbstractButton* const button : question->buttons()) {
        if (question->buttonRole(button) == QMessageBox::AcceptRole) {
            button->click();
        }
    }
    auto* const list = m_window->findChild<ListDialog*>();
    ASSERT_TRUE(waitFor([&] { return list->totalRows() == 10'000; }));
    QPushButton* more = nullptr;
    for (auto* const button : list->findChildren<QPushButton*>()) {
        more = button->text() == QStringLiteral("Continue") ? button : more;
    }
    ASSERT_NE(more, nullptr);
    more->click();
    ASSERT_TRUE(waitFor([&] { return list->totalRows() == 12'000; }));
    EXPECT_FALSE(more->isVisible());
    EXPECT_TRUE(list->heading().startsWith(QStringLiteral("12000 texts"))) << "of both parts";
    EXPECT_TRUE(list->copied().endsWith(QStringLiteral("text 11999\n")));
    ::munmap(text, kSize);
}

TEST_F(MapWindowTest, ShowsWhoElseMapsAnObject) {
    void* const shared =
        ::mmap(nullptr, 8192, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ASSERT_NE(shared, MAP_FAILED);
    ASSERT_TRUE(follow(::getpid()));
    const auto& regions = controller().shown()->space.map.regions;
    std::size_t region = 0;
    while (regions.at(region).start != reinterpret_cast<std::uintptr_t>(shared)) {
        ++region;
    }
    Q_EMIT m_window->findChild<MapTree*>()->mappersRequested(QStringLiteral("it"),
                                                             regions.at(region));
    auto* const list = m_window->findChild<ListDialog*>();
    ASSERT_NE(list, nullptr);
    ASSERT_TRUE(waitFor([&] { return list->rowCount() == 1; }));
    EXPECT_TRUE(list->copied().contains(QString::number(::getpid())));
    ::munmap(shared, 8192);
}

TEST(MapPages, EachByteOfARegionHasOneState) {
    constexpr std::size_t kPages = 64;
    auto* const memory = static_cast<char*>(
        ::mmap(nullptr, kPages * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    ASSERT_NE(static_cast<void*>(memory), MAP_FAILED);
    ::madvise(memory, kPages * 4096, MADV_NOHUGEPAGE);
    std::memset(memory, 1, 16 * 4096);
    const auto start = reinterpret_cast<std::uint64_t>(memory);
    const auto pages = readPageColumns(selfProcess(), {start, start + kPages * 4096}, 4096, 32);
    ASSERT_TRUE(pages) << pages.error().message;
    EXPECT_EQ(pages->columns.size(), 32U);
    EXPECT_DOUBLE_EQ(shownPageBytes(*pages, ShownPage::exclusive), 16.0 * 4096);
    EXPECT_DOUBLE_EQ(shownPageBytes(*pages, ShownPage::notPresent), 48.0 * 4096);
    ::munmap(memory, kPages * 4096);
}

} // namespace
} // namespace ringscope
