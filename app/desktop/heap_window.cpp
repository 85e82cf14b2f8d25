// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/heap_window.h"

#include <QAction>
#include <QCloseEvent>
#include <QComboBox>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QMenuBar>
#include <QScreen>
#include <QSplitter>
#include <QStatusBar>
#include <QTabWidget>
#include <QToolBar>
#include <QVBoxLayout>

#include <algorithm>
#include <array>
#include <utility>

#include "app/desktop/background_jobs.h"
#include "app/desktop/heap_files.h"
#include "app/desktop/heap_leaks.h"
#include "app/desktop/message_bar.h"
#include "app/desktop/preferences.h"
#include "app/desktop/program_dialog.h"
#include "app/desktop/program_icon.h"
#include "core/base/clock.h"
#include "core/base/printable_name.h"
#include "core/session/annotation_record.h"
#include "widgets/charts/time_link.h"
#include "widgets/heap/annotation_tables.h"
#include "widgets/heap/block_table.h"
#include "widgets/heap/call_tree_model.h"
#include "widgets/heap/call_tree_view.h"
#include "widgets/heap/flame_graph.h"
#include "widgets/heap/function_table.h"
#include "widgets/heap/heap_range_bar.h"
#include "widgets/heap/heap_text.h"
#include "widgets/heap/heap_tiles.h"
#include "widgets/heap/heap_timeline_view.h"
#include "widgets/heap/histogram_table.h"
#include "widgets/heap/leak_view.h"
#include "widgets/theme/theme.h"

namespace ringscope {
namespace {

const QString kGeometry = QStringLiteral("heapWindow");
const QString kColumns = QStringLiteral("heapCalls");
const QString kParts = QStringLiteral("heapParts");

constexpr std::array<int, 4> kPeriodsMs = {1000, 2000, 5000, 10'000};
constexpr int kUsualPeriod = 2; // every 2 s
constexpr int kSelectionRestMs = 150;

QString nameOf(const HeapRecord& record) {
    return QStringLiteral("%1 %2 · pid %3")
        .arg(QString::fromStdString(record.label),
             QString::fromStdString(printableName(record.name)))
        .arg(record.process.pid);
}

QString shortModeName(HeapMode mode) {
    return mode == HeapMode::exact     ? HeapWindow::tr("records all")
           : mode == HeapMode::sampled ? HeapWindow::tr("samples")
                                       : HeapWindow::tr("counts only");
}

} // namespace

HeapWindow::HeapWindow(Theme& theme, BackgroundJobs& jobs, Preferences& preferences, TimeLink& link,
                       QWidget* parent)
    : QMainWindow(parent, Qt::Window)
    , m_theme(theme)
    , m_jobs(jobs)
    , m_preferences(preferences)
    , m_link(link)
    , m_pictures(std::make_shared<HeapPictures>())
    , m_messages(new MessageBar(theme))
    , m_files(new HeapFiles(*this, jobs, preferences, *m_messages))
    , m_leaks(new HeapLeaks(*this, {jobs, preferences, *m_messages, m_pictures}))
    , m_process(new QComboBox)
    , m_measureBox(new QComboBox)
    , m_directionBox(new QComboBox)
    , m_period(new QComboBox)
    , m_modeBox(new QComboBox)
    , m_find(new QLineEdit)
    , m_found(new QLabel)
    , m_rangeBar(new HeapRangeBar)
    , m_tiles(new HeapTiles(theme))
    , m_flames(new FlameGraph(theme))
    , m_calls(new CallTreeView(theme))
    , m_functions(new FunctionTable(theme))
    , m_blocks(new BlockTable)
    , m_sizes(new HistogramTable(theme, {tr("Size"), tr("Share"), tr("Allocated"), tr("Alive")},
                                 {tr("Usable bytes of a block, up to the size of the next row"),
                                  tr("Of all blocks that were ever allocated"),
                                  tr("Blocks that were ever allocated"),
                                  tr("Blocks that are not freed yet")}))
    , m_lifetimes(
          new HistogramTable(theme, {tr("Lived"), tr("Share"), tr("Freed")},
                             {tr("How long a block lived, from the time of the row above to this"),
                              tr("Of all blocks that were freed"), tr("Blocks that were freed")}))
    , m_threads(new HistogramTable(
          theme,
          {tr("Thread"), tr("Share"), tr("Allocated"), tr("Freed"), tr("Reallocated"),
           tr("Allocated"), tr("Freed")},
          {tr("Its name as it first allocated, and its number (tid)"),
           tr("Of all blocks that were ever allocated"), tr("Blocks that it allocated"),
           tr("Blocks that it freed, whoever allocated them"),
           tr("Calls of realloc(), each also counted as allocated and as freed"),
           tr("Usable bytes that it allocated"), tr("Usable bytes that it freed")}))
    , m_annotationTables(new AnnotationTables(theme))
    , m_timeline(new HeapTimelineView(theme, link))
    , m_tables(new QTabWidget)
    , m_remarks(new QLabel)
    , m_status(new QLabel)
    , m_parts(new QSplitter(Qt::Vertical)) {
    setAttribute(Qt::WA_DeleteOnClose);
    setObjectName(QStringLiteral("heapWindow"));
    setWindowIcon(programIcon());
    makeContent();
    makeToolbar();
    makeMenus();
    connectParts();
    resize(QSize(1180, 760).boundedTo(screen()->availableSize()));
    restoreGeometry(m_preferences.tableColumns(kGeometry));
    m_calls->header()->restoreState(m_preferences.tableColumns(kColumns));
    m_parts->restoreState(m_preferences.tableColumns(kParts));
    updateTitle();
}

HeapWindow::~HeapWindow() = default;

void HeapWindow::closeEvent(QCloseEvent* event) {
    m_preferences.setTableColumns(kGeometry, saveGeometry());
    m_preferences.setTableColumns(kColumns, m_calls->header()->saveState());
    m_preferences.setTableColumns(kParts, m_parts->saveState());
    QMainWindow::closeEvent(event);
}

void HeapWindow::makeContent() {
    m_parts->addWidget(m_flames);
    m_tables->setDocumentMode(true);
    m_tables->addTab(m_calls, tr("Calls"));
    m_tables->addTab(m_functions, tr("Functions"));
    m_tables->addTab(m_timeline, tr("Over time"));
    m_tables->addTab(m_blocks, tr("Live blocks"));
    m_sizes->setAccessibleName(tr("Blocks by size"));
    m_lifetimes->setAccessibleName(tr("Freed blocks by lifetime"));
    auto* const classes = new QSplitter(Qt::Horizontal);
    classes->addWidget(m_sizes);
    classes->addWidget(m_lifetimes);
    classes->setChildrenCollapsible(false);
    m_tables->addTab(classes, tr("Sizes and lifetimes"));
    m_threads->setAccessibleName(tr("Blocks by thread"));
    m_tables->addTab(m_threads, tr("Threads"));
    m_tables->addTab(m_annotationTables, tr("Regions"));
    m_tables->addTab(&m_leaks->view(), tr("Leaks"));
    m_parts->addWidget(m_tables);
    m_parts->setStretchFactor(0, 1);
    m_parts->setStretchFactor(1, 1);
    m_parts->setChildrenCollapsible(false);
    m_remarks->setWordWrap(true);
    m_remarks->setTextInteractionFlags(Qt::TextSelectableByMouse);
    auto* const content = new QWidget;
    auto* const layout = new QVBoxLayout(content);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(m_messages);
    auto* const inner = new QVBoxLayout;
    inner->setContentsMargins(kSpaceRelated, kSpaceRelated, kSpaceRelated, kSpaceRelated);
    inner->setSpacing(kSpaceRelated);
    inner->addWidget(m_rangeBar);
    inner->addWidget(m_tiles);
    inner->addWidget(m_parts, 1);
    inner->addWidget(m_remarks);
    layout->addLayout(inner, 1);
    setCentralWidget(content);
    statusBar()->addWidget(m_status, 1);
    statusBar()->setSizeGripEnabled(false);
}

void HeapWindow::makeToolbar() {
    auto* const bar = addToolBar(tr("Heap profile"));
    bar->setObjectName(QStringLiteral("heapToolbar"));
    bar->setMovable(false);
    const auto addBox = [bar](QComboBox* box, const QString& label, const QString& help) {
        auto* const text = new QLabel(label);
        text->setContentsMargins(kSpaceRelated, 0, kSpaceRelated / 2, 0);
        text->setBuddy(box);
        bar->addWidget(text);
        box->setAccessibleName(help);
        box->setToolTip(help);
        box->setSizeAdjustPolicy(QComboBox::AdjustToContents);
        bar->addWidget(box);
    };
    m_process->setMaximumWidth(300);
    addBox(m_process, tr("Of"), tr("Which process"));
    for (const HeapMeasure measure : CallTreeModel::kMeasures) {
        m_measureBox->addItem(measureName(measure), static_cast<int>(measure));
        m_measureBox->setItemData(m_measureBox->count() - 1, measureHelp(measure), Qt::ToolTipRole);
    }
    addBox(m_measureBox, tr("by"), tr("What the shares are of"));
    m_directionBox->addItem(tr("from main()"));
    m_directionBox->addItem(tr("from what allocates"));
    addBox(m_directionBox, tr("calls"),
           tr("Call stacks from main() down to what allocates, or from what allocates up"));
    m_read = bar->addAction(tr("Read now"));
    m_read->setShortcut(QKeySequence(QKeySequence::Refresh));
    m_read->setToolTip(tr("Read the profile of the running process again (F5)"));
    m_period->addItem(tr("when asked"));
    for (const int ms : kPeriodsMs) {
        m_period->addItem(
            tr("every %1").arg(QString::fromStdString(formatDuration(ms * kNsPerMs))));
    }
    m_period->setCurrentIndex(kUsualPeriod);
    addBox(m_period, tr("again"), tr("How often the profile of a running process is read"));
    for (const HeapMode mode : {HeapMode::counts, HeapMode::sampled, HeapMode::exact}) {
        m_modeBox->addItem(shortModeName(mode), static_cast<int>(mode));
        m_modeBox->setItemData(m_modeBox->count() - 1, heapModeHelp(mode), Qt::ToolTipRole);
    }
    m_modeBox->setAccessibleName(tr("What is recorded of new blocks"));
    m_modeBox->setToolTip(tr("What is recorded of new blocks while the program runs. Those that "
                             "were recorded are followed until they are freed."));
    m_modeAction = bar->addWidget(m_modeBox);
    auto* const space = new QWidget;
    space->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
    bar->addWidget(space);
    m_found->setContentsMargins(0, 0, kSpaceRelated, 0);
    bar->addWidget(m_found);
    m_find->setPlaceholderText(tr("Find a function or file (Ctrl+F)"));
    m_find->setAccessibleName(tr("Find in the call stacks"));
    m_find->setClearButtonEnabled(true);
    m_find->setMinimumWidth(150);
    m_find->setMaximumWidth(240);
    bar->addWidget(m_find);
}

void HeapWindow::makeMenus() {
    const auto add = [this](QMenu& menu, const QString& text, const QKeySequence& key,
                            auto&& triggered) {
        QAction* const action = menu.addAction(text);
        action->setShortcut(key);
        connect(action, &QAction::triggered, this, triggered);
    };
    QMenu& file = *menuBar()->addMenu(tr("&Heap"));
    add(file, tr("Save for &DHAT's viewer…"), {},
        [this] { m_files->saveDhat(m_picture != nullptr ? m_picture->whole : nullptr); });
    add(file, tr("Save &folded stacks…"), {},
        [this] { m_files->saveFolded(shownRecord(), m_measure); });
    add(file, tr("Save p&icture…"), QKeySequence(Qt::CTRL | Qt::Key_E),
        [this] { m_files->savePicture(shownRecord(), *m_flames, windowTitle()); });
    file.addSeparator();
    m_leaks->addActions(file);
    file.addSeparator();
    add(file, tr("Close"), QKeySequence(QKeySequence::Close), [this] { close(); });
    QMenu& view = *menuBar()->addMenu(tr("&View"));
    add(view, tr("&Find"), QKeySequence(QKeySequence::Find), [this] {
        m_find->setFocus();
        m_find->selectAll();
    });
    add(view, tr("Find &next"), QKeySequence(Qt::Key_F3), [this] { m_calls->findNext(); });
    add(view, tr("&Zoom to the selected call"), QKeySequence(Qt::CTRL | Qt::Key_Return),
        [this] { m_flames->zoomTo(m_flames->selected()); });
    add(view, tr("Show &all"), QKeySequence(Qt::Key_Home), [this] { m_flames->zoomTo(0); });
}

void HeapWindow::connectParts() {
    connect(m_process, &QComboBox::activated, this, &HeapWindow::choose);
    connect(m_measureBox, &QComboBox::currentIndexChanged, this,
            [this] { setMeasure(static_cast<HeapMeasure>(m_measureBox->currentData().toInt())); });
    connect(m_directionBox, &QComboBox::activated, this, &HeapWindow::chooseDirection);
    connect(m_calls, &CallTreeView::aroundRequested, this, &HeapWindow::showAround);
    connect(m_functions, &FunctionTable::aroundRequested, this, &HeapWindow::showAround);
    connect(m_functions, &FunctionTable::sourceRequested, m_files, &HeapFiles::openSource);
    connect(m_tables, &QTabWidget::currentChanged, this, &HeapWindow::showBlocks);
    connect(m_blocks, &BlockTable::stackRequested, this, &HeapWindow::showStack);
    connect(m_leaks, &HeapLeaks::stackChosen, this, &HeapWindow::selectStack);
    connect(m_leaks, &HeapLeaks::stackRequested, this, &HeapWindow::showStack);
    connect(m_leaks, &HeapLeaks::readingWanted, this, &HeapWindow::readingWanted);
    connect(m_find, &QLineEdit::textChanged, this, [this](const QString& text) {
        m_flames->setFindText(text);
        m_calls->setFindText(text);
        m_functions->setFindText(text);
        m_blocks->setFindText(text);
        m_leaks->view().setFindText(text);
        showFound();
    });
    connect(m_find, &QLineEdit::returnPressed, m_calls, &CallTreeView::findNext);
    connect(m_flames, &FlameGraph::nodeSelected, m_calls, &CallTreeView::select);
    connect(m_calls, &CallTreeView::nodeSelected, m_flames, &FlameGraph::select);
    connect(m_calls, &CallTreeView::sourceRequested, m_files, &HeapFiles::openSource);
    connect(m_read, &QAction::triggered, this, &HeapWindow::readingWanted);
    connect(m_modeBox, &QComboBox::activated, this,
            [this] { Q_EMIT modeWanted(static_cast<HeapMode>(m_modeBox->currentData().toInt())); });
    connect(m_period, &QComboBox::currentIndexChanged, this, [this](int index) {
        index <= 0 ? m_timer.stop()
                   : m_timer.start(kPeriodsMs.at(static_cast<std::size_t>(index - 1)));
    });
    m_selectionTimer.setSingleShot(true);
    m_selectionTimer.setInterval(kSelectionRestMs);
    connect(&m_link, &TimeLink::selectionChanged, &m_selectionTimer, qOverload<>(&QTimer::start));
    connect(&m_selectionTimer, &QTimer::timeout, this, &HeapWindow::followSelection);
    connect(m_rangeBar, &HeapRangeBar::allWanted, &m_link, &TimeLink::clearSelection);
    m_timer.start(kPeriodsMs.at(kUsualPeriod - 1));
    connect(&m_timer, &QTimer::timeout, this, [this] {
        if (m_isSessionLive && m_loading == nullptr && isVisible() && !isMinimized()) {
            Q_EMIT readingWanted();
        }
    });
}

void HeapWindow::setView(const SessionView& view) {
    m_leaks->setView(view);
    if (view.heapAnnotations != m_annotations) {
        m_annotations = view.heapAnnotations;
        showAnnotations();
    }
    m_moments = view.heapMoments;
    m_provenance = view.provenance;
    m_markers = view.markers;
    const bool isSameView =
        view.heaps == m_ended && view.liveHeaps == m_running && view.isLive == m_isSessionLive;
    if (isSameView) {
        return;
    }
    m_ended = view.heaps;
    m_running = view.liveHeaps;
    m_isSessionLive = view.isLive;
    std::vector<Entry> entries;
    if (m_ended != nullptr) {
        for (const HeapRecordPtr& record : *m_ended) {
            entries.push_back({record, false});
        }
    }
    if (m_running != nullptr) {
        for (const HeapRecordPtr& record : *m_running) {
            const bool hasEnded =
                std::any_of(entries.begin(), entries.end(), [&](const Entry& entry) {
                    return isSameImage(*entry.record, *record);
                });
            if (!hasEnded) {
                entries.push_back({record, m_isSessionLive});
            }
        }
    }
    const HeapRecordPtr before =
        m_chosen >= 0 ? m_entries[static_cast<std::size_t>(m_chosen)].record : nullptr;
    m_entries = std::move(entries);
    const auto it = std::find_if(m_entries.begin(), m_entries.end(), [&](const Entry& entry) {
        return before != nullptr && isSameImage(*entry.record, *before);
    });
    m_chosen = it != m_entries.end() ? static_cast<int>(it - m_entries.begin()) : -1;
    if (m_chosen < 0 && !m_entries.empty()) { // what allocated most
        const auto most = std::max_element(
            m_entries.begin(), m_entries.end(), [](const Entry& a, const Entry& b) {
                return a.record->profile.total.bytes < b.record->profile.total.bytes;
            });
        m_chosen = static_cast<int>(most - m_entries.begin());
    }
    showEntries();
    if (m_entries.empty()) { // another session
        showNothing();
    } else {
        choose(m_chosen);
    }
}

void HeapWindow::showProcess(std::int32_t pid) {
    for (std::size_t i = 0; i < m_entries.size(); ++i) {
        if (m_entries[i].record->process.pid == pid) {
            choose(static_cast<int>(i));
        }
    }
}

void HeapWindow::showEntries() {
    const QSignalBlocker quiet(m_process);
    QStringList texts;
    QStringList before;
    for (const Entry& entry : m_entries) {
        texts << (entry.isLive ? nameOf(*entry.record)
                               : tr("%1 · ended").arg(nameOf(*entry.record)));
    }
    for (int i = 0; i < m_process->count(); ++i) {
        before << m_process->itemText(i);
    }
    if (texts != before) { // its list may be open
        m_process->clear();
        m_process->addItems(texts);
    }
    m_process->setCurrentIndex(m_chosen);
}

void HeapWindow::choose(int entry) {
    if (entry < 0 || static_cast<std::size_t>(entry) >= m_entries.size()) {
        updateTitle();
        return;
    }
    m_chosen = entry;
    m_process->setCurrentIndex(entry);
    const HeapRecordPtr& record = m_entries[static_cast<std::size_t>(entry)].record;
    if (m_loading == record ||
        (m_picture != nullptr && m_loading == nullptr &&
         m_picture->whole->timeNs == record->timeNs && isSameImage(*m_picture->whole, *record) &&
         m_picture->whole->profile.total.ageNs == record->profile.total.ageNs)) {
        updateTitle();
        return;
    }
    load(record);
}

void HeapWindow::load(const HeapRecordPtr& record) {
    m_loading = record;
    updateTitle();
    m_jobs.run(
        this,
        [pictures = m_pictures, moments = m_moments,
         question = HeapQuestion{record, {}, m_provenance, m_markers, chosenRange(), m_around}](
            const std::stop_token&) mutable {
            question.moments = momentsOf(moments.get(), *question.record);
            return pictures->make(std::move(question));
        },
        [this, turn = ++m_loadingTurn](std::shared_ptr<const HeapPicture> picture) {
            if (turn == m_loadingTurn) { // nothing newer was chosen
                m_loading = nullptr;
                showPicture(std::move(picture));
            }
        });
}

std::optional<HeapRange> HeapWindow::chosenRange() const {
    const auto& selection = m_link.selection();
    return selection ? std::optional(HeapRange{selection->fromNs, selection->toNs}) : std::nullopt;
}

void HeapWindow::followSelection() {
    if (m_picture != nullptr && chosenRange() != m_picture->range) {
        load(m_loading != nullptr ? m_loading : m_picture->whole);
    }
}

const std::shared_ptr<const CallTree>& HeapWindow::tree() const {
    if (m_isAround && m_picture->around == m_around) {
        return m_direction == CallDirection::fromMain ? m_picture->callees : m_picture->callers;
    }
    return m_direction == CallDirection::fromMain ? m_picture->fromMain : m_picture->fromAllocation;
}

HeapRecordPtr HeapWindow::shownRecord() const {
    return m_picture != nullptr ? m_picture->record : nullptr;
}

bool HeapWindow::isLive() const {
    return m_chosen >= 0 && m_entries[static_cast<std::size_t>(m_chosen)].isLive;
}

void HeapWindow::showPicture(std::shared_ptr<const HeapPicture> picture) {
    const bool isUpdate = m_picture != nullptr && isSameImage(*m_picture->record, *picture->record);
    std::vector<std::string> selected;
    std::vector<std::string> focus;
    if (isUpdate) {
        selected = pathOf(*tree(), m_flames->selected());
        focus = pathOf(*tree(), m_flames->focus());
    }
    const bool isSameTree = isUpdate && m_picture->around == picture->around &&
                            m_picture->record->profile.range == picture->record->profile.range;
    m_picture = std::move(picture);
    m_tiles->setProfile(&m_picture->record->profile, isLive());
    m_rangeBar->setRange(m_picture->record->profile.range,
                         m_provenance != nullptr ? m_provenance->startMonotonicNs : 0);
    m_timeline->setTimeline(m_picture->timeline);
    showTree(isSameTree);
    if (isUpdate) {
        m_flames->zoomTo(nodeOfPath(*tree(), focus));
        if (!selected.empty()) {
            const std::uint32_t node = nodeOfPath(*tree(), selected);
            m_flames->select(node);
            m_calls->select(node);
        }
    }
    const QString remarks = heapRemarks(*m_picture->record);
    m_remarks->setText(remarks);
    m_remarks->setVisible(!remarks.isEmpty());
    updateTitle();
}

void HeapWindow::showTree(bool isUpdate) {
    if (m_picture == nullptr) {
        return;
    }
    m_flames->setTree(tree());
    isUpdate ? m_calls->updateTree(tree()) : m_calls->setTree(tree());
    m_functions->setTree(m_picture->fromMain);
    showBlocks();
    m_sizes->setRows(sizeRows(m_picture->record->profile));
    m_lifetimes->setRows(lifetimeRows(m_picture->record->profile));
    m_threads->setRows(threadRows(m_picture->record->profile, m_scale));
    showAnnotations();
    showFound();
}

// Of the image that is shown: a process that exec'ed has several, by the names of their programs,
// of which the kernel keeps 15 bytes.
void HeapWindow::showAnnotations() {
    const HeapAnnotationRecord none;
    const HeapAnnotationRecord* found = &none;
    if (m_picture != nullptr && m_annotations != nullptr) {
        const HeapRecord& shown = *m_picture->record;
        for (const HeapAnnotationRecord& record : *m_annotations) {
            if (record.process.pid == shown.process.pid &&
                record.process.startTicks == shown.process.startTicks &&
                record.name.substr(0, 15) == shown.name.substr(0, 15)) {
                found = &record;
            }
        }
    }
    m_annotationTables->setAnnotations(found->annotations, m_scale);
}

// Many thousands of rows, to be sorted: only where they are seen.
void HeapWindow::showBlocks() {
    if (m_picture != nullptr && m_tables->currentWidget() == m_blocks) {
        m_blocks->setBlocks(m_picture->blocks);
    }
}

void HeapWindow::showNothing() {
    m_loading = nullptr;
    ++m_loadingTurn;
    m_picture = nullptr;
    m_tiles->setProfile(nullptr, false);
    m_rangeBar->setRange(std::nullopt, 0);
    m_timeline->setTimeline(nullptr);
    m_flames->setTree(nullptr);
    m_calls->setTree(nullptr);
    m_functions->setTree(nullptr);
    m_blocks->setBlocks(nullptr);
    m_sizes->setRows({});
    m_lifetimes->setRows({});
    m_threads->setRows({});
    showAnnotations();
    m_remarks->hide();
    showFound();
    updateTitle();
}

void HeapWindow::showFound() {
    const std::uint64_t value = m_flames->foundValue();
    if (m_find->text().trimmed().isEmpty() || m_picture == nullptr) {
        m_found->clear();
    } else if (value == 0) {
        m_found->setText(tr("not found"));
    } else {
        m_found->setText(tr("%1, %2").arg(valueText(m_measure, value, m_scale),
                                          shareText(value, tree()->nodes()[0].total[m_measure])));
    }
}

void HeapWindow::setMeasure(HeapMeasure measure) {
    m_measure = measure;
    const int index = m_measureBox->findData(static_cast<int>(measure));
    m_measureBox->setCurrentIndex(index);
    m_flames->setMeasure(measure);
    m_calls->setMeasure(measure);
    m_functions->setMeasure(measure);
    m_timeline->setMeasure(measure);
    showFound();
}

void HeapWindow::setDirection(CallDirection direction) {
    m_direction = direction;
    m_isAround = false;
    m_directionBox->setCurrentIndex(direction == CallDirection::fromMain ? 0 : 1);
    showTree(false);
}

void HeapWindow::showAround(const CallFunction& function, CallDirection direction) {
    const bool isNew = m_around == nullptr || m_around->name != function.name ||
                       m_around->file != function.file || m_around->module != function.module;
    m_direction = direction;
    m_isAround = true;
    if (isNew) {
        m_around = std::make_shared<const CallFunction>(function);
        const QString name =
            m_directionBox->fontMetrics().elidedText(shortName(function.name), Qt::ElideRight, 180);
        while (m_directionBox->count() > 2) {
            m_directionBox->removeItem(2);
        }
        m_directionBox->addItem(tr("below %1").arg(name));
        m_directionBox->addItem(tr("to %1").arg(name));
    }
    m_directionBox->setCurrentIndex(direction == CallDirection::fromMain ? 2 : 3);
    m_tables->setCurrentWidget(m_calls);
    if (m_picture == nullptr) {
        return;
    }
    if (isNew) {
        load(m_loading != nullptr ? m_loading : m_picture->whole);
    } else {
        showTree(false);
    }
}

void HeapWindow::selectStack(std::uint32_t stack) {
    const HeapRecord& record = *m_picture->record;
    if (m_isAround || m_direction != CallDirection::fromMain) {
        setDirection(CallDirection::fromMain);
    }
    const std::uint32_t node =
        nodeOfPath(*tree(), pathOf(record.profile, record.symbols, record.profile.stacks[stack]));
    m_flames->select(node);
    m_calls->select(node);
}

void HeapWindow::showStack(std::uint32_t stack) {
    selectStack(stack);
    m_tables->setCurrentWidget(m_calls);
}

void HeapWindow::chooseDirection(int index) {
    const CallDirection direction =
        index % 2 == 0 ? CallDirection::fromMain : CallDirection::fromAllocation;
    if (index < 2 || m_around == nullptr) {
        setDirection(direction);
    } else {
        showAround(*m_around, direction);
    }
}

void HeapWindow::setMode(std::optional<HeapMode> mode) {
    m_modeAction->setVisible(mode.has_value());
    if (mode) {
        m_modeBox->setCurrentIndex(m_modeBox->findData(static_cast<int>(*mode)));
    }
}

void HeapWindow::setByteScale(ByteScale scale) {
    m_scale = scale;
    m_tiles->setByteScale(scale);
    m_flames->setByteScale(scale);
    m_calls->setByteScale(scale);
    m_functions->setByteScale(scale);
    m_blocks->setByteScale(scale);
    m_timeline->setByteScale(scale);
    m_leaks->view().setByteScale(scale);
    if (m_picture != nullptr) {
        m_threads->setRows(threadRows(m_picture->record->profile, scale));
    }
    showAnnotations();
    showFound();
}

void HeapWindow::updateTitle() {
    m_leaks->setShown(m_picture, isLive());
    const QString what = m_chosen >= 0
                             ? nameOf(*m_entries[static_cast<std::size_t>(m_chosen)].record)
                             : tr("no process yet");
    setWindowTitle(tr("%1 - Heap profile - Ringscope").arg(what));
    m_read->setEnabled(m_isSessionLive);
    m_period->setEnabled(m_isSessionLive);
    const bool isFirst = m_loading != nullptr &&
                         (m_picture == nullptr || !isSameImage(*m_loading, *m_picture->record));
    if (isFirst) {
        m_status->setText(tr("Reading the names of the code…"));
    } else if (m_picture == nullptr) {
        m_status->setText(whyNothing());
    } else {
        m_status->setText(
            isLive()
                ? tr("As it was %1 after the recording began; the process runs on.")
                      .arg(QString::fromStdString(formatDuration(
                          m_picture->record->profile.timeNs - m_picture->record->profile.startNs)))
            : m_picture->record->profile.origin == HeapOrigin::dhat
                ? tr("Recorded by DHAT: without single blocks, their sizes and "
                     "lifetimes, and temporary ones.")
                : tr("As it was when the process ended."));
    }
}

QString HeapWindow::whyNothing() const {
    if (!m_isSessionLive) {
        return tr("This session has no heap profiles.");
    }
    if (m_running == nullptr) {
        return tr("Waiting for the first profile…");
    }
    return tr(
        "No process that runs has a profile: each must be started by Ringscope, with Session > "
        "Heap recording > Every block, or attached to so, and linked dynamically.");
}

} // namespace ringscope
