// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/main_window.h"

#include <QAbstractButton>
#include <QAbstractItemView>
#include <QAction>
#include <QActionGroup>
#include <QApplication>
#include <QCloseEvent>
#include <QComboBox>
#include <QDragEnterEvent>
#include <QFileDialog>
#include <QFileInfo>
#include <QKeyEvent>
#include <QMenu>
#include <QMimeData>
#include <QScreen>
#include <QStackedWidget>
#include <QStatusBar>
#include <QVBoxLayout>

#include <utility>

#include "app/desktop/autosave.h"
#include "app/desktop/background_jobs.h"
#include "app/desktop/export_flow.h"
#include "app/desktop/heap_flow.h"
#include "app/desktop/help_dialogs.h"
#include "app/desktop/map_flow.h"
#include "app/desktop/message_bar.h"
#include "app/desktop/program_icon.h"
#include "app/desktop/repair_flow.h"
#include "app/desktop/scenario_files.h"
#include "app/desktop/shared_objects_flow.h"
#include "app/desktop/start_page.h"
#include "app/desktop/summary_text.h"
#include "app/desktop/system_theme.h"
#include "app/desktop/target_dialogs.h"
#include "app/desktop/window_actions.h"
#include "app/desktop/window_panes.h"
#include "app/desktop/window_toolbar.h"
#include "core/base/clock.h"
#include "core/workload/builtin_scenarios.h"
#include "core/workload/scenario_file.h"
#include "widgets/charts/chart_stack.h"
#include "widgets/status/status_strip.h"

namespace ringscope {
namespace {

constexpr int kFrameMs = 33;
const QString kSuffix = QStringLiteral(".ringscope");

QString sessionFilter() {
    return QObject::tr("Ringscope sessions (*.ringscope);;"
                       "Heap profiles of DHAT (dhat*.out.* dhat*.json);;All files (*)");
}

// A session file among what is dragged; empty when there is none.
QString droppedFile(const QMimeData& data) {
    for (const QUrl& url : data.urls()) {
        if (url.isLocalFile() && url.toLocalFile().endsWith(kSuffix)) {
            return url.toLocalFile();
        }
    }
    return {};
}

} // namespace

MainWindow::MainWindow(BackgroundJobs& jobs, QWidget* parent)
    : QMainWindow(parent)
    , m_theme(lightTokens())
    , m_controller(jobs)
    , m_jobs(jobs) {
    setObjectName(QStringLiteral("mainWindow"));
    setWindowIcon(programIcon());
    setAcceptDrops(true);
    setDockNestingEnabled(true);
    m_actions = new WindowActions(*this);
    m_actions->setTheme(m_theme.tokens());
    m_toolbar = new WindowToolbar(m_theme, *m_actions, m_link);
    addToolBar(m_toolbar);
    m_messages = new MessageBar(m_theme);
    m_charts = new ChartStack(m_theme, m_link);
    m_start = new StartPage(m_theme, {m_actions->run, m_actions->attachProcess,
                                      m_actions->attachRing, m_actions->open});
    m_center = new QStackedWidget;
    m_center->addWidget(m_start);
    m_center->addWidget(m_charts);
    auto* const central = new QWidget;
    auto* const layout = new QVBoxLayout(central);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(m_messages);
    layout->addWidget(m_center, 1);
    setCentralWidget(central);
    m_panes = new WindowPanes(*this, m_theme, m_link, *m_actions->panesMenu);
    m_status = new StatusStrip(m_theme);
    statusBar()->addWidget(m_status, 1);
    statusBar()->setSizeGripEnabled(false);
    m_export =
        new ExportFlow(*this, {m_controller, *m_charts, m_link, m_theme}, m_jobs, m_preferences);
    m_repair = new RepairFlow(*this, m_controller, m_jobs, *m_messages);
    m_sharedObjects = new SharedObjectsFlow(*this, m_jobs, *m_messages);
    m_maps = new MapFlow(*this, m_jobs, {m_controller, m_theme, *m_messages, m_preferences});
    m_heaps =
        new HeapFlow(*this, m_jobs, {m_controller, m_theme, *m_messages, m_preferences, m_link});

    connectActions();
    connectController();
    connectPanes();
    addScenarios();
    restoreWindow();
    m_timer.setTimerType(Qt::PreciseTimer);
    m_timer.setInterval(kFrameMs);
    connect(&m_timer, &QTimer::timeout, this, &MainWindow::tick);
    m_timer.start();
    qApp->installEventFilter(this);
}

MainWindow::~MainWindow() = default;

void MainWindow::begin(const OpenCommand& command) {
    if (command.theme) {
        setThemeChoice(*command.theme);
    }
    if (!command.map.empty()) {
        m_maps->showTarget(QString::fromStdString(command.map));
    }
    if (command.heapMode) {
        m_controller.setHeapMode(*command.heapMode);
        m_actions->checkHeapMode(*command.heapMode);
    }
    if (!command.scenario.empty()) {
        runScenario(QString::fromStdString(command.scenario));
    } else if (!command.program.empty()) {
        m_controller.runCommand(command.program);
    } else if (command.pid) {
        m_controller.attachProcess({*command.pid, 0, 0}, command.heapMode.value_or(HeapMode::off));
    } else if (!command.ring.empty() || !command.layout.empty()) {
        m_controller.attachRing(command.ring, command.layout);
    } else if (!command.files.empty()) {
        openFile(QString::fromStdString(command.files.front()));
        if (command.files.size() > 1) {
            m_messages->showRemark(
                tr("One session is shown at a time: %1 is opened, the others are not.")
                    .arg(QFileInfo(QString::fromStdString(command.files.front())).fileName()));
        }
    }
}

void MainWindow::keepUnsavedIn(const QString& folder) {
    const auto autosave = std::make_shared<Autosave>(folder);
    m_controller.setAutosave(autosave);
    m_jobs.run(
        this, [autosave](const std::stop_token&) { return autosave->takeStock(); },
        [this](const QStringList& files) { offerLeftOver(files); });
}

void MainWindow::offerLeftOver(const QStringList& files) {
    if (files.isEmpty()) {
        return;
    }
    const QString newest = files.front();
    const QString time =
        QFileInfo(newest).lastModified().toString(QStringLiteral("yyyy-MM-dd HH:mm"));
    m_messages->showOffer(
        tr("A session of %1 was not saved when Ringscope ended unexpectedly.").arg(time),
        {{tr("Open it"), [this, newest] { m_controller.openLeftOver(newest); }},
         {tr("Discard"), [this, files] {
              m_jobs.run(
                  this,
                  [newest = files.front()](const std::stop_token&) {
                      return QFile::remove(newest);
                  },
                  [this, rest = files.mid(1)](bool) { offerLeftOver(rest); });
          }}});
}

void MainWindow::connectActions() {
    WindowActions& a = *m_actions;
    connect(a.run, &QAction::triggered, this, &MainWindow::runChosen);
    connect(a.stop, &QAction::triggered, &m_controller, &SessionController::stop);
    connect(a.pause, &QAction::triggered, &m_link, &TimeLink::setPaused);
    connect(a.marker, &QAction::triggered, this, &MainWindow::addMarker);
    connect(a.goLive, &QAction::triggered, &m_link, &TimeLink::resume);
    connect(a.fit, &QAction::triggered, &m_link, &TimeLink::fit);
    connect(a.showAll, &QAction::triggered, &m_link, &TimeLink::showAll);
    connect(a.zoomIn, &QAction::triggered, &m_link, &TimeLink::zoomIn);
    connect(a.zoomOut, &QAction::triggered, &m_link, &TimeLink::zoomOut);
    connect(a.clearRange, &QAction::triggered, &m_link, &TimeLink::clearSelection);
    connect(a.search, &QAction::triggered, m_toolbar, &WindowToolbar::focusSearch);
    connect(a.open, &QAction::triggered, this, &MainWindow::chooseFile);
    connect(a.save, &QAction::triggered, this, &MainWindow::saveAs);
    connect(a.attachProcess, &QAction::triggered, this, [this] {
        pickProcess(*this, m_jobs, m_preferences,
                    [this](const ProcessIdentity& process, HeapMode heapMode) {
                        m_controller.attachProcess(process, heapMode);
                    });
    });
    connect(a.attachRing, &QAction::triggered, this, [this] {
        pickRing(*this, m_jobs, [this](const std::string& name, const std::string& layout) {
            m_controller.attachRing(name, layout);
        });
    });
    connect(a.sharedObjects, &QAction::triggered, m_sharedObjects, &SharedObjectsFlow::begin);
    connect(a.quit, &QAction::triggered, this, &QWidget::close);
    connect(a.restoreLayout, &QAction::triggered, this, &MainWindow::restoreDefaultLayout);
    connect(a.fullScreen, &QAction::triggered, this, &MainWindow::setFullScreen);
    connect(a.shortcuts, &QAction::triggered, this, [this] { showShortcuts(*this, *m_actions); });
    connect(a.messages, &QAction::triggered, m_messages, &MessageBar::showHistory);
    connect(a.about, &QAction::triggered, this, [this] { showAbout(*this); });
    connect(a.themes, &QActionGroup::triggered, this, [this](const QAction* action) {
        setThemeChoice(static_cast<ThemeChoice>(action->data().toInt()));
        m_preferences.setTheme(m_themeChoice);
    });
    connect(a.units, &QActionGroup::triggered, this, [this](const QAction* action) {
        setByteScale(static_cast<ByteScale>(action->data().toInt()));
    });
    m_export->connectActions(a);
    m_maps->connectActions(a);
    m_heaps->connectActions(a);
}

void MainWindow::connectController() {
    connect(&m_controller, &SessionController::viewChanged, this, &MainWindow::showView);
    connect(&m_controller, &SessionController::stateChanged, this, &MainWindow::updateState);
    connect(&m_controller, &SessionController::failed, m_messages, &MessageBar::showError);
    connect(&m_jobs, &BackgroundJobs::jobFailed, m_messages, &MessageBar::showError);
    connect(m_export, &ExportFlow::failed, m_messages, &MessageBar::showError);
    connect(m_export, &ExportFlow::done, m_messages, &MessageBar::showRemark);
    connect(&m_controller, &SessionController::saved, this, [this](const QString& path) {
        m_preferences.addRecentFile(path);
        updateRecent();
        updateTitle();
        m_messages->showRemark(tr("Saved %1.").arg(path));
    });
    connect(&m_controller, &SessionController::summaryChanged, this, [this] {
        if (m_controller.state() == SessionState::loaded) {
            if (const QString file = m_controller.file(); !file.isEmpty()) {
                m_preferences.addRecentFile(file);
                m_preferences.setLastFolder(QFileInfo(file).absolutePath());
                updateRecent();
            }
            if (const auto& damage = m_controller.view()->damage; !damage.empty()) {
                const QString name = QFileInfo(m_controller.file()).fileName();
                m_messages->showError(
                    makeError(ErrorKind::damaged, name.toStdString() + ": " + damage));
            }
        } else if (const auto& summary = m_controller.summary()) {
            const QString text = summarySentence(*summary);
            if (summary->isAccountedFor) {
                m_messages->showResult(text);
            } else {
                m_messages->showError(makeError(ErrorKind::failed, text.toStdString()));
            }
        }
        m_panes->setSummary(m_controller.summary());
    });
    connect(&m_link, &TimeLink::modeChanged, this, &MainWindow::updateState);
    connect(&m_theme, &Theme::changed, this, &MainWindow::updateTheme);
}

void MainWindow::connectPanes() {
    connect(m_panes, &WindowPanes::runRequested, m_actions->run, &QAction::trigger);
    connect(m_panes, &WindowPanes::stopRequested, &m_controller, &SessionController::stop);
    connect(m_panes, &WindowPanes::openScenarioRequested, this, &MainWindow::openScenario);
    connect(m_panes, &WindowPanes::saveScenarioRequested, this, &MainWindow::saveScenario);
    connect(m_panes, &WindowPanes::markerChosen, this, &MainWindow::showTime);
    connect(m_panes, &WindowPanes::processChosen, m_maps, &MapFlow::showWorker);
    connect(m_charts, &ChartStack::mapChosen, m_maps, &MapFlow::showMapAt);
    connect(m_panes, &WindowPanes::repairRequested, m_repair, &RepairFlow::begin);
    connect(m_repair, &RepairFlow::participantsRequested, this,
            [this] { m_panes->showPane(tr("Participants")); });
    connect(m_panes, &WindowPanes::channelSelected, &m_controller,
            &SessionController::watchChannel);
    connect(m_panes, &WindowPanes::slotDetailRequested, &m_controller,
            &SessionController::requestSlotDetail);
    connect(m_panes, &WindowPanes::scenarioChanged, m_toolbar, &WindowToolbar::setScenario);
    connect(m_toolbar, &WindowToolbar::scenarioChosen, m_panes, &WindowPanes::chooseScenario);
    connect(m_toolbar, &WindowToolbar::searchChanged, m_panes, &WindowPanes::setFilter);
    connect(m_toolbar, &WindowToolbar::searchEntered, this, &MainWindow::find);
    connect(m_status, &StatusStrip::byteScaleSelected, this, &MainWindow::setByteScale);
    connect(m_start, &StartPage::fileChosen, this, &MainWindow::openFile);
    connect(m_charts, &ChartStack::exportRequested, m_export, &ExportFlow::exportChart);
}

void MainWindow::addScenarios() {
    for (const BuiltinScenario& builtin : builtinScenarios()) {
        const QString name =
            QString::fromUtf8(builtin.name.data(), static_cast<qsizetype>(builtin.name.size()));
        const auto scenario = parseScenario(builtin.toml, std::string(builtin.name));
        m_toolbar->addScenario(name,
                               scenario ? QString::fromStdString(scenario->summary) : QString());
    }
    m_panes->chooseScenario(m_preferences.lastScenario());
    m_toolbar->setScenario(m_preferences.lastScenario());
}

void MainWindow::restoreWindow() {
    setThemeChoice(m_preferences.theme());
    setByteScale(m_preferences.byteScale());
    resize(QSize(1600, 900).boundedTo(screen()->availableSize() * 0.95)); // with room for a frame
    restoreGeometry(m_preferences.windowGeometry());
    if (!restoreState(m_preferences.windowLayout())) {
        m_panes->restoreDefaultLayout();
    }
    m_panes->restoreColumns(m_preferences);
    updateRecent();
    updateState();
    updateTitle();
}

void MainWindow::restoreDefaultLayout() {
    m_panes->restoreDefaultLayout();
}

void MainWindow::tick() {
    m_controller.poll();
    m_toolbar->updateTimes();
    if (m_center->currentWidget() == m_charts && isVisible() && !isMinimized()) {
        m_charts->tick(monotonicNs());
    }
}

void MainWindow::showView(const SessionController::View& view) {
    m_center->setCurrentWidget(m_charts);
    // While paused the stack keeps its picture and the link remembers the bounds.
    m_charts->setView(view);
    if (!m_link.isPaused()) {
        m_panes->setView(view);
    }
    m_status->setView(*view);
    m_maps->addNewMaps(*view);
    m_heaps->setView(*view);
}

void MainWindow::updateState() {
    const SessionState state = m_controller.state();
    const bool hasView = m_controller.view() != nullptr;
    m_actions->setState(state, m_link.isPaused(), hasView);
    m_toolbar->setState(state);
    m_panes->setState(state);
    if (state == SessionState::ended && m_link.isPaused()) {
        // There is nothing to hold back any more; what is looked at stays where it is.
        const TimeRange visible = m_link.visible();
        m_link.setPaused(false);
        m_charts->setView(m_controller.view());
        m_link.show(visible);
        return; // modeChanged() has brought us here again
    }
    m_start->setProgress(state == SessionState::starting  ? tr("Starting…")
                         : state == SessionState::loading ? tr("Opening…")
                                                          : QString());
    if (!m_link.isPaused() && hasView) {
        m_panes->setView(m_controller.view());
    }
    updateTitle();
    if (m_isClosing && !m_controller.isBusy()) {
        close();
    }
}

void MainWindow::updateTitle() {
    const auto& view = m_controller.view();
    if (view == nullptr) {
        setWindowTitle(tr("Ringscope"));
        return;
    }
    const QString what = m_controller.file().isEmpty()
                             ? QString::fromStdString(view->provenance->scenario)
                             : QFileInfo(m_controller.file()).fileName();
    const QString state = m_controller.state() == SessionState::live ? tr(" (live)")
                          : m_controller.isSaved()                   ? QString()
                                                                     : tr(" (not saved)");
    setWindowTitle(tr("%1%2 - Ringscope").arg(what, state));
}

void MainWindow::updateRecent() {
    const QStringList files = m_preferences.recentFiles();
    m_start->setRecentFiles(files);
    QMenu& menu = *m_actions->recentMenu;
    menu.clear();
    menu.setEnabled(!files.isEmpty());
    for (const QString& file : files) {
        QAction* const action = menu.addAction(QFileInfo(file).fileName());
        action->setStatusTip(file);
        action->setToolTip(file);
        connect(action, &QAction::triggered, this, [this, file] { openFile(file); });
    }
    menu.setToolTipsVisible(true);
    menu.addSeparator();
    connect(menu.addAction(tr("Forget these")), &QAction::triggered, this, [this] {
        m_preferences.clearRecentFiles();
        updateRecent();
    });
}

void MainWindow::setThemeChoice(ThemeChoice choice) {
    m_themeChoice = choice;
    m_actions->checkTheme(choice);
    const bool isDark =
        choice == ThemeChoice::system ? isSystemDark() : choice == ThemeChoice::dark;
    m_theme.setTokens(isDark ? darkTokens() : lightTokens());
    updateTheme();
}

void MainWindow::updateTheme() {
    QApplication::setPalette(themePalette(m_theme.tokens()));
    // Qt gives a widget with a style sheet the palette of the moment it got the sheet, for good.
    for (QWidget* const widget : findChildren<QWidget*>()) {
        if (const QString sheet = widget->styleSheet(); !sheet.isEmpty()) {
            widget->setStyleSheet({});
            widget->setStyleSheet(sheet);
        }
    }
    m_actions->setTheme(m_theme.tokens());
}

void MainWindow::setByteScale(ByteScale scale) {
    m_preferences.setByteScale(scale);
    m_actions->checkUnit(scale);
    m_charts->setByteScale(scale);
    m_panes->setByteScale(scale);
    m_status->setByteScale(scale);
    m_maps->setByteScale(scale);
    m_heaps->setByteScale(scale);
}

void MainWindow::openFile(const QString& path) {
    m_controller.openFile(QFileInfo(path).absoluteFilePath());
}

void MainWindow::runScenario(const QString& nameOrPath) {
    m_jobs.run(
        this,
        [name = nameOrPath.toStdString()](const std::stop_token&) { return findScenario(name); },
        [this](const Expected<Scenario>& scenario) {
            if (!scenario) {
                m_messages->showError(scenario.error());
                return;
            }
            m_toolbar->setScenario(QString::fromStdString(scenario->name));
            m_panes->setScenario(*scenario);
            runChosen();
        });
}

void MainWindow::runChosen() {
    const Scenario scenario = m_panes->scenario();
    if (const QString problem = m_panes->scenarioProblem(); !problem.isEmpty()) {
        m_messages->showError(makeError(ErrorKind::usage, problem.toStdString()));
        return;
    }
    m_preferences.setLastScenario(m_toolbar->scenario());
    m_controller.runScenario(scenario);
}

void MainWindow::chooseFile() {
    auto* const dialog =
        new QFileDialog(this, tr("Open session"), m_preferences.lastFolder(), sessionFilter());
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFile);
    connect(dialog, &QFileDialog::fileSelected, this, &MainWindow::openFile);
    dialog->open();
}

void MainWindow::saveAs() {
    auto* const dialog =
        new QFileDialog(this, tr("Save session"), m_preferences.lastFolder(), sessionFilter());
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setDefaultSuffix(QStringLiteral("ringscope"));
    dialog->selectFile(m_export->suggestedName(m_controller.view()) + kSuffix);
    connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& path) {
        m_preferences.setLastFolder(QFileInfo(path).absolutePath());
        m_controller.save(path);
    });
    dialog->open();
}

void MainWindow::openScenario() {
    openScenarioFile(*this, m_jobs, m_preferences, [this](const Expected<Scenario>& scenario) {
        if (scenario) {
            m_panes->setScenario(*scenario);
        } else {
            m_messages->showError(scenario.error());
        }
    });
}

void MainWindow::saveScenario(const Scenario& scenario) {
    saveScenarioFile(*this, m_jobs, m_preferences, scenario,
                     [this](const QString& path, const Expected<Scenario>& saved) {
                         if (saved) {
                             m_panes->setScenario(*saved);
                             m_messages->showRemark(tr("Saved %1.").arg(path));
                         } else {
                             m_messages->showError(saved.error());
                         }
                     });
}

// Keeps the zoom and puts the moment into the middle.
void MainWindow::showTime(std::int64_t timeNs) {
    const std::int64_t half = m_link.visible().spanNs() / 2;
    m_link.show({timeNs - half, timeNs + half});
    m_link.setCursor(timeNs);
}

void MainWindow::addMarker() {
    // At once: typing a text must not move the moment that was meant.
    const auto& markers = m_controller.view()->markers;
    const QString name = tr("Marker %1").arg(markers == nullptr ? 1 : markers->size() + 1);
    m_controller.addMarker(name);
}

void MainWindow::find(const QString& text) {
    if (text.trimmed().isEmpty()) {
        return;
    }
    for (const ChartSpec& chart : m_charts->charts()) {
        if (QString::fromStdString(chart.title).contains(text, Qt::CaseInsensitive) ||
            QString::fromStdString(chart.name).contains(text, Qt::CaseInsensitive)) {
            m_charts->setChartShown(chart.name, true);
            m_charts->setFocus();
            return;
        }
    }
    if (m_panes->showPane(text)) {
        return;
    }
    if (QAction* const action = m_actions->find(text); action != nullptr && action->isEnabled()) {
        action->trigger();
        return;
    }
    m_messages->showRemark(tr("Nothing here is called '%1'.").arg(text));
}

void MainWindow::setFullScreen(bool isFull) {
    setWindowState(isFull ? windowState() | Qt::WindowFullScreen
                          : windowState() & ~Qt::WindowFullScreen);
}

// A workload that runs is ended before the window goes; the window says so meanwhile.
void MainWindow::closeEvent(QCloseEvent* event) {
    m_preferences.setWindow(saveGeometry(), saveState());
    m_panes->saveColumns(m_preferences);
    if (m_controller.isBusy()) {
        m_isClosing = true;
        m_controller.stop();
        m_messages->showRemark(tr("Stopping the workload…"));
        event->ignore();
        return;
    }
    event->accept();
}

void MainWindow::changeEvent(QEvent* event) {
    if (event->type() == QEvent::WindowStateChange) {
        m_actions->fullScreen->setChecked(isFullScreen());
    }
    QMainWindow::changeEvent(event);
}

void MainWindow::dragEnterEvent(QDragEnterEvent* event) {
    if (!droppedFile(*event->mimeData()).isEmpty()) {
        event->acceptProposedAction();
    }
}

void MainWindow::dropEvent(QDropEvent* event) {
    const QString file = droppedFile(*event->mimeData());
    if (!file.isEmpty()) {
        event->acceptProposedAction();
        openFile(file);
    }
}

// Single keys are shortcuts of the whole window, but what has the focus and needs the key itself
// comes first: Space presses a button, letters find a row, Home goes to the first one.
bool MainWindow::eventFilter(QObject* watched, QEvent* event) {
    if (event->type() == QEvent::ShortcutOverride) {
        const auto* const key = static_cast<QKeyEvent*>(event);
        const bool isPlain = key->modifiers() == Qt::NoModifier;
        const bool isButton = qobject_cast<QAbstractButton*>(watched) != nullptr;
        const bool isList = qobject_cast<QAbstractItemView*>(watched) != nullptr ||
                            qobject_cast<QComboBox*>(watched) != nullptr;
        if (isPlain && ((isButton && key->key() == Qt::Key_Space) ||
                        (isList && key->key() != Qt::Key_Escape))) {
            event->accept();
            return true;
        }
    }
    return QMainWindow::eventFilter(watched, event);
}

} // namespace ringscope
