// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/map/map_summary_table.h"

#include <algorithm>
#include <utility>

#include <QAction>
#include <QApplication>
#include <QClipboard>
#include <QHeaderView>
#include <QMenu>
#include <QScrollBar>
#include <QSignalBlocker>
#include <QTableView>
#include <QVBoxLayout>

#include "widgets/map/empty_sentence.h"
#include "widgets/map/map_cell_delegate.h"
#include "widgets/map/map_cells.h"
#include "widgets/map/map_column_menu.h"
#include "widgets/map/map_summary_model.h"
#include "widgets/theme/theme.h"

namespace ringscope {

namespace {

constexpr int kRowPadding = 6;    // above and below the text together
constexpr int kRowsWhenEmpty = 4; // room for the sentence

} // namespace

MapSummaryTable::MapSummaryTable(const Theme& theme, QWidget* parent)
    : QWidget(parent)
    , m_model(new MapSummaryModel(this))
    , m_view(new QTableView(this))
    , m_empty(new EmptySentence(m_view)) {
    setAccessibleName(tr("Memory by type"));
    m_view->setItemDelegate(new MapCellDelegate(theme, -1, m_view));
    connect(&theme, &Theme::changed, m_view->viewport(), qOverload<>(&QWidget::update));
    makeView();
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_view);
    refreshed();
}

void MapSummaryTable::makeView() {
    m_view->setAccessibleName(accessibleName());
    m_view->setModel(m_model);
    m_view->setFrameShape(QFrame::NoFrame);
    m_view->setShowGrid(false);
    m_view->setWordWrap(false);
    m_view->setTabKeyNavigation(false); // Tab leaves the table
    m_view->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_view->setSelectionMode(QAbstractItemView::SingleSelection);
    m_view->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_view->setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
    m_view->verticalHeader()->hide();
    QHeaderView* header = m_view->horizontalHeader();
    header->setHighlightSections(false);
    header->setSectionsMovable(true);
    header->setMinimumSectionSize(24);
    usePreset(ColumnNames::linuxNames);
    fitRowHeight();

    auto* copy = new QAction(tr("Copy"), this);
    copy->setShortcut(QKeySequence::Copy);
    copy->setShortcutContext(Qt::WidgetWithChildrenShortcut);
    connect(copy, &QAction::triggered, this,
            [this] { QApplication::clipboard()->setText(copied(CopyFormat::tsv)); });
    addAction(copy);
    for (QWidget* place : {static_cast<QWidget*>(m_view), static_cast<QWidget*>(header)}) {
        place->setContextMenuPolicy(Qt::CustomContextMenu);
        connect(place, &QWidget::customContextMenuRequested, this,
                [this, place](QPoint at) { showMenu(place->mapToGlobal(at)); });
    }
    connect(m_view->selectionModel(), &QItemSelectionModel::selectionChanged, this,
            &MapSummaryTable::takeSelection);
}

void MapSummaryTable::showMenu(QPoint at) {
    QMenu menu;
    fillMenu(&menu);
    menu.exec(at);
}

void MapSummaryTable::fillMenu(QMenu* menu) {
    menu->addActions(actions());
    const auto addCopy = [&](const QString& text, CopyFormat format) {
        connect(menu->addAction(text), &QAction::triggered, this,
                [this, format] { QApplication::clipboard()->setText(copied(format)); });
    };
    addCopy(tr("Copy as CSV"), CopyFormat::csv);
    addCopy(tr("Copy as Markdown"), CopyFormat::markdown);
    menu->addSeparator();
    QAction* empty = menu->addAction(tr("Show empty types"));
    empty->setCheckable(true);
    empty->setChecked(m_areEmptyTypesShown);
    connect(empty, &QAction::toggled, this, &MapSummaryTable::setEmptyTypesShown);
    addMapColumnActions(menu->addMenu(tr("Columns")), m_view->horizontalHeader(), 1);
    addMapNameActions(menu, m_model->columnNames(), [this](ColumnNames names) {
        usePreset(names);
        Q_EMIT columnNamesChanged(names);
    });
}

// Whatever else selects is blocked, so this is the user.
void MapSummaryTable::takeSelection() {
    const QModelIndexList rows = m_view->selectionModel()->selectedRows();
    m_selected = rows.isEmpty() ? std::nullopt : m_model->typeAt(rows.front().row());
    Q_EMIT typeSelected(m_selected);
}

void MapSummaryTable::setSnapshot(MapSnapshotPtr snapshot) {
    const QSignalBlocker quiet(m_view->selectionModel());
    m_model->setSnapshot(std::move(snapshot));
    refreshed();
}

void MapSummaryTable::setBaseline(MapSnapshotPtr baseline) {
    const QSignalBlocker quiet(m_view->selectionModel());
    m_model->setBaseline(std::move(baseline));
    refreshed();
}

void MapSummaryTable::setEmptyTypesShown(bool isShown) {
    m_areEmptyTypesShown = isShown;
    const QSignalBlocker quiet(m_view->selectionModel());
    m_model->setEmptyTypesShown(isShown);
    refreshed();
}

void MapSummaryTable::refreshed() {
    m_empty->setSentence(
        m_model->rowCount() > 0 ? QString() : tr("What a process uses memory for appears here."));
    selectType(m_selected);
    if (!m_isFitted && m_model->rowCount() > 0) {
        m_isFitted = true;
        fitColumns();
    }
    updateGeometry();
}

void MapSummaryTable::selectType(std::optional<MemoryType> type) {
    m_selected = type;
    {
        const QSignalBlocker quiet(m_view->selectionModel());
        const int row = m_model->rowOf(type);
        m_view->selectionModel()->clear();
        if (row >= 0) {
            m_view->selectionModel()->setCurrentIndex(m_model->index(row, 0),
                                                      QItemSelectionModel::ClearAndSelect |
                                                          QItemSelectionModel::Rows);
        }
    }
    m_view->viewport()->update(); // the blocked signal would have done that
}

void MapSummaryTable::setByteScale(ByteScale scale) {
    m_model->setByteScale(scale);
}

void MapSummaryTable::setColumnNames(ColumnNames names) {
    m_model->setColumnNames(names);
}

void MapSummaryTable::usePreset(ColumnNames names) {
    setColumnNames(names);
    for (int column = 1; column < m_model->columnCount(); ++column) {
        const MapColumn& number = mapColumns()[static_cast<std::size_t>(column - 1)];
        m_view->setColumnHidden(column, !isInMapPreset(number, names));
    }
}

void MapSummaryTable::setColumnShown(int column, bool isShown) {
    m_view->setColumnHidden(column, !isShown);
}

QByteArray MapSummaryTable::columnState() const {
    return mapColumnState(*m_view->horizontalHeader(), m_model->columnNames());
}

void MapSummaryTable::restoreColumns(const QByteArray& state) {
    if (const auto names = restoreMapColumnState(m_view->horizontalHeader(), state)) {
        m_isFitted = true;
        m_view->setColumnHidden(MapSummaryModel::kTypeColumn, false); // says which row it is
        setColumnNames(*names);
    }
}

QString MapSummaryTable::copied(CopyFormat format) const {
    const QHeaderView* header = m_view->horizontalHeader();
    const bool isForPeople = format == CopyFormat::markdown;
    QStringList heads;
    QStringList rulers;
    std::vector<int> columns;
    for (int visual = 0; visual < header->count(); ++visual) {
        const int column = header->logicalIndex(visual);
        if (!m_view->isColumnHidden(column)) {
            columns.push_back(column);
            heads << (isForPeople
                          ? m_model->headerData(column, Qt::Horizontal, Qt::DisplayRole).toString()
                          : m_model->copiedTitle(column));
            rulers << (column == MapSummaryModel::kTypeColumn ? QStringLiteral("---")
                                                              : QStringLiteral("---:"));
        }
    }
    QString text = copyLine(heads, format);
    if (isForPeople) {
        text += copyLine(rulers, format);
    }
    for (int row = 0; row < m_model->rowCount(); ++row) {
        QStringList cells;
        for (const int column : columns) {
            const QModelIndex index = m_model->index(row, column);
            cells << (isForPeople ? index.data().toString() : m_model->exactText(index));
        }
        text += copyLine(cells, format);
    }
    return text;
}

QSize MapSummaryTable::sizeHint() const {
    const int rows = m_model->rowCount() > 0 ? m_model->rowCount() : kRowsWhenEmpty;
    const int height = m_view->horizontalHeader()->sizeHint().height() +
                       rows * m_view->verticalHeader()->defaultSectionSize() +
                       m_view->horizontalScrollBar()->sizeHint().height();
    return {QWidget::sizeHint().width(), height};
}

void MapSummaryTable::fitRowHeight() {
    m_view->verticalHeader()->setMinimumSectionSize(8);
    m_view->verticalHeader()->setDefaultSectionSize(m_view->fontMetrics().height() + kRowPadding);
    m_view->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
}

void MapSummaryTable::fitColumns() {
    QFont total = m_view->font(); // of the row with the widest texts
    total.setWeight(QFont::DemiBold);
    const int least = QFontMetrics(total).horizontalAdvance(QStringLiteral("+000.0 KiB")) + 20;
    for (int column = 0; column < m_model->columnCount(); ++column) {
        if (!m_view->isColumnHidden(column)) {
            m_view->resizeColumnToContents(column);
            m_view->setColumnWidth(column, std::max(least, m_view->columnWidth(column)));
        }
    }
}

void MapSummaryTable::changeEvent(QEvent* event) {
    QWidget::changeEvent(event);
    if (event->type() == QEvent::FontChange) {
        fitRowHeight();
        updateGeometry();
    }
}

} // namespace ringscope
