// SPDX-License-Identifier: GPL-3.0-or-later
// Leaks of real programs, searched while they run and as they exit, and programs that are attached
// to.
#include "app/desktop/heap_leaks.h"

#include <gtest/gtest.h>

#include <QCheckBox>
#include <QComboBox>
#include <QLineEdit>
#include <QPushButton>
#include <QSettings>
#include <QTabWidget>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <functional>
#include <sys/stat.h>

#include "app/desktop/attach_choice.h"
#include "app/desktop/background_jobs.h"
#include "app/desktop/heap_flow.h"
#include "app/desktop/heap_window.h"
#include "app/desktop/main_window.h"
#include "app/desktop/message_bar.h"
#include "app/desktop/process_dialog.h"
#include "app/desktop/window_actions.h"
#include "core/base/file_descriptor.h"
#include "core/heap/attach_linux.h"
#include "core/heap/leak_search.h"
#include "core/heap/tracked_process.h"
#include "core/session/leak_record.h"
#include "core/session/live_session.h"
#include "tests/support/run_program.h"
#include "widgets/heap/call_tree_view.h"
#include "widgets/heap/flame_graph.h"
#include "widgets/heap/leak_table.h"
#include "widgets/heap/leak_table_model.h"
#include "widgets/heap/leak_view.h"

namespace ringscope {
namespace {

bool waitFor(const std::function<bool()>& holds) {
    return QTest::qWaitFor(holds, 60'000);
}

class HeapLeaksTest : public ::testing::Test {
protected:
    HeapLeaksTest() {
        QSettings::setPath(QSettings::IniFormat, QSettings::UserScope, folder.path());
        window = std::make_unique<MainWindow>(jobs);
        window->show();
    }
    bool isIn(SessionState state) const { return window->controller().state() == state; }
    HeapWindow* open() {
        window->actions().heapProfile->trigger();
        HeapWindow* const shown = window->heaps().shown();
        EXPECT_NE(shown, nullptr);
        EXPECT_TRUE(waitFor([shown] { return shown == nullptr || shown->picture() != nullptr; }));
        return shown;
    }
    std::string path(const char* name) const {
        return folder.filePath(QString::fromLatin1(name)).toStdString();
    }
    static LeakView& viewOf(HeapWindow& heap) { return heap.leaks().view(); }
    static LeakTableModel& leaksOf(HeapWindow& heap) { return viewOf(heap).table().leaks(); }
    static void showTab(HeapWindow& heap) {
        heap.findChild<QTabWidget*>()->setCurrentWidget(&viewOf(heap));
    }
    static LeakSums listed(HeapWindow& heap, LeakKind kind) {
        LeakSums sums;
        for (int row = 0; row < leaksOf(heap).rowCount(); ++row) {
            const LeakGroup& group = leaksOf(heap).rowAt(row).group;
            if (group.kind == kind) {
                sums.blocks += group.sums.blocks;
                sums.bytes += group.sums.bytes;
            }
        }
        return sums;
    }
    // Its functions from the selected call of the flame graph up to main().
    static std::string selectedCalls(HeapWindow& heap) {
        const CallTree& tree = *heap.picture()->fromMain;
        std::string calls;
        for (std::uint32_t node = heap.flames().selected(); node != 0;
             node = tree.nodes()[node].parent) {
            calls += tree.functionOf(node).name + " ";
        }
        return calls;
    }

    QTemporaryDir folder;
    BackgroundJobs jobs;
    std::unique_ptr<MainWindow> window;
};

// The target waits for its standard input to end: this end of it is kept open.
class HeapLeaksOfTargetTest : public HeapLeaksTest {
protected:
    HeapLeaksOfTargetTest() {
        const std::string pipe = path("input");
        EXPECT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
        m_input = FileDescriptor(::open(pipe.c_str(), O_RDWR | O_CLOEXEC));
        OpenCommand command;
        command.program = {"sh",        "-c",        "exec \"$0\" \"$1\" < \"$2\" > /dev/null",
                           LEAK_TARGET, LEAK_PLUGIN, pipe};
        command.heapMode = HeapMode::exact;
        window->begin(command);
        EXPECT_TRUE(waitFor([this] { return isIn(SessionState::live); }));
    }
    // The shell is another image of the same process.
    void waitForTarget(HeapWindow& heap) {
        EXPECT_TRUE(waitFor([&heap] {
            Q_EMIT heap.readingWanted();
            if (heap.picture() != nullptr) {
                heap.showProcess(heap.picture()->record->process.pid);
            }
            return heap.picture() != nullptr &&
                   heap.picture()->record->name.starts_with("heap_leak_targe");
        }));
    }
    // What the engine itself finds, once the target has come to where it waits.
    static LeakReport reportOf(const ProcessIdentity& process) {
        LeakReport report;
        EXPECT_TRUE(waitFor([&] {
            const auto tracked = openTrackedProcess(process);
            const auto found = tracked ? findLeaks(*tracked) : tracked.error();
            report = found ? *found : LeakReport();
            return report.of(LeakKind::definite).bytes == 380;
        }));
        return report;
    }
    void letTargetEnd() {
        EXPECT_EQ(::write(m_input.get(), "x", 1), 1);
        EXPECT_TRUE(waitFor([this] { return isIn(SessionState::ended); }));
    }

private:
    FileDescriptor m_input;
};

TEST_F(HeapLeaksOfTargetTest, AreThoseThatTheEngineFindsWhileItRuns) {
    HeapWindow* const heap = open();
    ASSERT_NE(heap, nullptr);
    waitForTarget(*heap);
    showTab(*heap);
    LeakView& view = viewOf(*heap);
    EXPECT_TRUE(view.sentence().contains(QStringLiteral("stands still")));
    const LeakReport report = reportOf(heap->picture()->record->process);
    ASSERT_TRUE(view.searchButton().isEnabled());
    view.searchButton().click();
    EXPECT_FALSE(view.searchButton().isEnabled()) << "one at a time";
    ASSERT_TRUE(waitFor([&] { return leaksOf(*heap).rowCount() > 0; }));
    EXPECT_EQ(listed(*heap, LeakKind::definite), report.of(LeakKind::definite));
    EXPECT_EQ(listed(*heap, LeakKind::indirect), report.of(LeakKind::indirect));
    EXPECT_EQ(listed(*heap, LeakKind::possible), report.of(LeakKind::possible));
    EXPECT_EQ(listed(*heap, LeakKind::reachable), LeakSums());
    view.kindBox(LeakKind::reachable).click();
    EXPECT_EQ(listed(*heap, LeakKind::reachable), report.of(LeakKind::reachable));
    EXPECT_EQ(view.kindBox(LeakKind::definite).text(),
              QStringLiteral("Definitely lost: 380 B in 5 blocks"));
    EXPECT_TRUE(view.sentence().contains(QStringLiteral("The process stood still 2 times")))
        << view.sentence().toStdString();
    EXPECT_TRUE(view.sentence().contains(QStringLiteral("2 threads")));
    EXPECT_TRUE(view.searchButton().isEnabled()) << "and once more";

    // A row leads to its call stack.
    ASSERT_EQ(leaksOf(*heap).rowAt(0).caller.function, "makeBlocks");
    view.table().setCurrentIndex(leaksOf(*heap).index(0, 0));
    EXPECT_NE(selectedCalls(*heap).find("makeBlocks main"), std::string::npos)
        << selectedCalls(*heap);
    Q_EMIT view.table().activated(leaksOf(*heap).index(0, 0));
    EXPECT_EQ(heap->findChild<QTabWidget*>()->currentWidget(), &heap->calls());

    // What was found stays when the process has ended.
    letTargetEnd();
    ASSERT_TRUE(waitFor([&] { return !view.searchButton().isEnabled(); }));
    EXPECT_EQ(listed(*heap, LeakKind::definite), report.of(LeakKind::definite));
}

TEST_F(HeapLeaksOfTargetTest, SaysWhyAProcessCannotBeSearchedAnyMore) {
    HeapWindow* const heap = open();
    ASSERT_NE(heap, nullptr);
    waitForTarget(*heap);
    ::kill(heap->picture()->record->process.pid, SIGKILL);
    // Not polled yet: the window takes it for running.
    heap->leaks().search();
    ASSERT_TRUE(waitFor([heap] { return !heap->messages().history().empty(); }));
    EXPECT_TRUE(heap->messages().history().back().text.contains(QStringLiteral("process")));
    EXPECT_EQ(leaksOf(*heap).rowCount(), 0);
    ASSERT_TRUE(waitFor([this] { return isIn(SessionState::ended); }));
}

// Recorded as the command line does it, with a search at the exit of each process.
TEST_F(HeapLeaksTest, AreThoseThatASessionHasOfTheEndOfAProcess) {
    LiveOptions options;
    options.outputFile = path("s.ringscope");
    options.heapMode = HeapMode::exact;
    options.isSearchingLeaks = true;
    {
        const auto recorded = LiveSession::runCommand(
            {"sh", "-c", "\"$0\" \"$1\" < /dev/null > /dev/null; kill -KILL $$", LEAK_TARGET,
             LEAK_PLUGIN},
            options);
        ASSERT_TRUE(recorded) << recorded.error().message;
        ASSERT_TRUE((*recorded)->waitFor(60'000'000'000));
    }
    window->controller().openFile(QString::fromStdString(options.outputFile));
    ASSERT_TRUE(waitFor([this] { return isIn(SessionState::loaded); }));
    std::shared_ptr<const LeakRecord> searched;
    std::shared_ptr<const LeakRecord> unsearched;
    for (const auto& record : *window->controller().view()->leaks) {
        (record->report ? searched : unsearched) = record;
    }
    ASSERT_NE(searched, nullptr);
    ASSERT_NE(unsearched, nullptr) << "the shell is killed";
    HeapWindow* const heap = open();
    ASSERT_NE(heap, nullptr);
    showTab(*heap);
    LeakView& view = viewOf(*heap);

    heap->showProcess(searched->process.pid);
    ASSERT_TRUE(waitFor([&] { return leaksOf(*heap).rowCount() > 0; }));
    EXPECT_FALSE(view.searchButton().isEnabled());
    EXPECT_EQ(listed(*heap, LeakKind::definite), searched->report->of(LeakKind::definite));
    EXPECT_EQ(listed(*heap, LeakKind::indirect).bytes, 128U);
    EXPECT_TRUE(view.sentence().contains(QStringLiteral("as it exited")));
    (void)heap->grab();

    // Known ones are left out, and counted.
    std::ofstream(path("known.supp")) << "leak:^makeBlocks$\n";
    heap->leaks().suppress(QString::fromStdString(path("known.supp")));
    ASSERT_TRUE(waitFor([&] { return listed(*heap, LeakKind::indirect).bytes == 0; }));
    std::ofstream(path("bad.supp")) << "nonsense\n";
    heap->leaks().suppress(QString::fromStdString(path("bad.supp")));
    ASSERT_TRUE(waitFor([heap] { return !heap->messages().history().empty(); }));
    EXPECT_TRUE(heap->messages().history().back().text.contains(QStringLiteral("bad.supp:1")));
    heap->leaks().suppress({});
    ASSERT_TRUE(waitFor([&] { return listed(*heap, LeakKind::indirect).bytes == 128; }));

    heap->showProcess(unsearched->process.pid);
    ASSERT_TRUE(waitFor([&] {
        return view.sentence().contains(QStringLiteral("did not end by exit()"));
    })) << view.sentence().toStdString();
    EXPECT_EQ(leaksOf(*heap).rowCount(), 0);
}

class AttachToHeapTest : public HeapLeaksTest {
protected:
    AttachToHeapTest() {
        (void)waitFor([this] { // past its loader
            const auto maps = readFile("/proc/" + std::to_string(program.pid()) + "/maps");
            return maps && maps->find("libstdc++") != std::string::npos;
        });
    }
    // As a user does it.
    void attach(HeapMode mode) {
        window->actions().attachProcess->trigger();
        auto* const dialog = window->findChild<ProcessDialog*>();
        ASSERT_NE(dialog, nullptr);
        auto* const choice = dialog->findChild<AttachChoice*>();
        ASSERT_NE(choice, nullptr);
        EXPECT_EQ(choice->mode(), HeapMode::off);
        choice->modes().setCurrentIndex(choice->modes().findData(static_cast<int>(mode)));
        EXPECT_TRUE(choice->help().contains(QStringLiteral("may be restarted")));
        auto* const search = dialog->findChild<QLineEdit*>();
        search->setText(QString::number(program.pid()));
        QPushButton* pick = nullptr;
        for (QPushButton* const button : dialog->findChildren<QPushButton*>()) {
            pick = button->text() == QStringLiteral("Attach") ? button : pick;
        }
        ASSERT_TRUE(waitFor([pick] { return pick->isEnabled(); }));
        pick->click();
    }
    bool isRunning() const { return ::kill(program.pid(), 0) == 0; }

    RunningProgram program{{PROFILE_TARGET, "steady"}};
};

TEST_F(AttachToHeapTest, AProcessThatRunsIsRecordedAndLetGo) {
    attach(HeapMode::exact);
    ASSERT_TRUE(waitFor([this] { return window->controller().isHeapTracked(); }));
    EXPECT_EQ(window->controller().recordedHeap(), HeapMode::exact);
    EXPECT_EQ(window->controller().heapMode(), HeapMode::counts) << "of what is started: as before";
    HeapWindow* const heap = open();
    ASSERT_NE(heap, nullptr);
    ASSERT_TRUE(waitFor([heap] {
        Q_EMIT heap->readingWanted();
        return heap->picture()->record->profile.total.blocks > 100;
    }));
    showTab(*heap);
    viewOf(*heap).searchButton().click();
    ASSERT_TRUE(waitFor([heap] {
        return viewOf(*heap).sentence().contains(QStringLiteral("from before it was recorded"));
    })) << viewOf(*heap).sentence().toStdString();
    window->controller().stop();
    ASSERT_TRUE(waitFor([this] { return isIn(SessionState::ended); }));
    EXPECT_TRUE(isRunning());
    const auto again = detachHeap(program.pid());
    ASSERT_FALSE(again) << "it was let go of";
    EXPECT_NE(again.error().message.find("not attached to"), std::string::npos)
        << again.error().message;
    EXPECT_EQ(window->controller().summary()->outcome, "interrupted");
}

TEST_F(AttachToHeapTest, ARefusalIsSaid) {
    program.sendSignal(SIGSTOP);
    attach(HeapMode::counts);
    ASSERT_TRUE(waitFor([this] { return !window->messages().history().empty(); }));
    EXPECT_TRUE(window->messages().history().back().text.contains(QStringLiteral("it is stopped")))
        << window->messages().history().back().text.toStdString();
    EXPECT_TRUE(isIn(SessionState::empty));
    EXPECT_FALSE(window->controller().isHeapTracked());
    program.sendSignal(SIGCONT);
    EXPECT_TRUE(isRunning());
}

} // namespace
} // namespace ringscope
