// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/map_window.h"

#include <QAction>
#include <QActionGroup>
#include <QCloseEvent>
#include <QComboBox>
#include <QDateTime>
#include <QDesktopServices>
#include <QFileDialog>
#include <QFileInfo>
#include <QGuiApplication>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QMenuBar>
#include <QScreen>
#include <QSplitter>
#include <QStatusBar>
#include <QTimer>
#include <QToolBar>
#include <QUrl>
#include <QVBoxLayout>

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "app/desktop/background_jobs.h"
#include "app/desktop/map_files.h"
#include "app/desktop/map_history.h"
#include "app/desktop/map_inspection.h"
#include "app/desktop/map_picture.h"
#include "app/desktop/map_tools.h"
#include "app/desktop/message_bar.h"
#include "app/desktop/preferences.h"
#include "app/desktop/program_icon.h"
#include "app/desktop/target_dialogs.h"
#include "core/base/clock.h"
#include "core/base/printable_name.h"
#include "core/memory/map_accounts.h"
#include "widgets/map/address_strip.h"
#include "widgets/map/map_bars.h"
#include "widgets/map/map_summary_table.h"
#include "widgets/map/map_tree.h"
#include "widgets/map/map_tree_model.h"
#include "widgets/map/page_strip.h"
#include "widgets/theme/theme.h"

namespace ringscope {
namespace {

const QString kGeometry = QStringLiteral("mapWindow");
const QString kTreeColumns = QStringLiteral("mapTree");
const QString kSummaryColumns = QStringLiteral("mapSummary");
const QString kUpperSizes = QStringLiteral("mapUpper");
const QString kPartSizes = QStringLiteral("mapParts");

constexpr std::array<std::int64_t, 6> kPeriodsNs = {kNsPerSecond / 2,  kNsPerSecond,
                                                    2 * kNsPerSecond,  5 * kNsPerSecond,
                                                    10 * kNsPerSecond, 60 * kNsPerSecond};

QString whatText(const MapSnapshot& snapshot) {
    QString text = QString::fromStdString(printableName(snapshot.name));
    if (snapshot.space.process.pid != 0) {
        text += QObject::tr(" · pid %1").arg(snapshot.space.process.pid);
    }
    return text;
}

QString timeText(std::int64_t wallNs) {
    return QDateTime::fromMSecsSinceEpoch(wallNs / kNsPerMs).toString(QStringLiteral("HH:mm:ss"));
}

// A line edit takes Ctrl+E for itself (to the end of the line), which the window has for more.
class OwnKeysFilter final : public QObject {
public:
    using QObject::QObject;
    bool eventFilter(QObject* watched, QEvent* event) override {
        if (event->type() == QEvent::ShortcutOverride) {
            const auto& key = static_cast<const QKeyEvent&>(*event);
            if (key.key() == Qt::Key_E && key.modifiers() == Qt::ControlModifier) {
                event->ignore();
                return true;
            }
        }
        return QObject::eventFilter(watched, event);
    }
};

} // namespace

MapWindow::MapWindow(Theme& theme, BackgroundJobs& jobs, Preferences& preferences, QWidget* parent)
    : QMainWindow(parent, Qt::Window)
    , m_theme(theme)
    , m_jobs(jobs)
    , m_preferences(preferences)
    , m_controller(jobs)
    , m_inspection(new MapInspection(*this, jobs))
    , m_tools(new MapTools(*this, jobs,
                           [this]() -> Expected<MapSnapshotPtr> {
                               if (livingProcess()) {
                                   return m_controller.shown();
                               }
                               return makeError(ErrorKind::target, whyNotLiving().toStdString());
                           }))
    , m_messages(new MessageBar(theme))
    , m_bars(new MapBars(theme))
    , m_strip(new AddressStrip(theme))
    , m_pages(new PageStrip(theme))
    , m_summary(new MapSummaryTable(theme))
    , m_tree(new MapTree(theme))
    , m_history(new MapHistory)
    , m_what(new QLabel)
    , m_status(new QLabel)
    , m_remarks(new QLabel)
    , m_period(new QComboBox)
    , m_find(new QLineEdit)
    , m_content(new QWidget)
    , m_upper(new QSplitter(Qt::Horizontal))
    , m_parts(new QSplitter(Qt::Vertical)) {
    setAttribute(Qt::WA_DeleteOnClose);
    setObjectName(QStringLiteral("mapWindow"));
    setWindowIcon(programIcon());
    makeContent();
    makeToolbar();
    makeMenus();
    connectParts();
    restore();
    updateTitle();
}

MapWindow::~MapWindow() = default;

void MapWindow::makeContent() {
    m_upper->addWidget(m_summary);
    m_upper->addWidget(m_history);
    m_upper->setStretchFactor(0, 4);
    m_upper->setStretchFactor(1, 1);
    m_upper->setChildrenCollapsible(false);
    m_upper->setSizes({780, 400});
    m_parts->addWidget(m_upper);
    m_parts->addWidget(m_tree);
    m_parts->setStretchFactor(0, 0);
    m_parts->setStretchFactor(1, 1);
    m_parts->setChildrenCollapsible(false);
    m_remarks->setWordWrap(true);
    m_remarks->setObjectName(QStringLiteral("mapRemarks"));
    m_remarks->setTextInteractionFlags(Qt::TextSelectableByMouse);
    auto* const content = new QWidget;
    auto* const inner = new QVBoxLayout(m_content);
    inner->setContentsMargins(kSpaceRelated, kSpaceRelated, kSpaceRelated, kSpaceRelated);
    inner->setSpacing(kSpaceRelated);
    inner->addWidget(m_bars);
    inner->addWidget(m_strip);
    inner->addWidget(m_parts, 1);
    inner->addWidget(m_pages);
    inner->addWidget(m_remarks);
    auto* const layout = new QVBoxLayout(content);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(m_messages);
    layout->addWidget(m_content, 1);
    setCentralWidget(content);
    statusBar()->addWidget(m_status, 1);
    statusBar()->setSizeGripEnabled(false);
}

void MapWindow::makeToolbar() {
    auto* const bar = addToolBar(tr("Memory map"));
    bar->setObjectName(QStringLiteral("mapToolbar"));
    bar->setMovable(false);
    m_what->setObjectName(QStringLiteral("mapWhat"));
    m_what->setContentsMargins(kSpaceRelated, 0, kSpaceGroups, 0);
    QFont font = bodyFont();
    font.setWeight(QFont::DemiBold);
    m_what->setFont(font);
    bar->addWidget(m_what);
    m_read = bar->addAction(tr("Read now"));
    m_read->setShortcut(QKeySequence(QKeySequence::Refresh));
    m_read->setToolTip(tr("Read the map again and keep it (F5)"));
    connect(m_read, &QAction::triggered, &m_controller, &MapController::refresh);
    auto* const again = new QLabel(tr("Again:"));
    again->setContentsMargins(kSpaceGroups, 0, kSpaceRelated / 2, 0);
    bar->addWidget(again);
    m_period->setAccessibleName(tr("How often the map is read"));
    m_period->setToolTip(tr("How often the map is read; less often where that would take more "
                            "than 1 % of a core"));
    m_period->addItem(tr("when asked"));
    for (const std::int64_t ns : kPeriodsNs) {
        m_period->addItem(tr("every %1").arg(QString::fromStdString(formatDuration(ns))));
    }
    again->setBuddy(m_period);
    bar->addWidget(m_period);
    auto* const space = new QWidget;
    space->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
    bar->addWidget(space);
    m_find->setPlaceholderText(tr("Find a name or address (Ctrl+F)"));
    m_find->setAccessibleName(tr("Find in the map"));
    m_find->setClearButtonEnabled(true);
    m_find->setMaximumWidth(320);
    m_find->installEventFilter(new OwnKeysFilter(m_find));
    bar->addWidget(m_find);
}

void MapWindow::makeMenus() {
    QMenu& file = *menuBar()->addMenu(tr("&Map"));
    const auto add = [this](QMenu& menu, const QString& text, const QKeySequence& key,
                            auto&& triggered) {
        QAction* const action = menu.addAction(text);
        action->setShortcut(key);
        connect(action, &QAction::triggered, this, triggered);
        return action;
    };
    add(file, tr("&Choose process…"), QKeySequence(Qt::CTRL | Qt::Key_P),
        [this] { chooseProcess(); });
    add(file, tr("&Open saved map…"), QKeySequence(QKeySequence::Open),
        [this] { chooseFile(false); });
    add(file, tr("&Save map as…"), QKeySequence(QKeySequence::Save), [this] { saveAs(); });
    add(file, tr("Save p&icture as…"), QKeySequence(Qt::CTRL | Qt::Key_E),
        [this] { savePicture(); });
    file.addSeparator();
    add(file, tr("Compare with &file…"), {}, [this] { chooseFile(true); });
    QAction* const follow = file.addAction(tr("Follow over &restarts"));
    follow->setCheckable(true);
    follow->setToolTip(tr("When the process ends, go on with the newest of the same name"));
    connect(follow, &QAction::toggled, &m_controller, &MapController::setFollowingRestarts);
    file.addSeparator();
    add(file, tr("Close"), QKeySequence(QKeySequence::Close), [this] { close(); });

    QMenu& view = *menuBar()->addMenu(tr("&View"));
    add(view, tr("&Find"), QKeySequence(QKeySequence::Find), [this] {
        m_find->setFocus();
        m_find->selectAll();
    });
    QMenu& names = *view.addMenu(tr("Column &names"));
    auto* const group = new QActionGroup(this);
    for (const auto& [text, preset] : {std::pair{tr("Linux"), ColumnNames::linuxNames},
                                       std::pair{tr("VMMap"), ColumnNames::vmmapNames}}) {
        QAction* const action = names.addAction(text);
        action->setCheckable(true);
        group->addAction(action);
        connect(action, &QAction::triggered, this,
                [this, chosen = preset] { setColumnNames(chosen); });
        connect(&names, &QMenu::aboutToShow, action, [this, action, chosen = preset] {
            action->setChecked(m_tree->model().columnNames() == chosen);
        });
    }
    QAction* const empty = view.addAction(tr("Show &empty types"));
    empty->setCheckable(true);
    connect(empty, &QAction::toggled, m_summary, &MapSummaryTable::setEmptyTypesShown);
    QAction* const same = view.addAction(tr("Show what did &not change"));
    same->setCheckable(true);
    m_tools->addTo(*menuBar()->addMenu(tr("&Tools")));
    connect(same, &QAction::toggled, this,
            [this](bool isShown) { m_tree->setOnlyChanged(!isShown); });
}

void MapWindow::connectParts() {
    connect(&m_controller, &MapController::mapChanged, this, &MapWindow::showMap);
    connect(&m_controller, &MapController::recordsChanged, this, &MapWindow::showRecordList);
    connect(&m_controller, &MapController::statusChanged, this, &MapWindow::updateTitle);
    connect(&m_controller, &MapController::failed, m_messages, &MessageBar::showError);
    connect(m_period, &QComboBox::currentIndexChanged, this, [this](int index) {
        m_controller.setPeriod(
            index <= 0 ? std::nullopt
                       : std::optional(kPeriodsNs.at(static_cast<std::size_t>(index - 1))));
    });
    connect(m_find, &QLineEdit::textChanged, m_tree, &MapTree::setFindText);
    connect(m_history, &MapHistory::shownChosen, &m_controller, &MapController::choose);
    connect(m_history, &MapHistory::baselineChosen, &m_controller, &MapController::compareWith);
    connect(m_summary, &MapSummaryTable::typeSelected, this, &MapWindow::showType);
    connect(m_bars, &MapBars::typeSelected, this, &MapWindow::showType);
    connect(m_strip, &AddressStrip::regionSelected, this, [this](quint64 start, quint64 end) {
        if (!m_tree->selectAddress(start)) { // what is shown leaves it out
            showType(std::nullopt);
            m_find->clear();
            m_tree->selectAddress(start);
        }
        showRegion(start, end);
    });
    connect(m_summary, &MapSummaryTable::columnNamesChanged, this, &MapWindow::setColumnNames);
    connect(m_tree, &MapTree::columnNamesChanged, this, &MapWindow::setColumnNames);
    connect(m_tree, &MapTree::nodesShownChanged, &m_controller, &MapController::setReadingNodes);
    connect(m_tree, &MapTree::regionSelected, this, &MapWindow::showRegion);
    connect(m_tree, &MapTree::stringsRequested, this, [this](quint64 start, quint64 end) {
        if (const auto process = livingProcess()) {
            m_inspection->askForStrings(*process, {start, end});
        } else {
            m_messages->showRemark(tr("Texts cannot be read: %1.").arg(whyNotLiving()));
        }
    });
    connect(m_tree, &MapTree::pagesRequested, this, [this](quint64 start, quint64 end) {
        if (const auto process = livingProcess()) {
            m_inspection->listPages(*process, {start, end});
        } else {
            m_messages->showRemark(tr("Pages cannot be read: %1.").arg(whyNotLiving()));
        }
    });
    connect(m_tree, &MapTree::pagesWanted, this, [this](quint64 start, quint64 end) {
        if (const auto process = livingProcess()) {
            m_inspection->readPageRows(*process, {start, end}, m_controller.shown()->pageSize);
        }
    });
    connect(m_inspection, &MapInspection::pageRowsRead, m_tree, &MapTree::setPages);
    connect(m_tree, &MapTree::mappersRequested, m_inspection, &MapInspection::showMappers);
    connect(m_inspection, &MapInspection::pagesRead, m_pages, &PageStrip::setPages);
    connect(m_inspection, &MapInspection::failed, m_messages, &MessageBar::showError);
    connect(m_tools, &MapTools::failed, m_messages, &MessageBar::showError);
    connect(m_tools, &MapTools::measured, m_tree,
            [this] { m_tree->setColumnShown(mapColumnIndex("referenced"), true); });
    connect(m_tools, &MapTools::done, this, [this](const QString& sentence, const QString& reason) {
        m_messages->showResult(sentence);
        m_controller.refreshFor(reason);
    });
    connect(m_tree, &MapTree::folderRequested, this,
            [](const QString& folder) { QDesktopServices::openUrl(QUrl::fromLocalFile(folder)); });
}

void MapWindow::follow(const ProcessIdentity& process, std::vector<MapRecordPtr> records) {
    m_controller.follow(process, std::move(records));
}

void MapWindow::openFile(const QString& path) {
    m_controller.openFile(path);
}

void MapWindow::showRecords(std::vector<MapRecordPtr> records) {
    m_controller.showRecords(std::move(records));
}

void MapWindow::addMaps(const std::vector<MapRecordPtr>& maps) {
    const auto& records = m_controller.records();
    if (records.empty() || records.back()->process.startTicks == 0) {
        return; // of a file
    }
    std::vector<MapRecordPtr> own;
    const ProcessIdentity process = records.back()->process;
    std::copy_if(maps.begin(), maps.end(), std::back_inserter(own),
                 [&process](const MapRecordPtr& map) { return map->process == process; });
    m_controller.addRecords(own);
}

void MapWindow::showMap(const std::shared_ptr<const MapDifference>& difference) {
    const std::int64_t before = ThreadCpuClock().nowNs();
    const MapSnapshotPtr& shown = m_controller.shown();
    const MapSnapshotPtr baseline = difference ? m_controller.baseline() : nullptr;
    m_bars->setSnapshot(shown);
    m_bars->setBaseline(baseline);
    m_strip->setSnapshot(shown);
    m_summary->setSnapshot(shown);
    m_summary->setBaseline(baseline);
    m_tree->setPagesOffered(!difference && livingProcess().has_value());
    if (difference) {
        m_tree->setDifference(difference, baseline, shown);
    } else {
        m_tree->setSnapshot(shown);
    }
    QString remarks;
    if (shown) {
        for (const std::string& sentence : mapAccounts(*shown)) {
            remarks += (remarks.isEmpty() ? QString() : QStringLiteral(" ")) +
                       QString::fromStdString(sentence);
        }
    }
    m_remarks->setText(remarks);
    m_remarks->setVisible(!remarks.isEmpty());
    updateTitle();
    readPages();
    // Painting comes before timers do.
    QTimer::singleShot(0, this, [this, before] {
        m_controller.addDrawingCost(ThreadCpuClock().nowNs() - before);
    });
}

void MapWindow::showRecordList() {
    m_history->setRecords(m_controller.records());
    m_history->setShown(m_controller.chosen(), m_controller.comparedWith(),
                        m_controller.baseline() != nullptr);
}

void MapWindow::showType(std::optional<MemoryType> type) {
    m_summary->selectType(type);
    m_bars->setType(type);
    m_strip->setType(type);
    m_tree->setShownType(type);
}

void MapWindow::showRegion(quint64 start, quint64 end) {
    if (m_selected == AddressRange{start, end}) {
        return;
    }
    m_selected = {start, end};
    m_strip->setSelection(start, end);
    readPages();
}

std::optional<ProcessIdentity> MapWindow::livingProcess() const {
    const bool isNow = m_controller.isLive() && !m_controller.chosen() && m_controller.shown();
    return isNow ? std::optional(m_controller.shown()->space.process) : std::nullopt;
}

QString MapWindow::whyNotLiving() const {
    if (m_controller.isLive() && m_controller.shown()) {
        return tr("a kept map is shown, and not what is there now; press Show the newest first");
    }
    return m_controller.process() ? tr("the process has ended")
                                  : tr("there is no running process in this window; choose one "
                                       "with Map > Choose process");
}

void MapWindow::readPages() {
    const auto process = livingProcess();
    const bool isMissed = !process && m_selected.end != 0;
    m_pages->setReason(isMissed ? tr("No pages: %1").arg(whyNotLiving()) : QString());
    m_inspection->showPages(process, m_selected, process ? m_controller.shown()->pageSize : 4096);
}

void MapWindow::setColumnNames(ColumnNames names) {
    m_summary->usePreset(names);
    m_tree->usePreset(names);
}

void MapWindow::setByteScale(ByteScale scale) {
    m_summary->setByteScale(scale);
    m_tree->setByteScale(scale);
    m_bars->setByteScale(scale);
    m_strip->setByteScale(scale);
    m_pages->setByteScale(scale);
    m_history->setByteScale(scale);
}

void MapWindow::updateTitle() {
    const MapSnapshotPtr& shown = m_controller.shown();
    const QString what = shown ? whatText(*shown) : tr("no process yet");
    const bool isKept = shown && m_controller.chosen() && m_controller.isLive();
    const QString which = isKept ? tr("%1 · as at %2").arg(what, timeText(shown->wallNs)) : what;
    const MapSnapshotPtr& baseline = m_controller.baseline();
    const QString changed =
        shown && baseline ? tr("%1 · what changed from %2 to %3")
                                .arg(what, timeText(baseline->wallNs), timeText(shown->wallNs))
                          : QString();
    m_what->setText(changed.isEmpty() ? which : changed);
    m_status->setText(m_controller.status());
    m_read->setEnabled(m_controller.isLive());
    m_period->setEnabled(m_controller.isLive());
    setWindowTitle(tr("%1 - Memory map - Ringscope").arg(changed.isEmpty() ? what : changed));
}

void MapWindow::chooseProcess() {
    pickProcessForMap(*this, m_jobs, m_preferences, [this](const ProcessIdentity& process) {
        windowForAnother().follow(process);
    });
}

void MapWindow::setHeapOf(const MapController::HeapOf& heapOf) {
    m_heapOf = heapOf;
    m_controller.setHeapOf(heapOf);
}

MapWindow& MapWindow::windowForAnother() {
    if (m_controller.records().size() < 2) {
        return *this;
    }
    auto* const other = new MapWindow(m_theme, m_jobs, m_preferences, parentWidget());
    other->setHeapOf(m_heapOf);
    other->show();
    return *other;
}

void MapWindow::chooseFile(bool isBaseline) {
    auto* const dialog = new QFileDialog(this, tr("Open memory map"), m_preferences.lastFolder(),
                                         tr("Memory maps (*.json *.csv core*);;All files (*)"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFile);
    connect(dialog, &QFileDialog::fileSelected, this, [this, isBaseline](const QString& path) {
        m_preferences.setLastFolder(QFileInfo(path).absolutePath());
        if (isBaseline) {
            m_controller.compareWithFile(path);
        } else {
            windowForAnother().openFile(path);
        }
    });
    dialog->open();
}

void MapWindow::saveAs() {
    if (m_controller.shown() == nullptr) {
        return;
    }
    saveMapAs(*this, m_jobs, m_preferences, m_controller.shown(),
              [this](const Expected<QString>& saved) { showSaved(saved); });
}

void MapWindow::savePicture() {
    if (m_controller.shown() == nullptr) {
        return;
    }
    saveMapPictureAs(*this, m_preferences, *m_content, m_controller.shown(),
                     [this](const Expected<QString>& saved) { showSaved(saved); });
}

void MapWindow::showSaved(const Expected<QString>& saved) {
    if (saved) {
        m_messages->showRemark(tr("Saved %1.").arg(*saved));
    } else {
        m_messages->showError(saved.error());
    }
}

void MapWindow::restore() {
    resize(QSize(1200, 860).boundedTo(screen()->availableSize() * 0.95));
    restoreGeometry(m_preferences.tableColumns(kGeometry));
    if (!m_parts->restoreState(m_preferences.tableColumns(kPartSizes))) {
        // The tree is what one looks at: all that is more than the sums need is its own.
        m_parts->setSizes({height() / 5, height()});
    }
    m_upper->restoreState(m_preferences.tableColumns(kUpperSizes));
    m_tree->restoreColumns(m_preferences.tableColumns(kTreeColumns));
    m_summary->restoreColumns(m_preferences.tableColumns(kSummaryColumns));
    setByteScale(m_preferences.byteScale());
    m_remarks->hide();
}

void MapWindow::closeEvent(QCloseEvent* event) {
    m_preferences.setTableColumns(kGeometry, saveGeometry());
    m_preferences.setTableColumns(kPartSizes, m_parts->saveState());
    m_preferences.setTableColumns(kUpperSizes, m_upper->saveState());
    m_preferences.setTableColumns(kTreeColumns, m_tree->columnState());
    m_preferences.setTableColumns(kSummaryColumns, m_summary->columnState());
    QMainWindow::closeEvent(event);
}

} // namespace ringscope
