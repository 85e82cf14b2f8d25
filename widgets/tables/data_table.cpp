// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/tables/data_table.h"

#include <algorithm>

#include <QApplication>
#include <QClipboard>
#include <QCollator>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QShortcut>
#include <QSortFilterProxyModel>
#include <QTableView>
#include <QToolButton>
#include <QVBoxLayout>

#include "widgets/tables/data_table_delegate.h"
#include "widgets/tables/table_model.h"
#include "widgets/theme/theme.h"

namespace ringscope {

namespace {

constexpr int kRowPadding = 6; // above and below the text together

// Sorts by what a cell stands for, not by how it is written; blanks are below all numbers.
class SortedRows final : public QSortFilterProxyModel {
public:
    using QSortFilterProxyModel::QSortFilterProxyModel;

protected:
    bool lessThan(const QModelIndex& left, const QModelIndex& right) const override {
        const QVariant a = left.data(TableModel::kSortRole);
        const QVariant b = right.data(TableModel::kSortRole);
        const bool aIsNumber = a.typeId() == QMetaType::Double;
        const bool bIsNumber = b.typeId() == QMetaType::Double;
        if (aIsNumber && bIsNumber) {
            return a.toDouble() < b.toDouble();
        }
        if (aIsNumber != bIsNumber) {
            return bIsNumber;
        }
        // Not the C locale: it ignores the numeric mode.
        QCollator collator(QLocale(QLocale::English, QLocale::UnitedStates));
        collator.setNumericMode(true);
        return collator.compare(a.toString(), b.toString()) < 0;
    }
};

} // namespace

DataTable::DataTable(const Theme& theme, const QString& name, std::vector<TableColumn> columns,
                     const QString& whenEmpty, QWidget* parent)
    : QWidget(parent)
    , m_model(new TableModel(std::move(columns), this))
    , m_proxy(new SortedRows(this))
    , m_view(new QTableView(this))
    , m_filter(new QLineEdit(this))
    , m_menuButton(new QToolButton(this))
    , m_empty(new QLabel(m_view->viewport()))
    , m_whenEmpty(whenEmpty) {
    setAccessibleName(name);
    m_proxy->setSourceModel(m_model);
    m_proxy->setFilterKeyColumn(-1);
    m_proxy->setFilterCaseSensitivity(Qt::CaseInsensitive);
    m_view->setItemDelegate(new DataTableDelegate(theme, *m_model, m_view));
    connect(&theme, &Theme::changed, m_view->viewport(), qOverload<>(&QWidget::update));
    makeView(name);

    m_filter->setPlaceholderText(tr("Filter"));
    m_filter->setClearButtonEnabled(true);
    m_filter->setAccessibleName(tr("Filter of %1").arg(name));
    connect(m_filter, &QLineEdit::textChanged, this, [this](const QString& text) {
        m_proxy->setFilterFixedString(text);
        updateEmpty();
    });
    makeMenu();

    auto* head = new QHBoxLayout;
    head->setSpacing(4);
    head->addWidget(m_filter, 1);
    head->addWidget(m_menuButton);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(4);
    layout->addLayout(head);
    layout->addWidget(m_view, 1);
    updateEmpty();
}

void DataTable::makeView(const QString& name) {
    m_view->setAccessibleName(name);
    m_view->setModel(m_proxy);
    m_view->setFrameShape(QFrame::NoFrame);
    m_view->setShowGrid(false);
    m_view->setWordWrap(false);
    m_view->setTabKeyNavigation(false); // Tab leaves the table
    m_view->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_view->setSelectionMode(QAbstractItemView::ExtendedSelection);
    m_view->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_view->setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
    m_view->setSortingEnabled(true);
    m_view->verticalHeader()->hide();
    QHeaderView* header = m_view->horizontalHeader();
    header->setHighlightSections(false);
    header->setSectionsMovable(true);
    // A number at the far right would be read with nothing.
    const ColumnKind lastKind = m_model->columns().back().kind;
    header->setStretchLastSection(lastKind == ColumnKind::text || lastKind == ColumnKind::share);
    header->setMinimumSectionSize(24);
    header->setContextMenuPolicy(Qt::CustomContextMenu);
    // As given, until somebody sorts.
    header->setSortIndicator(-1, Qt::AscendingOrder);
    header->setSortIndicatorClearable(true);
    m_proxy->sort(-1);
    for (int column = 0; column < m_model->columnCount(); ++column) {
        m_view->setColumnHidden(
            column, m_model->columns()[static_cast<std::size_t>(column)].isHiddenAtFirst);
    }
    m_firstColumns = header->saveState();
    connect(header, &QWidget::customContextMenuRequested, this, [this, header](QPoint at) {
        QMenu menu;
        fillColumnMenu(&menu);
        menu.exec(header->mapToGlobal(at));
    });
    connect(m_view, &QAbstractItemView::activated, this, [this](const QModelIndex& index) {
        const TableRow& row = rowAt(index.row());
        Q_EMIT rowActivated(row.key, row.value);
    });
    fitRowHeight();

    m_empty->setWordWrap(true);
    m_empty->setAlignment(Qt::AlignHCenter | Qt::AlignTop);
    m_empty->setForegroundRole(QPalette::PlaceholderText);
    m_empty->setAttribute(Qt::WA_TransparentForMouseEvents);
    m_view->viewport()->installEventFilter(this);
}

void DataTable::makeMenu() {
    auto* menu = new QMenu(this);
    const auto addCopy = [&](const QString& text, CopyFormat format) {
        QAction* action = menu->addAction(text);
        connect(action, &QAction::triggered, this, [this, format] { copyToClipboard(format); });
        return action;
    };
    QAction* copy = addCopy(tr("Copy as TSV"), CopyFormat::tsv);
    copy->setShortcut(QKeySequence::Copy);
    copy->setShortcutContext(Qt::WidgetWithChildrenShortcut);
    addAction(copy);
    addCopy(tr("Copy as CSV"), CopyFormat::csv);
    addCopy(tr("Copy as Markdown"), CopyFormat::markdown);
    menu->addSeparator();
    auto* columnMenu = menu->addMenu(tr("Columns"));
    connect(columnMenu, &QMenu::aboutToShow, this, [this, columnMenu] {
        columnMenu->clear();
        fillColumnMenu(columnMenu);
    });
    m_menuButton->setText(QStringLiteral("⋯"));
    m_menuButton->setToolTip(tr("Copy, columns"));
    m_menuButton->setAccessibleName(tr("Menu of %1").arg(accessibleName()));
    m_menuButton->setAutoRaise(true);
    m_menuButton->setPopupMode(QToolButton::InstantPopup);
    m_menuButton->setStyleSheet(QStringLiteral("QToolButton::menu-indicator { image: none; }"));
    m_menuButton->setMenu(menu);
    m_view->setContextMenuPolicy(Qt::CustomContextMenu);
    connect(m_view, &QWidget::customContextMenuRequested, this,
            [this, menu](QPoint at) { menu->popup(m_view->viewport()->mapToGlobal(at)); });

    auto* find = new QShortcut(QKeySequence::Find, this);
    find->setContext(Qt::WidgetWithChildrenShortcut);
    connect(find, &QShortcut::activated, m_filter, [this] {
        m_filter->setFocus(Qt::ShortcutFocusReason);
        m_filter->selectAll();
    });
}

void DataTable::setRowAction(const QString& text) {
    QMenu* const menu = m_menuButton->menu();
    m_rowAction = new QAction(text, this);
    QAction* const first = menu->actions().value(0);
    menu->insertAction(first, m_rowAction);
    menu->insertSeparator(first);
    connect(menu, &QMenu::aboutToShow, this,
            [this] { m_rowAction->setEnabled(m_view->currentIndex().isValid()); });
    connect(m_rowAction, &QAction::triggered, this, [this] {
        if (const QModelIndex current = m_view->currentIndex(); current.isValid()) {
            const TableRow& row = rowAt(current.row());
            Q_EMIT rowActivated(row.key, row.value);
        }
    });
}

void DataTable::fillColumnMenu(QMenu* menu) {
    for (int column = 0; column < m_model->columnCount(); ++column) {
        QAction* action =
            menu->addAction(m_model->columns()[static_cast<std::size_t>(column)].title);
        action->setCheckable(true);
        action->setChecked(!m_view->isColumnHidden(column));
        action->setEnabled(column != 0); // says which row it is
        connect(action, &QAction::toggled, this,
                [this, column](bool isShown) { setColumnShown(column, isShown); });
    }
}

const TableRow& DataTable::rowAt(int proxyRow) const {
    const QModelIndex source = m_proxy->mapToSource(m_proxy->index(proxyRow, 0));
    return m_model->rows()[static_cast<std::size_t>(source.row())];
}

void DataTable::setRows(std::vector<TableRow> rows) {
    m_model->setRows(std::move(rows));
    if (!m_isFitted && m_model->rowCount() > 0) {
        m_isFitted = true;
        fitColumns();
    }
    updateEmpty();
}

void DataTable::setByteScale(ByteScale scale) {
    m_model->setByteScale(scale);
}

void DataTable::setFilter(const QString& text) {
    m_filter->setText(text);
}

void DataTable::sortBy(int column, Qt::SortOrder order) {
    m_view->sortByColumn(column, order);
}

void DataTable::setColumnShown(int column, bool isShown) {
    m_view->setColumnHidden(column, !isShown);
}

// Before Qt's own state stands how many columns it is of: Qt takes a state of any number.
QByteArray DataTable::stateHead(bool isFitted) const {
    return QByteArray::number(m_model->columnCount()) + (isFitted ? " fitted " : " unfitted ");
}

QByteArray DataTable::columnState() const {
    return stateHead(m_isFitted) + m_view->horizontalHeader()->saveState();
}

void DataTable::restoreColumns(const QByteArray& state) {
    for (const bool isFitted : {true, false}) {
        const QByteArray head = stateHead(isFitted);
        if (state.startsWith(head) &&
            m_view->horizontalHeader()->restoreState(state.mid(head.size()))) {
            m_view->setColumnHidden(0, false); // says which row it is
            m_isFitted = isFitted;
            return;
        }
    }
}

void DataTable::resetColumns() {
    m_view->horizontalHeader()->restoreState(m_firstColumns);
    m_isFitted = m_model->rowCount() > 0;
    if (m_isFitted) {
        fitColumns();
    }
}

std::vector<QString> DataTable::shownKeys() const {
    std::vector<QString> keys;
    for (int row = 0; row < m_proxy->rowCount(); ++row) {
        keys.push_back(rowAt(row).key);
    }
    return keys;
}

QString DataTable::copied(CopyFormat format) const {
    std::vector<int> columns;
    const QHeaderView* header = m_view->horizontalHeader();
    for (int visual = 0; visual < header->count(); ++visual) {
        const int column = header->logicalIndex(visual);
        if (!m_view->isColumnHidden(column)) {
            columns.push_back(column);
        }
    }
    const QItemSelectionModel* selection = m_view->selectionModel();
    std::vector<const TableRow*> rows;
    for (int row = 0; row < m_proxy->rowCount(); ++row) {
        if (!selection->hasSelection() || selection->isRowSelected(row)) {
            rows.push_back(&rowAt(row));
        }
    }
    return copyText(m_model->columns(), columns, rows, format, m_model->byteScale());
}

void DataTable::copyToClipboard(CopyFormat format) const {
    QApplication::clipboard()->setText(copied(format));
}

void DataTable::fitRowHeight() {
    m_view->verticalHeader()->setMinimumSectionSize(8);
    m_view->verticalHeader()->setDefaultSectionSize(m_view->fontMetrics().height() + kRowPadding);
    m_view->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
}

void DataTable::fitColumns() {
    m_view->resizeColumnsToContents();
    const QFontMetrics metrics = m_view->fontMetrics();
    for (int column = 0; column < m_model->columnCount(); ++column) {
        // Room for numbers that grow, so that columns need not be widened by hand.
        const bool isNumber =
            m_model->columns()[static_cast<std::size_t>(column)].kind != ColumnKind::text;
        const int least = isNumber ? metrics.horizontalAdvance(QStringLiteral("000.0 KiB")) : 0;
        const int most = metrics.averageCharWidth() * 60;
        m_view->setColumnWidth(
            column, std::clamp(m_view->columnWidth(column), least, std::max(least, most)));
    }
}

void DataTable::updateEmpty() {
    const bool isEmpty = m_proxy->rowCount() == 0;
    m_empty->setText(m_model->rowCount() == 0 ? m_whenEmpty
                                              : tr("No row contains '%1'.").arg(m_filter->text()));
    m_empty->setVisible(isEmpty);
    m_empty->setGeometry(
        m_view->viewport()->rect().adjusted(kSpaceRelated, kSpaceGroups, -kSpaceRelated, 0));
}

void DataTable::changeEvent(QEvent* event) {
    QWidget::changeEvent(event);
    if (event->type() == QEvent::FontChange) {
        fitRowHeight();
    }
}

bool DataTable::eventFilter(QObject* watched, QEvent* event) {
    if (event->type() == QEvent::Resize) {
        updateEmpty();
    }
    return QWidget::eventFilter(watched, event);
}

} // namespace ringscope
