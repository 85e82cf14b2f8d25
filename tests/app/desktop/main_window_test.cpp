// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/main_window.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <QAbstractButton>
#include <QAction>
#include <QComboBox>
#include <QDir>
#include <QFileInfo>
#include <QLineEdit>
#include <QSettings>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>

#include "app/desktop/background_jobs.h"
#include "app/desktop/export_flow.h"
#include "app/desktop/map_window.h"
#include "app/desktop/message_bar.h"
#include "app/desktop/pane_dock.h"
#include "app/desktop/preferences.h"
#include "app/desktop/program_icon.h"
#include "app/desktop/sizing_pane.h"
#include "app/desktop/window_actions.h"
#include "app/desktop/window_panes.h"
#include "core/base/process_identity.h"
#include "core/session/session_file.h"
#include "core/session/sizing.h"
#include "tests/app/desktop/recorded_session.h"
#include "tests/support/patience.h"
#include "widgets/charts/chart_stack.h"
#include "widgets/tables/data_table.h"
#include "widgets/tables/sizing_table.h"

namespace ringscope {
namespace {

constexpr int kPatienceMs = kPatienceNs / kNsPerMs;

// A window with settings of its own, that is gone with everything it started at the end.
class MainWindowTest : public testing::Test {
protected:
    void SetUp() override {
        initIcons();
        QSettings::setPath(QSettings::IniFormat, QSettings::UserScope, m_folder.path());
        m_window = std::make_unique<MainWindow>(m_jobs);
        m_window->resize(1280, 720);
        m_window->restoreDefaultLayout();
        m_window->show();
    }

    void TearDown() override {
        m_window->close();
        EXPECT_TRUE(
            QTest::qWaitFor([this] { return !m_window->controller().isBusy(); }, kPatienceMs));
    }

    // Starts a workload that would run for a minute, and waits until there are samples.
    void runWorkload() {
        m_window->controller().runScenario(shortScenario(60 * kNsPerSecond));
        ASSERT_TRUE(waitFor([this] {
            const auto& view = m_window->controller().view();
            return view != nullptr && view->isLive && view->endNs - view->startNs > kNsPerSecond &&
                   !view->match("messages.sent").empty();
        })) << firstMessage();
    }

    static bool waitFor(const std::function<bool()>& holds) {
        return QTest::qWaitFor(holds, kPatienceMs);
    }

    std::string firstMessage() const {
        const auto& history = m_window->messages().history();
        return history.empty() ? "no message" : history.front().text.toStdString();
    }

    DataTable& table(const char* dock) const {
        return *qobject_cast<DataTable*>(
            m_window->panes().dock(QString::fromLatin1(dock))->widget());
    }

    QTemporaryDir m_folder;
    BackgroundJobs m_jobs;
    std::unique_ptr<MainWindow> m_window;
};

TEST_F(MainWindowTest, RunsAScenarioAndShowsItInEveryPane) {
    runWorkload();
    EXPECT_EQ(m_window->controller().state(), SessionState::live);
    EXPECT_TRUE(waitFor([this] { return table("workers").shownKeys().size() == 2; }));
    EXPECT_TRUE(waitFor([this] { return !table("memory").shownKeys().empty(); }));
    EXPECT_GE(m_window->charts().charts().size(), 4U);
    EXPECT_TRUE(m_window->windowTitle().contains(QLatin1String("short (live)")));
}

TEST_F(MainWindowTest, AWorkersMemoryMapOpensWithThoseThatTheSessionHas) {
    runWorkload();
    m_window->controller().requestMaps();
    ASSERT_TRUE(waitFor([this] {
        const auto& maps = m_window->controller().view()->maps;
        return maps && maps->size() == 2 && !table("workers").shownKeys().empty();
    }));
    const auto first = m_window->controller().view()->maps->front();
    Q_EMIT m_window->panes().processChosen(first->process.pid);
    auto* const map = m_window->findChild<MapWindow*>();
    ASSERT_NE(map, nullptr);
    const auto& records = map->controller().records();
    ASSERT_TRUE(waitFor([&] { return map->controller().shown() && records.size() == 2; }));
    EXPECT_EQ(records.front(), first);
    EXPECT_TRUE(map->controller().isLive());
    EXPECT_EQ(records.front()->reason, "asked for");
    m_window->controller().requestMaps();
    EXPECT_TRUE(waitFor([&] { return records.size() == 3; })) << "also those that come later";
    m_window->actions().stop->trigger();
    ASSERT_TRUE(waitFor([this] { return m_window->controller().state() == SessionState::ended; }));
    map->close();
    Q_EMIT m_window->panes().processChosen(first->process.pid);
    ASSERT_TRUE(waitFor([this] {
        auto* const after = m_window->findChild<MapWindow*>();
        return after != nullptr && after->controller().shown() != nullptr;
    })) << "of one that has ended those that were kept";
}

TEST_F(MainWindowTest, FitsASmallScreen) {
    runWorkload();
    EXPECT_TRUE(waitFor([this] { return !table("memory").shownKeys().empty(); }));
    EXPECT_LE(m_window->minimumSizeHint().width(), 1280 - 40) << "room for longer counts";
}

TEST_F(MainWindowTest, StopEndsTheWorkloadWithinASecondOrSo) {
    const std::int64_t tookNs = shortestOfFive(3 * kNsPerSecond / 2, [this] {
        runWorkload();
        const std::int64_t askedNs = monotonicNs();
        m_window->actions().stop->trigger();
        EXPECT_TRUE(
            waitFor([this] { return m_window->controller().state() == SessionState::ended; }));
        return monotonicNs() - askedNs;
    });
    EXPECT_LE(tookNs, 3 * kNsPerSecond / 2);
    const auto& summary = m_window->controller().summary();
    ASSERT_TRUE(summary);
    EXPECT_TRUE(summary->isAccountedFor);
    EXPECT_FALSE(m_window->messages().history().empty());
}

TEST_F(MainWindowTest, PauseHoldsThePictureWhileRecordingGoesOn) {
    runWorkload();
    m_window->actions().pause->trigger();
    ASSERT_TRUE(m_window->timeLink().isPaused());
    const TimeRange held = m_window->timeLink().visible();
    const std::int64_t pausedAtNs = m_window->controller().view()->endNs;
    ASSERT_TRUE(
        waitFor([&] { return m_window->controller().view()->endNs > pausedAtNs + kNsPerSecond; }));
    EXPECT_EQ(m_window->timeLink().visible(), held);
    m_window->actions().pause->trigger();
    EXPECT_FALSE(m_window->timeLink().isPaused());
    EXPECT_TRUE(waitFor([&] { return m_window->timeLink().visible() != held; }));
}

TEST_F(MainWindowTest, TheEndOfASessionEndsAPauseAndKeepsWhatIsLookedAt) {
    runWorkload();
    m_window->timeLink().setPaused(true);
    const TimeRange held = m_window->timeLink().visible();
    m_window->actions().stop->trigger();
    ASSERT_TRUE(waitFor([this] { return m_window->controller().state() == SessionState::ended; }));
    EXPECT_FALSE(m_window->timeLink().isPaused());
    // Without the empty part that a live picture keeps for what is to come.
    EXPECT_EQ(m_window->timeLink().visible().fromNs, held.fromNs);
    EXPECT_LE(m_window->timeLink().visible().toNs, held.toNs);
    EXPECT_FALSE(m_window->actions().pause->isChecked());
}

TEST_F(MainWindowTest, ARangeReachesTheStatisticsAndEscapeClearsIt) {
    runWorkload();
    m_window->panes().dock(QStringLiteral("statistics"))->raise();
    const std::int64_t start = m_window->controller().view()->startNs;
    m_window->timeLink().select({start, start + kNsPerSecond / 2});
    EXPECT_TRUE(waitFor([this] { return !table("statistics").shownKeys().empty(); }));
    EXPECT_TRUE(m_window->actions().clearRange->isEnabled());
    m_window->activateWindow();
    QTest::keyClick(m_window.get(), Qt::Key_Escape);
    EXPECT_FALSE(m_window->timeLink().selection());
}

TEST_F(MainWindowTest, SizingIsOfTheSelectedRange) {
    runWorkload();
    m_window->panes().dock(QStringLiteral("sizing"))->raise();
    auto* const pane = m_window->findChild<SizingPane*>();
    ASSERT_NE(pane, nullptr);
    EXPECT_TRUE(waitFor([&] {
        return pane->sentence().contains(QStringLiteral("is enough for this load"));
    })) << pane->sentence().toStdString();
    EXPECT_EQ(pane->table().shownKeys().size(), 1U);
    // A short range has another greatest fill than the whole.
    const auto view = m_window->controller().view();
    const auto textOf = [&](std::int64_t fromNs) {
        return sizingAdviceText(sizingOf(*view, fromNs, fromNs + 5 * kNsPerMs));
    };
    std::int64_t from = view->startNs + 20 * kNsPerMs;
    const std::int64_t lastFrom = view->endNs - 30 * kNsPerMs;
    while (from < lastFrom && pane->sentence().startsWith(textOf(from))) {
        from += 5 * kNsPerMs;
    }
    ASSERT_LT(from, lastFrom) << pane->sentence().toStdString();
    m_window->timeLink().select({from, from + 5 * kNsPerMs});
    EXPECT_TRUE(waitFor([&] { return pane->sentence().startsWith(textOf(from)); }))
        << pane->sentence().toStdString();
}

TEST_F(MainWindowTest, AMarkerStandsInTheTable) {
    runWorkload();
    m_window->panes().dock(QStringLiteral("markers"))->raise();
    m_window->actions().marker->trigger();
    EXPECT_TRUE(waitFor([this] {
        const auto& markers = *m_window->controller().view()->markers;
        return std::ranges::any_of(markers,
                                   [](const Marker& m) { return m.kind == MarkerKind::user; });
    }));
    EXPECT_TRUE(waitFor([this] { return !table("markers").shownKeys().empty(); }));
}

TEST_F(MainWindowTest, SavesAndOpensWhatItRecorded) {
    runWorkload();
    m_window->actions().stop->trigger();
    ASSERT_TRUE(waitFor([this] { return m_window->controller().state() == SessionState::ended; }));
    const QString path = m_folder.filePath(QStringLiteral("saved.ringscope"));
    m_window->controller().save(path);
    ASSERT_TRUE(waitFor([this] { return m_window->controller().isSaved(); })) << firstMessage();
    m_window->openFile(path);
    ASSERT_TRUE(waitFor([this] { return m_window->controller().state() == SessionState::loaded; }));
    EXPECT_TRUE(waitFor([this] { return table("workers").shownKeys().size() == 2; }));
    EXPECT_TRUE(m_window->windowTitle().startsWith(QLatin1String("saved.ringscope")));
}

TEST_F(MainWindowTest, ExportWritesFiles) {
    m_window->openFile(QString::fromStdString(recordedSession()));
    ASSERT_TRUE(waitFor([this] { return m_window->controller().state() == SessionState::loaded; }));
    m_window->tick();
    const std::vector<ChartSpec> charts = m_window->charts().charts();
    ASSERT_FALSE(charts.empty());
    for (const char* const name : {"one.png", "one.svg", "one.pdf", "one.csv"}) {
        m_window->exports().writeCharts({charts.front()},
                                        m_folder.filePath(QString::fromLatin1(name)), 1);
    }
    m_window->exports().writeCharts(charts, m_folder.filePath(QStringLiteral("all.png")), 2);
    m_window->exports().writeReport(m_folder.filePath(QStringLiteral("r.html")));
    m_window->exports().writeReport(m_folder.filePath(QStringLiteral("r.pdf")));
    m_window->exports().writeData(m_folder.filePath(QStringLiteral("data.csv")));
    ASSERT_TRUE(waitFor([this] { return m_jobs.pending() == 0; }));
    for (const char* const name :
         {"one.png", "one.svg", "one.pdf", "one.csv", "all.png", "r.html", "r.pdf", "data.csv"}) {
        EXPECT_GT(QFileInfo(m_folder.filePath(QString::fromLatin1(name))).size(), 200) << name;
    }
}

TEST_F(MainWindowTest, SaysWhyAFileCannotBeOpened) {
    m_window->openFile(m_folder.filePath(QStringLiteral("missing.ringscope")));
    ASSERT_TRUE(waitFor([this] { return !m_window->messages().history().empty(); }));
    EXPECT_THAT(firstMessage(), testing::HasSubstr("missing.ringscope"));
    EXPECT_EQ(m_window->controller().state(), SessionState::empty);
}

TEST_F(MainWindowTest, ClosingWhileItRunsLeavesNoProcessAndNoSharedMemory) {
    runWorkload();
    const std::string ring = m_window->controller().view()->ring->name;
    std::vector<std::int32_t> pids;
    for (const WorkerRow& worker : *m_window->controller().view()->workers) {
        pids.push_back(worker.pid);
    }
    ASSERT_EQ(pids.size(), 2U);
    m_window->close();
    ASSERT_TRUE(waitFor([this] { return !m_window->isVisible(); }));
    ASSERT_TRUE(waitFor([this] { return m_jobs.pending() == 0; }));
    for (const std::int32_t pid : pids) {
        EXPECT_FALSE(processOf(pid)) << pid;
    }
    EXPECT_FALSE(QDir(QStringLiteral("/dev/shm")).exists(QString::fromStdString(ring)));
}

TEST_F(MainWindowTest, EveryActionAndControlHasAName) {
    m_window->openFile(QString::fromStdString(recordedSession()));
    ASSERT_TRUE(waitFor([this] { return m_window->controller().state() == SessionState::loaded; }));
    for (const QAction* const action : m_window->actions().findChildren<QAction*>()) {
        EXPECT_TRUE(action->isSeparator() || !action->text().isEmpty());
    }
    for (const QAbstractButton* const button : m_window->findChildren<QAbstractButton*>()) {
        const QString className = QString::fromLatin1(button->metaObject()->className());
        if (className == QLatin1String("QDockWidgetTitleButton") ||
            button->objectName().startsWith(QLatin1String("qt_")) ||
            className == QLatin1String("ScrollLeftButton") || button->parentWidget() == nullptr ||
            className == QLatin1String("QTableCornerButton") ||
            className == QLatin1String("QLineEditIconButton")) {
            continue; // Qt's own
        }
        const bool isNamed = !button->text().isEmpty() || !button->accessibleName().isEmpty() ||
                             !button->toolTip().isEmpty();
        EXPECT_TRUE(isNamed) << className.toStdString() << " in "
                             << button->parentWidget()->metaObject()->className();
    }
    for (const QComboBox* const box : m_window->findChildren<QComboBox*>()) {
        EXPECT_FALSE(box->accessibleName().isEmpty() && box->toolTip().isEmpty());
    }
}

TEST_F(MainWindowTest, AThemeReachesWidgetsWithAStyleSheetToo) {
    m_window->setThemeChoice(ThemeChoice::light);
    m_window->setThemeChoice(ThemeChoice::dark);
    int seen = 0;
    for (const QWidget* const widget : m_window->findChildren<QToolButton*>()) {
        if (!widget->styleSheet().isEmpty()) {
            ++seen;
            EXPECT_EQ(widget->palette().color(QPalette::ButtonText), darkTokens().text);
        }
    }
    EXPECT_GT(seen, 0);
    m_window->setThemeChoice(ThemeChoice::light);
}

TEST_F(MainWindowTest, NoTwoActionsShareAKey) {
    QStringList keys;
    for (const WindowActions::Shortcut& shortcut : m_window->actions().shortcutList()) {
        keys << shortcut.keys.split(QStringLiteral(", "));
    }
    EXPECT_GT(keys.size(), 15);
    EXPECT_EQ(keys.removeDuplicates(), 0);
}

TEST_F(MainWindowTest, KeepsALiveSessionInAFileUntilItIsReplacedOrTheWindowGoes) {
    const QDir folder(m_folder.filePath(QStringLiteral("state")));
    const auto files = [&folder] {
        return QDir(folder.path()).entryList({QStringLiteral("unsaved-*")}, QDir::Files);
    };
    m_window->keepUnsavedIn(folder.path());
    runWorkload();
    ASSERT_EQ(files().size(), 1) << firstMessage();
    const QString first = files().front();
    runWorkload();
    EXPECT_TRUE(waitFor([&] { return files().size() == 1 && files().front() != first; }));
    m_window->close();
    EXPECT_TRUE(waitFor([this] { return !m_window->isVisible(); }));
    m_window = std::make_unique<MainWindow>(m_jobs);
    EXPECT_TRUE(waitFor([&] { return files().isEmpty(); }));
}

TEST_F(MainWindowTest, OffersWhatACrashHasLeftAndKeepsItUntilItIsSaved) {
    // Of this pid with another start time: of a process that is gone.
    const QString left = m_folder.filePath(
        QStringLiteral("unsaved-%1-1-1.ringscope").arg(QCoreApplication::applicationPid()));
    ASSERT_TRUE(QFile::copy(QString::fromStdString(recordedSession()), left));
    m_window->keepUnsavedIn(m_folder.path());
    QToolButton* open = nullptr;
    ASSERT_TRUE(waitFor([&] {
        for (auto* const button : m_window->messages().findChildren<QToolButton*>()) {
            open = button->text() == QLatin1String("Open it") ? button : open;
        }
        return open != nullptr;
    }));
    open->click();
    ASSERT_TRUE(waitFor([this] { return m_window->controller().state() == SessionState::loaded; }));
    EXPECT_FALSE(m_window->controller().isSaved());
    EXPECT_TRUE(m_window->windowTitle().contains(QLatin1String("not saved")));
    EXPECT_TRUE(QFile::exists(left));
    m_window->controller().save(m_folder.filePath(QStringLiteral("mine.ringscope")));
    EXPECT_TRUE(waitFor([&] { return !QFile::exists(left); }));
    EXPECT_TRUE(m_window->controller().isSaved());
}

TEST_F(MainWindowTest, RemembersHiddenColumnsUntilTheLayoutIsRestored) {
    table("workers").setColumnShown(3, false);
    m_window->close();
    MainWindow next(m_jobs);
    auto& workers =
        *qobject_cast<DataTable*>(next.panes().dock(QStringLiteral("workers"))->widget());
    EXPECT_TRUE(workers.view().isColumnHidden(3));
    next.restoreDefaultLayout();
    EXPECT_FALSE(workers.view().isColumnHidden(3));
}

TEST_F(MainWindowTest, NeverStartsAFileDialogInAFolderThatIsNotThere) {
    Preferences preferences;
    preferences.setLastFolder(m_folder.filePath(QStringLiteral("gone")));
    EXPECT_TRUE(QFileInfo(preferences.lastFolder()).isDir())
        << preferences.lastFolder().toStdString();
    preferences.setLastFolder(m_folder.path());
    EXPECT_EQ(preferences.lastFolder(), m_folder.path());
}

} // namespace
} // namespace ringscope
