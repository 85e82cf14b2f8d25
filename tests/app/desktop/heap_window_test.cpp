// SPDX-License-Identifier: GPL-3.0-or-later
// Real programs, from the start to the picture of where they allocate.
#include "app/desktop/heap_window.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <QAction>
#include <QActionGroup>
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSettings>
#include <QTabWidget>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>

#include <fstream>
#include <functional>

#include "app/desktop/background_jobs.h"
#include "app/desktop/heap_flow.h"
#include "app/desktop/main_window.h"
#include "app/desktop/message_bar.h"
#include "app/desktop/program_dialog.h"
#include "app/desktop/window_actions.h"
#include "widgets/charts/chart_view.h"
#include "widgets/charts/time_link.h"
#include "widgets/heap/annotation_tables.h"
#include "widgets/heap/block_table.h"
#include "widgets/heap/block_table_model.h"
#include "widgets/heap/call_tree_model.h"
#include "widgets/heap/call_tree_view.h"
#include "widgets/heap/flame_graph.h"
#include "widgets/heap/function_table.h"
#include "widgets/heap/heap_range_bar.h"
#include "widgets/heap/heap_tiles.h"
#include "widgets/heap/heap_timeline_view.h"
#include "widgets/heap/histogram_table.h"

namespace ringscope {
namespace {

bool waitFor(const std::function<bool()>& holds) {
    return QTest::qWaitFor(holds, 60'000);
}

class HeapWindowTest : public ::testing::Test {
protected:
    HeapWindowTest() {
        QSettings::setPath(QSettings::IniFormat, QSettings::UserScope, folder.path());
        window = std::make_unique<MainWindow>(jobs);
        window->show();
    }
    void begin(const std::string& what, HeapMode mode = HeapMode::exact) {
        OpenCommand command;
        command.program = {PROFILE_TARGET, what};
        command.heapMode = mode;
        window->begin(command);
    }
    bool isIn(SessionState state) const { return window->controller().state() == state; }
    HeapWindow* open() {
        window->actions().heapProfile->trigger();
        HeapWindow* const shown = window->heaps().shown();
        EXPECT_NE(shown, nullptr);
        EXPECT_TRUE(waitFor([shown] { return shown == nullptr || shown->picture() != nullptr; }));
        return shown;
    }
    static std::uint32_t find(const CallTree& tree, const std::string& name) {
        for (std::uint32_t i = 1; i < tree.nodes().size(); ++i) {
            if (tree.functionOf(i).name == name) {
                return i;
            }
        }
        return 0;
    }

    QTemporaryDir folder;
    BackgroundJobs jobs;
    std::unique_ptr<MainWindow> window;
};

TEST_F(HeapWindowTest, ShowsWhereAProgramAllocatedThatHasEnded) {
    begin("inline");
    ASSERT_TRUE(waitFor([this] { return isIn(SessionState::ended); }));
    HeapWindow* const heap = open();
    ASSERT_NE(heap, nullptr);
    EXPECT_THAT(heap->windowTitle().toStdString(), ::testing::HasSubstr("heap_profile_target"));
    const CallTree& tree = *heap->picture()->fromMain;
    const std::uint32_t call = find(tree, "(anonymous namespace)::allocatesInline");
    ASSERT_NE(call, 0U);
    EXPECT_EQ(tree.nodes()[call].total[HeapMeasure::total], 4321U);

    // Both pictures of it are linked.
    heap->calls().select(call);
    heap->flames().setFocus();
    Q_EMIT heap->calls().nodeSelected(call);
    EXPECT_EQ(heap->flames().selected(), call);

    heap->setDirection(CallDirection::fromAllocation);
    const CallTree& reversed = *heap->picture()->fromAllocation;
    EXPECT_EQ(reversed.nodes()[find(reversed, "(anonymous namespace)::allocatesInline")].parent,
              0U);
    heap->setMeasure(HeapMeasure::live);
    heap->setByteScale(ByteScale::bytes);
    (void)heap->grab();

    // The stacks of one function alone.
    heap->setMeasure(HeapMeasure::total);
    const CallFunction function = tree.functionOf(call);
    Q_EMIT heap->functions().aroundRequested(function, CallDirection::fromAllocation);
    ASSERT_TRUE(waitFor([heap] { return heap->picture()->callers != nullptr; }));
    EXPECT_EQ(heap->calls().calls().tree(), heap->picture()->callers);
    EXPECT_EQ(heap->picture()->callers->functionOf(1).name, function.name);
    EXPECT_EQ(heap->picture()->callers->nodes()[0].total[HeapMeasure::total], 4321U);
    heap->showAround(function, CallDirection::fromMain);
    EXPECT_EQ(heap->calls().calls().tree(), heap->picture()->callees);
    heap->setDirection(CallDirection::fromMain);
    EXPECT_EQ(heap->calls().calls().tree(), heap->picture()->fromMain);
}

TEST_F(HeapWindowTest, ShowsOnlyTheSelectedTime) {
    begin("steady");
    const auto readings = [this] {
        const auto& view = window->controller().view();
        return view != nullptr && view->heapMoments != nullptr ? view->heapMoments->size() : 0;
    };
    ASSERT_TRUE(waitFor([&] { return readings() >= 5; }));
    window->controller().stop();
    ASSERT_TRUE(waitFor([this] { return isIn(SessionState::ended); }));
    HeapWindow* const heap = open();
    ASSERT_NE(heap, nullptr);
    const auto whole = heap->picture()->record;
    EXPECT_FALSE(whole->profile.range);
    ASSERT_NE(heap->timeline().timeline(), nullptr);
    EXPECT_GE(heap->timeline().chart().series().size(), 1U);

    const HeapMomentRecords& moments = *window->controller().view()->heapMoments;
    const std::int64_t fromNs = moments[1]->moment.timeNs;
    const std::int64_t toNs = moments[3]->moment.timeNs;
    window->timeLink().select({fromNs, toNs});
    ASSERT_TRUE(waitFor([heap] { return heap->picture()->record->profile.range.has_value(); }));
    EXPECT_EQ(*heap->picture()->record->profile.range, (HeapRange{fromNs, toNs}));
    EXPECT_GT(heap->picture()->record->profile.total.blocks, 0U);
    EXPECT_LT(heap->picture()->record->profile.total.blocks, whole->profile.total.blocks);
    EXPECT_EQ(heap->picture()->fromMain->nodes()[0].total[HeapMeasure::count],
              heap->picture()->record->profile.total.blocks);
    auto* const bar = heap->findChild<HeapRangeBar*>();
    ASSERT_NE(bar, nullptr);
    EXPECT_TRUE(bar->isVisible());
    heap->setMeasure(HeapMeasure::count);
    (void)heap->grab();

    QTest::mouseClick(bar->findChild<QPushButton*>(), Qt::LeftButton);
    ASSERT_TRUE(waitFor([heap] { return !heap->picture()->record->profile.range; }));
    EXPECT_EQ(heap->picture()->record->profile.total.blocks, whole->profile.total.blocks);
    EXPECT_FALSE(bar->isVisible());
}

TEST_F(HeapWindowTest, ShowsWhatTheProgramNames) {
    OpenCommand command;
    command.program = {ANNOTATED_TARGET, "alone", "regions", "expectations"};
    command.heapMode = HeapMode::exact;
    window->begin(command);
    ASSERT_TRUE(waitFor([this] { return isIn(SessionState::ended); }));
    HeapWindow* const heap = open();
    ASSERT_NE(heap, nullptr);
    const QAbstractItemModel& regions = *heap->annotations().regions().model();
    ASSERT_EQ(regions.rowCount(), 1);
    EXPECT_EQ(regions.index(0, 0).data().toString(), QStringLiteral("hot path"));
    EXPECT_EQ(regions.index(0, 5).data().toString(), QStringLiteral("2"));
    EXPECT_EQ(heap->annotations().expectations().model()->rowCount(), 4);
    EXPECT_TRUE(heap->annotations().pools().isHidden());
}

TEST_F(HeapWindowTest, ABlockLeadsToItsStack) {
    begin("sites");
    ASSERT_TRUE(waitFor([this] { return isIn(SessionState::ended); }));
    HeapWindow* const heap = open();
    ASSERT_NE(heap, nullptr);
    const HeapProfile& profile = heap->picture()->record->profile;
    heap->findChild<QTabWidget*>()->setCurrentWidget(&heap->blocks());
    BlockTableModel& blocks = heap->blocks().blocks();
    EXPECT_EQ(blocks.rowCount(), static_cast<int>(profile.total.liveBlocks));
    EXPECT_EQ(heap->sizes().model()->rowCount(), static_cast<int>(profile.sizes.size()));
    EXPECT_EQ(heap->lifetimes().model()->rowCount(), static_cast<int>(profile.lifetimes.size()));
    EXPECT_EQ(heap->threads().model()->rowCount(), 1);
    ASSERT_GT(blocks.rowCount(), 0);
    heap->setDirection(CallDirection::fromAllocation);
    Q_EMIT heap->blocks().activated(blocks.index(0, 0));
    const std::uint32_t node = heap->flames().selected();
    ASSERT_NE(node, 0U);
    EXPECT_EQ(heap->calls().calls().tree(), heap->picture()->fromMain);
    EXPECT_EQ(heap->picture()->fromMain->functionOf(node).name, blocks.siteAt(0).function);
}

TEST_F(HeapWindowTest, ShowsWhatIsLiveInAProgramThatRuns) {
    begin("waits");
    ASSERT_TRUE(waitFor([this] { return isIn(SessionState::live); }));
    HeapWindow* const heap = open();
    ASSERT_NE(heap, nullptr);
    const auto liveOf = [heap] {
        return heap->picture() == nullptr ? 0 : heap->picture()->record->profile.total.liveBytes;
    };
    EXPECT_TRUE(waitFor([&] { return liveOf() >= 1'234'567; }));
    const std::uint32_t main = find(*heap->picture()->fromMain, "main");
    EXPECT_NE(main, 0U);
    heap->flames().zoomTo(main);
    const auto before = heap->picture();
    Q_EMIT heap->readingWanted();
    ASSERT_TRUE(waitFor([&] { return heap->picture() != before; }));
    EXPECT_EQ(heap->picture()->fromMain->functionOf(heap->flames().focus()).name, "main")
        << "stays where it was";
    window->controller().stop();
    ASSERT_TRUE(waitFor([this] { return isIn(SessionState::ended); }));
    EXPECT_TRUE(waitFor([heap] {
        return heap->findChild<QComboBox*>()->currentText().contains(QStringLiteral("ended"));
    }));
}

TEST_F(HeapWindowTest, ShowsNothingOfASessionThatIsGone) {
    begin("inline");
    ASSERT_TRUE(waitFor([this] { return isIn(SessionState::ended); }));
    HeapWindow* const heap = open();
    ASSERT_NE(heap, nullptr);
    begin("waits", HeapMode::counts);
    EXPECT_TRUE(waitFor([heap] { return heap->picture() == nullptr; }));
    EXPECT_EQ(heap->tiles().valueOf(0), QString());
    EXPECT_EQ(heap->calls().calls().rowCount(), 0);
    (void)heap->grab();
    window->controller().stop();
    ASSERT_TRUE(waitFor([this] { return isIn(SessionState::ended); }));
}

TEST_F(HeapWindowTest, SaysWhyThereIsNone) {
    begin("inline", HeapMode::counts);
    ASSERT_TRUE(waitFor([this] { return isIn(SessionState::ended); }));
    window->actions().heapProfile->trigger();
    EXPECT_EQ(window->heaps().shown(), nullptr);
    ASSERT_FALSE(window->messages().history().empty());
    EXPECT_TRUE(window->messages().history().back().text.contains(QStringLiteral("call stack")));
}

TEST_F(HeapWindowTest, ARunningProgramIsRecordedWhenItIsAskedFor) {
    begin("steady", HeapMode::counts);
    ASSERT_TRUE(waitFor([this] { return window->controller().isHeapTracked(); }));
    window->actions().heapProfile->trigger();
    EXPECT_EQ(window->heaps().shown(), nullptr) << "there are no call stacks yet";
    QToolButton* record = nullptr;
    for (QToolButton* const button : window->messages().findChildren<QToolButton*>()) {
        record = button->text() == QStringLiteral("Every block") ? button : record;
    }
    ASSERT_NE(record, nullptr);
    record->click();
    HeapWindow* const heap = window->heaps().shown();
    ASSERT_NE(heap, nullptr);
    ASSERT_TRUE(waitFor([heap] {
        Q_EMIT heap->readingWanted();
        return heap->picture() != nullptr && heap->picture()->record->profile.total.blocks > 100;
    }));
    Q_EMIT heap->modeWanted(HeapMode::counts);
    EXPECT_EQ(window->controller().recordedHeap(), HeapMode::counts);
    EXPECT_TRUE(waitFor([this] {
        const auto& markers = *window->controller().view()->markers;
        return !markers.empty() &&
               markers.back().text.find("only counted from now on") != std::string::npos;
    }));
    (void)heap->grab();
    window->controller().stop();
    ASSERT_TRUE(waitFor([this] { return isIn(SessionState::ended); }));
}

TEST_F(HeapWindowTest, AFileOfDhatIsShownAtOnce) {
    const QString file = folder.filePath(QStringLiteral("dhat.out.1"));
    std::ofstream(file.toStdString())
        << R"json({"dhatFileVersion":2,"mode":"heap","verb":"Allocated","bklt":true,"bkacc":false,
"tu":"instrs","Mtu":"Minstr","tuth":500,"cmd":"./demo","pid":44,"te":9,"tg":8,"pps":[{"tb":1000,
"tbk":10,"tl":9,"mb":500,"mbk":5,"gb":400,"gbk":4,"eb":300,"ebk":3,"fs":[1]}],
"ftbl":["[root]","0x10: main (t.c:3)"]})json";
    window->controller().openFile(file);
    ASSERT_TRUE(waitFor([this] {
        return window->heaps().shown() != nullptr && window->heaps().shown()->picture() != nullptr;
    }));
    HeapWindow& heap = *window->heaps().shown();
    EXPECT_TRUE(heap.isVisible());
    EXPECT_EQ(heap.tiles().valueOf(2), QStringLiteral("1000 B"));
    EXPECT_EQ(heap.tiles().valueOf(3), QStringLiteral("–")) << "DHAT says nothing of these";
    EXPECT_EQ(heap.tiles().valueOf(4), QStringLiteral("–")) << "it counts instructions";
    EXPECT_NE(find(*heap.picture()->fromMain, "main"), 0U);
    (void)heap.grab();
}

TEST_F(HeapWindowTest, AProgramIsAskedFor) {
    window->actions().runProgram->trigger();
    auto* const dialog = window->findChild<ProgramDialog*>();
    ASSERT_NE(dialog, nullptr);
    EXPECT_TRUE(dialog->command().empty());
    dialog->findChild<QLineEdit*>()->setText(QStringLiteral(PROFILE_TARGET " 'sites'"));
    auto* const modes = dialog->findChild<QComboBox*>();
    modes->setCurrentIndex(modes->findData(static_cast<int>(HeapMode::exact)));
    EXPECT_EQ(dialog->heapMode(), HeapMode::exact);
    dialog->accept();
    ASSERT_TRUE(waitFor([this] { return isIn(SessionState::ended); }));
    EXPECT_FALSE(window->controller().view()->heaps->empty());
    EXPECT_EQ(window->actions().heapModes->checkedAction()->data().toInt(),
              static_cast<int>(HeapMode::exact));
}

TEST_F(HeapWindowTest, AProgramThatIsNotThereIsSaidSo) {
    OpenCommand command;
    command.program = {"/no/such/program"};
    window->begin(command);
    ASSERT_TRUE(waitFor([this] { return !window->messages().history().empty(); }));
    EXPECT_TRUE(
        window->messages().history().back().text.contains(QStringLiteral("/no/such/program")));
}

} // namespace
} // namespace ringscope
