// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/process_dialog.h"

#include <QApplication>
#include <QCheckBox>
#include <QDialogButtonBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QScrollBar>
#include <QShortcut>
#include <QSignalBlocker>
#include <QStyledItemDelegate>
#include <QTreeView>
#include <QVBoxLayout>

#include <utility>

#include "app/desktop/process_filter.h"
#include "app/desktop/process_tree_model.h"
#include "widgets/theme/theme_tokens.h"

namespace ringscope {
namespace {

constexpr int kColumn = static_cast<int>(ProcessColumn::name);

constexpr int kRowPadding = 6;
constexpr int kIndentation = 14; // trees of processes get deep

class RowDelegate final : public QStyledItemDelegate {
public:
    using QStyledItemDelegate::QStyledItemDelegate;
    [[nodiscard]] QSize sizeHint(const QStyleOptionViewItem& option,
                                 const QModelIndex& index) const override {
        QSize size = QStyledItemDelegate::sizeHint(option, index);
        size.setHeight(option.fontMetrics.height() + kRowPadding);
        return size;
    }
};

// The rows below parent in the order they stand in, until visit returns false.
bool forEachRow(const QAbstractItemModel& model, const QModelIndex& parent,
                const std::function<bool(const QModelIndex&)>& visit) {
    for (int row = 0; row < model.rowCount(parent); ++row) {
        const QModelIndex index = model.index(row, kColumn, parent);
        if (!visit(index) || !forEachRow(model, index, visit)) {
            return false;
        }
    }
    return true;
}

bool movesRow(const QKeyEvent& key) {
    return key.key() == Qt::Key_Up || key.key() == Qt::Key_Down || key.key() == Qt::Key_PageUp ||
           key.key() == Qt::Key_PageDown;
}

bool isTyping(const QKeyEvent& key) {
    const bool isCommand =
        key.modifiers().testFlag(Qt::ControlModifier) || key.modifiers().testFlag(Qt::AltModifier);
    return !isCommand && ((!key.text().isEmpty() && key.text().front().isPrint()) ||
                          key.key() == Qt::Key_Backspace);
}

} // namespace

ProcessDialog::ProcessDialog(const Wording& wording, bool isTree, QWidget* parent)
    : QDialog(parent)
    , m_model(new ProcessTreeModel(this))
    , m_filter(new ProcessFilter(this))
    , m_search(new QLineEdit)
    , m_counts(new QLabel)
    , m_asTree(new QCheckBox(tr("&Tree")))
    , m_tree(new QTreeView)
    , m_reason(new QLabel(tr("Reading…"))) {
    setWindowTitle(wording.title);
    resize(960, 620);
    m_model->setTree(isTree);
    m_filter->setSourceModel(m_model);
    m_search->setPlaceholderText(tr("Search name, PID, user or command line"));
    m_search->setClearButtonEnabled(true);
    m_search->setAccessibleName(tr("Search"));
    m_search->installEventFilter(this);
    m_asTree->setChecked(isTree);
    m_asTree->setToolTip(tr("Each process under the one that started it, or all in one list"));
    m_reason->setTextFormat(Qt::PlainText); // names of users and programs are anybody's
    m_reason->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_reason->setWordWrap(true);
    m_reason->setMinimumHeight(2 * m_reason->fontMetrics().lineSpacing());
    m_reason->setAlignment(Qt::AlignTop | Qt::AlignLeft);
    makeTree();
    makeContent(wording);

    connect(m_search, &QLineEdit::textChanged, this, &ProcessDialog::search);
    connect(m_asTree, &QCheckBox::toggled, this, [this](bool isNowTree) {
        rebuild([this, isNowTree] { m_model->setTree(isNowTree); });
        m_tree->scrollTo(m_tree->currentIndex());
        Q_EMIT treeChanged(isNowTree);
    });
    auto* const find = new QShortcut(QKeySequence::Find, this);
    connect(find, &QShortcut::activated, this, [this] {
        m_search->setFocus();
        m_search->selectAll();
    });
    m_search->setFocus();
}

void ProcessDialog::makeTree() {
    m_tree->setModel(m_filter);
    m_tree->setAccessibleName(tr("Processes"));
    m_tree->installEventFilter(this);
    m_tree->setUniformRowHeights(true); // or opening thousands of rows asks for each one's height
    m_tree->setItemDelegate(new RowDelegate(m_tree));
    m_tree->setIndentation(kIndentation);
    m_tree->setAllColumnsShowFocus(true);
    m_tree->setExpandsOnDoubleClick(false); // that picks
    m_tree->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_tree->setRootIsDecorated(m_model->isTree());
    QHeaderView* const header = m_tree->header();
    header->setHighlightSections(false);
    header->setStretchLastSection(true);
    header->setMinimumSectionSize(40); // a narrow window cuts the command line, with no scroll bar
    m_tree->sortByColumn(static_cast<int>(ProcessColumn::rss), Qt::DescendingOrder);
    m_tree->setSortingEnabled(true);
    // Fixed by the font: what the cells need is known late for PSS and changes at each refresh.
    const auto widthOf = [this](const char* text) {
        return m_tree->fontMetrics().horizontalAdvance(QLatin1String(text)) + 2 * kSpaceRelated;
    };
    const auto resizeTo = [header](ProcessColumn column, int width) {
        header->resizeSection(static_cast<int>(column), width);
    };
    resizeTo(ProcessColumn::name, widthOf("a process some generations down"));
    resizeTo(ProcessColumn::pid, widthOf("4194304"));
    resizeTo(ProcessColumn::user, widthOf("www-data"));
    resizeTo(ProcessColumn::rss, widthOf("1023 MiB"));
    resizeTo(ProcessColumn::pss, widthOf("1023 MiB"));

    connect(m_tree->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
            &ProcessDialog::showCurrent);
    connect(m_tree, &QTreeView::activated, this, &ProcessDialog::pickCurrent);
    connect(m_tree, &QTreeView::expanded, this,
            [this](const QModelIndex& index) { noteExpansion(index, true); });
    connect(m_tree, &QTreeView::collapsed, this,
            [this](const QModelIndex& index) { noteExpansion(index, false); });
}

void ProcessDialog::makeContent(const Wording& wording) {
    auto* const buttons = new QDialogButtonBox(QDialogButtonBox::Cancel);
    m_pick = buttons->addButton(wording.pick, QDialogButtonBox::AcceptRole);
    auto* const refresh = buttons->addButton(tr("Refresh"), QDialogButtonBox::ActionRole);
    refresh->setShortcut(QKeySequence(Qt::Key_F5));
    refresh->setToolTip(tr("Read the processes again (F5)"));
    auto* const heading = new QLabel(wording.heading);
    heading->setWordWrap(true);

    auto* const above = new QHBoxLayout;
    above->setSpacing(kSpaceGroups);
    above->addWidget(m_search, 1);
    above->addWidget(m_counts);
    above->addWidget(m_asTree);
    m_layout = new QVBoxLayout(this);
    QVBoxLayout* const layout = m_layout;
    layout->setContentsMargins(kSpaceGroups, kSpaceGroups, kSpaceGroups, kSpaceGroups);
    layout->setSpacing(kSpaceRelated);
    layout->addWidget(heading);
    layout->addLayout(above);
    layout->addWidget(m_tree, 1);
    layout->addWidget(m_reason);
    layout->addWidget(buttons);
    // Only now has it a dialog; before, Enter would press whichever button comes first: Cancel.
    m_pick->setDefault(true);
    m_pick->setEnabled(false);

    connect(m_pick, &QPushButton::clicked, this, &ProcessDialog::pickCurrent);
    connect(refresh, &QPushButton::clicked, this, &ProcessDialog::refreshRequested);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
}

void ProcessDialog::addBelowList(QWidget* widget) {
    m_layout->insertWidget(m_layout->indexOf(m_reason), widget);
}

void ProcessDialog::setProcesses(std::vector<ListedProcess> processes, const QString& remark) {
    m_remark = remark;
    rebuild([this, &processes] { m_model->setProcesses(std::move(processes)); });
}

void ProcessDialog::setPss(const std::vector<ProcessPss>& pss) {
    // Or the filter would bring the rows into order after each one: 1.4 ms for one of 5,000.
    m_filter->setDynamicSortFilter(false);
    m_model->setPss(pss);
    m_filter->setDynamicSortFilter(true);
}

QString ProcessDialog::reason() const {
    return m_reason->text();
}

void ProcessDialog::search(const QString& text) {
    m_filter->setSearch(text);
    expand();
    const QModelIndex current = m_tree->currentIndex();
    if (!current.isValid() || !m_filter->isMatch(current)) {
        selectFirstMatch();
    } else {
        m_tree->scrollTo(current);
    }
    showCounts();
    showCurrent();
}

void ProcessDialog::rebuild(const std::function<void()>& change) {
    const auto chosen = identityOf(m_tree->currentIndex());
    const auto top = identityOf(m_tree->indexAt(QPoint(0, 0)));
    const bool isFirst = !std::exchange(m_isFilled, true);
    change();
    m_tree->setRootIsDecorated(m_model->isTree());
    expand();
    const QModelIndex now = chosen ? indexOf(*chosen) : QModelIndex();
    m_hasChosenEnded = chosen && !m_model->indexOf(*chosen).isValid();
    if (now.isValid()) {
        m_tree->setCurrentIndex(now);
    } else if (isFirst) {
        selectFirstMatch();
    } // else none: Enter must not pick what nobody has chosen
    if (const QModelIndex first = top ? indexOf(*top) : QModelIndex(); first.isValid()) {
        m_tree->scrollTo(first, QAbstractItemView::PositionAtTop);
    }
    showCounts();
    showCurrent();
}

// All, but for what the user has collapsed; all while a search stands, or its matches could hide.
void ProcessDialog::expand() {
    const QSignalBlocker blocker(m_tree); // this is no choice of the user
    m_tree->expandAll();
    if (m_filter->isSearching()) {
        return;
    }
    for (const ProcessIdentity& process : m_collapsed) {
        m_tree->collapse(indexOf(process));
    }
}

void ProcessDialog::noteExpansion(const QModelIndex& index, bool isExpanded) {
    const auto process = identityOf(index);
    if (!process || m_filter->isSearching()) {
        return;
    }
    if (isExpanded) {
        m_collapsed.erase(*process);
    } else {
        m_collapsed.insert(*process);
    }
}

// Of those that can be picked, if there is one.
void ProcessDialog::selectFirstMatch() {
    QModelIndex first;
    forEachRow(*m_filter, {}, [this, &first](const QModelIndex& index) {
        if (!m_filter->isMatch(index)) {
            return true;
        }
        const bool isReadable =
            m_model->process(m_filter->mapToSource(index)).whyNotReadable.empty();
        if (isReadable || !first.isValid()) {
            first = index;
        }
        return !isReadable;
    });
    m_tree->setCurrentIndex(first);
}

void ProcessDialog::showCounts() {
    int all = 0;
    int matching = 0;
    forEachRow(*m_model, {}, [&all](const QModelIndex&) { return ++all > 0; });
    if (!m_filter->isSearching()) {
        m_counts->setText(tr("%1 processes").arg(all));
        return;
    }
    forEachRow(*m_filter, {}, [this, &matching](const QModelIndex& index) {
        matching += m_filter->isMatch(index) ? 1 : 0;
        return true;
    });
    m_counts->setText(tr("%1 of %2 processes").arg(matching).arg(all));
}

void ProcessDialog::showCurrent() {
    const auto current = identityOf(m_tree->currentIndex());
    const QString whyNot =
        current
            ? QString::fromStdString(m_model->process(m_model->indexOf(*current)).whyNotReadable)
            : QString();
    m_hasChosenEnded = m_hasChosenEnded && !current;
    m_pick->setEnabled(current && whyNot.isEmpty());
    if (!m_isFilled) {
        m_reason->setText(tr("Reading…"));
    } else if (!whyNot.isEmpty()) {
        m_reason->setText(whyNot);
    } else if (m_hasChosenEnded) {
        m_reason->setText(tr("The process that was selected has ended."));
    } else if (m_filter->isSearching() && m_filter->rowCount() == 0) {
        m_reason->setText(tr("No process has this in its name, PID, user or command line."));
    } else {
        m_reason->setText(m_remark);
    }
}

void ProcessDialog::pickCurrent() {
    const auto current = identityOf(m_tree->currentIndex());
    if (!current || !m_pick->isEnabled()) {
        return;
    }
    accept();
    Q_EMIT picked(*current);
}

bool ProcessDialog::eventFilter(QObject* watched, QEvent* event) {
    if (event->type() == QEvent::KeyPress) {
        const auto& key = static_cast<const QKeyEvent&>(*event);
        if (watched == m_search && movesRow(key)) {
            QApplication::sendEvent(m_tree, event);
            return true;
        }
        if (watched == m_tree && isTyping(key)) {
            m_search->setFocus();
            QApplication::sendEvent(m_search, event);
            return true;
        }
    }
    return QDialog::eventFilter(watched, event);
}

std::optional<ProcessIdentity> ProcessDialog::identityOf(const QModelIndex& index) const {
    if (!index.isValid()) {
        return std::nullopt;
    }
    return m_model->process(m_filter->mapToSource(index)).identity;
}

QModelIndex ProcessDialog::indexOf(const ProcessIdentity& process) const {
    return m_filter->mapFromSource(m_model->indexOf(process));
}

} // namespace ringscope
