// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/window_panes.h"

#include <QAction>
#include <QMainWindow>
#include <QMenu>

#include <utility>

#include "app/desktop/pane_dock.h"
#include "app/desktop/participants_pane.h"
#include "app/desktop/preferences.h"
#include "app/desktop/sizing_pane.h"
#include "app/desktop/summary_pane.h"
#include "core/workload/builtin_scenarios.h"
#include "core/workload/scenario_file.h"
#include "widgets/charts/time_link.h"
#include "widgets/slots/slot_map.h"
#include "widgets/slots/slots_pane.h"
#include "widgets/tables/data_table.h"
#include "widgets/tables/session_tables.h"
#include "widgets/workload/workload_panel.h"

namespace ringscope {
namespace {

// Numbers that change faster than this cannot be read.
constexpr int kTableMs = 250;
constexpr int kStatisticsMs = 500;
constexpr int kEveryView = 0;
// The workers' first four columns in full.
constexpr int kLeftWidth = 316;

std::vector<Scenario> builtins() {
    std::vector<Scenario> scenarios;
    for (const BuiltinScenario& builtin : builtinScenarios()) {
        if (auto scenario = parseScenario(builtin.toml, std::string(builtin.name))) {
            scenarios.push_back(std::move(*scenario));
        }
    }
    return scenarios;
}

// The view as it would have been then, for what shows the ring.
SessionView atStall(const SessionView& view, const StallPicture& stall) {
    SessionView then = view;
    then.slotSnapshot = stall.slotSnapshot;
    then.participants = std::make_shared<const std::vector<ParticipantRow>>(stall.participants);
    then.endNs = stall.timeNs;
    then.isLive = false;
    return then;
}

} // namespace

WindowPanes::WindowPanes(QMainWindow& window, Theme& theme, TimeLink& link, QMenu& menu)
    : QObject(&window)
    , m_window(window)
    , m_theme(theme)
    , m_link(link)
    , m_menu(menu) {
    addWorkload();
    addSlots();
    addTables();
    addParticipants();
}

PaneDock* WindowPanes::add(const QString& name, const QString& title, QWidget* content,
                           int periodMs, std::function<void(const SessionView&)> showView) {
    content->setObjectName(name);
    auto* const dock = new PaneDock(name, title, content, periodMs, std::move(showView), &m_window);
    m_docks.push_back(dock);
    m_menu.addAction(dock->toggleViewAction());
    return dock;
}

void WindowPanes::addWorkload() {
    m_workload = new WorkloadPanel(m_theme);
    m_workload->setScenarios(builtins());
    add(QStringLiteral("workload"), tr("Workload"), m_workload, kEveryView, {});
    connect(m_workload, &WorkloadPanel::runRequested, this, &WindowPanes::runRequested);
    connect(m_workload, &WorkloadPanel::stopRequested, this, &WindowPanes::stopRequested);
    connect(m_workload, &WorkloadPanel::openRequested, this, &WindowPanes::openScenarioRequested);
    connect(m_workload, &WorkloadPanel::saveAsRequested, this, &WindowPanes::saveScenarioRequested);
    connect(m_workload, &WorkloadPanel::scenarioChanged, this, [this](const Scenario& scenario) {
        Q_EMIT scenarioChanged(QString::fromStdString(scenario.name));
    });
}

void WindowPanes::addSlots() {
    m_slots = new SlotsPane(m_theme);
    add(QStringLiteral("slots"), tr("Slots"), m_slots, kEveryView, [this](const SessionView& view) {
        m_slots->setView(m_stall ? atStall(view, *m_stall) : view);
    });
    connect(m_slots, &SlotsPane::nowRequested, this, &WindowPanes::showNow);
    connect(m_slots, &SlotsPane::channelSelected, this, &WindowPanes::showNow);
    connect(m_slots, &SlotsPane::channelSelected, this, &WindowPanes::channelSelected);
    connect(m_slots, &SlotsPane::slotDetailRequested, this, &WindowPanes::slotDetailRequested);
    connect(m_slots, &SlotsPane::runRequested, this, &WindowPanes::runRequested);
}

void WindowPanes::addTables() {
    const auto table = [this](const QString& title, std::vector<TableColumn> columns,
                              const QString& whenEmpty) {
        auto* const made = new DataTable(m_theme, title, std::move(columns), whenEmpty);
        m_tables.push_back(made);
        return made;
    };
    auto* const workers = table(tr("Workers"), workerColumns(),
                                tr("The producers and consumers of a workload stand here, or the "
                                   "processes that are watched."));
    add(QStringLiteral("workers"), tr("Workers"), workers, kTableMs,
        [workers](const SessionView& view) { workers->setRows(workerRows(view)); });
    workers->setRowAction(tr("Memory map of its process"));
    connect(workers, &DataTable::rowActivated, this, [this](const QString&, qint64 pid) {
        Q_EMIT processChosen(static_cast<std::int32_t>(pid));
    });

    auto* const memory = table(tr("Memory by type"), memoryTypeColumns(),
                               tr("What physical memory is used for stands here once something "
                                  "runs."));
    PaneDock* const memoryDock =
        add(QStringLiteral("memory"), tr("Memory by type"), memory, kTableMs,
            [this, memory](const SessionView& view) {
                memory->setRows(memoryTypeRows(view, m_link.cursor().value_or(view.endNs)));
            });
    connect(&m_link, &TimeLink::cursorChanged, memoryDock, &PaneDock::refresh);

    auto* const statistics = table(tr("Statistics"), statisticsColumns(),
                                   tr("Least, mean and most of every track stand here, over the "
                                      "range you drag in a chart or else what is visible."));
    PaneDock* const statisticsDock =
        add(QStringLiteral("statistics"), tr("Statistics"), statistics, kStatisticsMs,
            [this, statistics](const SessionView& view) {
                const TimeRange range = m_link.effectiveRange();
                statistics->setRows(statisticsRows(view, range.fromNs, range.toNs));
            });
    connect(&m_link, &TimeLink::selectionChanged, statisticsDock, &PaneDock::refresh);
    connect(&m_link, &TimeLink::visibleChanged, statisticsDock, &PaneDock::refresh);

    addSizing();
    auto* const markers = table(tr("Markers"), markerColumns(),
                                tr("What happened, and the moments you mark with Ctrl+M, stand "
                                   "here."));
    add(QStringLiteral("markers"), tr("Markers"), markers, kTableMs,
        [markers](const SessionView& view) { markers->setRows(markerRows(view)); });
    connect(markers, &DataTable::rowActivated, this, [this](const QString&, qint64 timeNs) {
        Q_EMIT markerChosen(timeNs);
        showStallAt(timeNs);
    });

    m_summary = new SummaryPane(m_theme);
    add(QStringLiteral("summary"), tr("Summary"), m_summary, kEveryView, {});
    auto* const sources = table(tr("Sampling"), sourceColumns(),
                                tr("How often each thing is sampled, what that costs and what was "
                                   "lost stand here."));
    add(QStringLiteral("sampling"), tr("Sampling"), sources, kStatisticsMs,
        [sources](const SessionView& view) { sources->setRows(sourceRows(view)); });
}

void WindowPanes::addSizing() {
    auto* const sizing = new SizingPane(m_theme);
    m_tables.push_back(&sizing->table());
    PaneDock* const dock = add(QStringLiteral("sizing"), tr("Sizing"), sizing, kStatisticsMs,
                               [this, sizing](const SessionView& view) {
                                   sizing->setView(view, m_link.effectiveRange());
                               });
    sizing->table().setObjectName(QStringLiteral("sizing"));
    connect(&m_link, &TimeLink::selectionChanged, dock, &PaneDock::refresh);
    connect(&m_link, &TimeLink::visibleChanged, dock, &PaneDock::refresh);
}

void WindowPanes::addParticipants() {
    auto* const participants = new ParticipantsPane(m_theme);
    m_tables.push_back(&participants->table());
    add(QStringLiteral("participants"), tr("Participants"), participants, kTableMs,
        [this, participants](const SessionView& view) {
            participants->setView(m_stall ? atStall(view, *m_stall) : view, instantText(view));
        });
    participants->table().setObjectName(QStringLiteral("participants"));
    connect(participants, &ParticipantsPane::repairRequested, this, &WindowPanes::repairRequested);
    connect(participants, &ParticipantsPane::slotChosen, this, [this](quint64 slot) {
        dock(QStringLiteral("slots"))->show();
        m_slots->map().selectSlot(slot);
    });
}

void WindowPanes::showStallAt(std::int64_t timeNs) {
    if (m_view) {
        showInstant(m_view->stallAt(timeNs));
    }
}

void WindowPanes::showNow() {
    showInstant(nullptr);
}

void WindowPanes::showInstant(std::shared_ptr<const StallPicture> stall) {
    m_stall = std::move(stall);
    m_slots->setInstant(m_view ? instantText(*m_view) : QString(),
                        m_stall ? QString::fromStdString(m_stall->text) : QString());
    dock(QStringLiteral("slots"))->refresh();
    dock(QStringLiteral("participants"))->refresh();
    if (!m_stall) {
        return;
    }
    for (const ParticipantRow& row : m_stall->participants) {
        if (row.heldCount > 0 && row.channel == m_stall->slotSnapshot->cursors.channel) {
            m_slots->map().selectSlot(row.firstSlot); // one cell of thousands
            return;
        }
    }
}

QString WindowPanes::instantText(const SessionView& view) const {
    return m_stall ? tr("As it was at %1").arg(sessionTime(view, m_stall->timeNs)) : QString();
}

void WindowPanes::setView(const std::shared_ptr<const SessionView>& view) {
    m_view = view;
    if (m_stall && (!view || view->stallAt(m_stall->timeNs) != m_stall)) {
        showNow(); // another session
    }
    for (PaneDock* const dock : m_docks) {
        dock->setView(view);
    }
}

void WindowPanes::setState(SessionState state) {
    switch (state) {
    case SessionState::starting:
        m_workload->setState(WorkloadState::starting);
        break;
    case SessionState::live:
        m_workload->setState(WorkloadState::running);
        break;
    case SessionState::stopping:
        m_workload->setState(WorkloadState::stopping);
        break;
    case SessionState::empty:
    case SessionState::ended:
    case SessionState::loading:
    case SessionState::loaded:
        m_workload->setState(WorkloadState::idle);
        break;
    }
}

void WindowPanes::setSummary(const std::optional<RunSummary>& summary) {
    m_summary->setSummary(summary);
}

void WindowPanes::setByteScale(ByteScale scale) {
    for (DataTable* const table : m_tables) {
        table->setByteScale(scale);
    }
}

void WindowPanes::saveColumns(Preferences& preferences) const {
    for (const DataTable* const table : m_tables) {
        preferences.setTableColumns(table->objectName(), table->columnState());
    }
}

void WindowPanes::restoreColumns(const Preferences& preferences) {
    for (DataTable* const table : m_tables) {
        table->restoreColumns(preferences.tableColumns(table->objectName()));
    }
}

void WindowPanes::setFilter(const QString& text) {
    for (DataTable* const table : m_tables) {
        table->setFilter(text);
    }
}

void WindowPanes::chooseScenario(const QString& name) {
    m_workload->chooseScenario(name);
}

void WindowPanes::setScenario(const Scenario& scenario) {
    m_workload->setScenario(scenario);
}

const Scenario& WindowPanes::scenario() const {
    return m_workload->scenario();
}

QString WindowPanes::scenarioProblem() const {
    return m_workload->state() == WorkloadState::idle ? m_workload->runObstacle() : QString();
}

PaneDock* WindowPanes::dock(const QString& name) const {
    for (PaneDock* const dock : m_docks) {
        if (dock->objectName() == name) {
            return dock;
        }
    }
    return nullptr;
}

// Left what runs, right what it does to memory; the charts in the middle keep most of the width.
void WindowPanes::restoreDefaultLayout() {
    for (DataTable* const table : m_tables) {
        table->resetColumns();
    }
    const auto of = [this](const char* name) { return dock(QString::fromLatin1(name)); };
    PaneDock* const workload = of("workload");
    PaneDock* const workers = of("workers");
    PaneDock* const slotsDock = of("slots");
    PaneDock* const memory = of("memory");
    m_window.setCorner(Qt::BottomLeftCorner, Qt::LeftDockWidgetArea);
    m_window.setCorner(Qt::BottomRightCorner, Qt::RightDockWidgetArea);
    for (PaneDock* const dock : m_docks) {
        dock->setFloating(false);
        m_window.removeDockWidget(dock);
    }
    m_window.addDockWidget(Qt::LeftDockWidgetArea, workload);
    m_window.splitDockWidget(workload, workers, Qt::Vertical);
    m_window.addDockWidget(Qt::RightDockWidgetArea, slotsDock);
    m_window.splitDockWidget(slotsDock, memory, Qt::Vertical);
    for (const char* const name : {"statistics", "markers", "summary", "sampling"}) {
        m_window.tabifyDockWidget(memory, of(name));
    }
    m_window.tabifyDockWidget(workers, of("participants"));
    m_window.tabifyDockWidget(of("participants"), of("sizing"));
    for (PaneDock* const dock : m_docks) {
        dock->show();
    }
    workers->raise();
    memory->raise();
    const int width = m_window.width();
    m_window.resizeDocks({workload, slotsDock},
                         {std::max(kLeftWidth, width / 5), std::max(340, width / 4)},
                         Qt::Horizontal);
    const int height = m_window.height();
    m_window.resizeDocks({workload, workers}, {height * 3 / 5, height * 2 / 5}, Qt::Vertical);
    m_window.resizeDocks({slotsDock, memory}, {height * 3 / 5, height * 2 / 5}, Qt::Vertical);
}

bool WindowPanes::showPane(const QString& word) {
    for (PaneDock* const dock : m_docks) {
        if (dock->windowTitle().contains(word, Qt::CaseInsensitive)) {
            dock->show();
            dock->raise();
            return true;
        }
    }
    return false;
}

} // namespace ringscope
