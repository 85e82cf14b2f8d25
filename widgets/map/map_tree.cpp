// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/map/map_tree.h"

#include <algorithm>
#include <functional>
#include <string_view>
#include <utility>
#include <vector>

#include <QAction>
#include <QApplication>
#include <QClipboard>
#include <QFile>
#include <QHeaderView>
#include <QMenu>
#include <QScrollBar>
#include <QSignalBlocker>
#include <QTreeView>
#include <QVBoxLayout>

#include "widgets/map/empty_sentence.h"
#include "widgets/map/map_cell_delegate.h"
#include "widgets/map/map_cells.h"
#include "widgets/map/map_column_menu.h"
#include "widgets/map/map_row_order.h"
#include "widgets/map/map_tree_model.h"
#include "widgets/theme/theme.h"

namespace ringscope {

namespace {

// Empty for an object that is scattered.
std::optional<AddressRange> rangeOf(const MapItems& items, MapItem item) {
    const std::optional<std::uint64_t> start = items.startOf(item);
    return start ? std::optional(AddressRange{*start, items.endOf(item)}) : std::nullopt;
}

// The first region that there is now; empty for what vanished.
std::optional<std::uint32_t> presentRegion(const MapItems& items, MapItem item) {
    const auto regions =
        item.isObject ? items.regionsOf(item.index) : std::span(&item.index, std::size_t{1});
    for (const std::uint32_t region : regions) {
        if (items.placeOf(region).snapshot == items.snapshot()) {
            return region;
        }
    }
    return std::nullopt;
}

// Of the file that a mapping is of; empty when it has none, or none with a name any more.
QString folderOf(const MapPlace& place) {
    const MemoryMap& map = place.snapshot->space.map;
    const MemoryRegion& region = map.regions[place.region];
    const std::string_view name = map.nameOf(region);
    if (region.inode == 0 || !name.starts_with('/') || name.ends_with(" (deleted)")) {
        return {};
    }
    std::string folder(name.substr(0, std::max<std::size_t>(1, name.rfind('/'))));
    for (std::size_t at = 0; (at = folder.find("\\012", at)) != std::string::npos; ++at) {
        folder.replace(at, 4, "\n"); // as the kernel writes one
    }
    return QFile::decodeName(folder.c_str());
}

// Qt compares each open object's rows with all others' when they are selected together: 10,000 open
// objects take a minute. So with many, selecting all is selecting the objects.
class MapTreeView final : public QTreeView {
public:
    using QTreeView::QTreeView;
    void selectAll() override {
        constexpr int kMostOpen = 500;
        int open = 0;
        const int rows = model()->rowCount();
        for (int row = 0; row < rows && open <= kMostOpen; ++row) {
            open += isExpanded(model()->index(row, 0)) ? 1 : 0;
        }
        if (open <= kMostOpen) {
            QTreeView::selectAll();
            return;
        }
        const QModelIndex last = model()->index(rows - 1, model()->columnCount() - 1);
        selectionModel()->select({model()->index(0, 0), last},
                                 QItemSelectionModel::ClearAndSelect | QItemSelectionModel::Rows);
    }
};

} // namespace

MapTree::MapTree(const Theme& theme, QWidget* parent)
    : QWidget(parent)
    , m_model(new MapTreeModel(this))
    , m_view(new MapTreeView(this))
    , m_empty(new EmptySentence(m_view)) {
    setAccessibleName(tr("Memory map"));
    m_view->setItemDelegate(new MapCellDelegate(theme, mapDetailsColumn(), m_view));
    connect(&theme, &Theme::changed, m_view->viewport(), qOverload<>(&QWidget::update));
    makeView();
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_view);
    updateSentence();
}

void MapTree::makeView() {
    m_view->setAccessibleName(accessibleName());
    m_view->setModel(m_model);
    m_view->setFrameShape(QFrame::NoFrame);
    m_view->setUniformRowHeights(true); // or opening 100,000 rows asks for each one's height
    m_view->setAllColumnsShowFocus(true);
    m_view->setSelectionMode(QAbstractItemView::ExtendedSelection);
    m_view->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_view->setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
    QHeaderView* header = m_view->header();
    header->setHighlightSections(false);
    header->setMinimumSectionSize(24);
    header->setStretchLastSection(true);
    // By type and address, until somebody sorts.
    header->setSortIndicator(-1, Qt::AscendingOrder);
    header->setSortIndicatorClearable(true);
    m_view->setSortingEnabled(true);
    showNumbersOf(ColumnNames::linuxNames);
    m_view->setColumnHidden(kMapChangeColumn, true);
    m_view->setColumnHidden(mapNodesColumn(), true);
    connect(header, &QHeaderView::sectionResized, this, &MapTree::reportNodes);
    // What a row is stands before its numbers.
    header->moveSection(header->visualIndex(mapDetailsColumn()),
                        header->visualIndex(kMapTypeColumn) + 1);
    m_firstColumns = header->saveState();

    auto* copy = new QAction(tr("Copy Row"), this);
    copy->setShortcut(QKeySequence::Copy);
    copy->setShortcutContext(Qt::WidgetWithChildrenShortcut);
    connect(copy, &QAction::triggered, this, [this] {
        QApplication::clipboard()->setText(copied(CopiedRows::selected, CopyFormat::tsv));
    });
    addAction(copy);
    m_view->setContextMenuPolicy(Qt::CustomContextMenu);
    connect(m_view, &QWidget::customContextMenuRequested, this, &MapTree::showMenu);
    header->setContextMenuPolicy(Qt::CustomContextMenu);
    connect(header, &QWidget::customContextMenuRequested, this, [this, header](QPoint at) {
        QMenu menu;
        fillColumnMenu(&menu);
        menu.exec(header->mapToGlobal(at));
    });
    connect(m_model, &MapTreeModel::pagesWanted, this, &MapTree::pagesWanted);
    connect(m_view, &QTreeView::expanded, this, [this](const QModelIndex& index) {
        keepExpansion(index, true);
        askForPages(index);
    });
    connect(m_view, &QTreeView::collapsed, this,
            [this](const QModelIndex& index) { keepExpansion(index, false); });
    connect(m_view->selectionModel(), &QItemSelectionModel::selectionChanged, this,
            &MapTree::reportSelection);
}

void MapTree::setSnapshot(MapSnapshotPtr snapshot) {
    m_model->setSnapshot(std::move(snapshot));
    refreshed();
    renewPages();
}

void MapTree::setDifference(std::shared_ptr<const MapDifference> difference, MapSnapshotPtr before,
                            MapSnapshotPtr after) {
    m_model->setDifference(std::move(difference), std::move(before), std::move(after));
    refreshed();
}

void MapTree::setShownType(std::optional<MemoryType> type) {
    MapRowFilter filter = m_model->filter();
    filter.type = type;
    m_model->setFilter(filter);
    refreshed();
}

void MapTree::setFindText(const QString& text) {
    MapRowFilter filter = m_model->filter();
    filter.text = text;
    m_model->setFilter(filter);
    refreshed();
    closeFound();
    openFound();
}

void MapTree::setOnlyChanged(bool isOnlyChanged) {
    MapRowFilter filter = m_model->filter();
    filter.isOnlyChanged = isOnlyChanged;
    m_model->setFilter(filter);
    refreshed();
}

void MapTree::refreshed() {
    // A selected mapping that is gone, or filtered away, leaves no word of it.
    if (m_reported.end != 0 && !m_view->selectionModel()->hasSelection()) {
        reportSelection();
    }
    updateColumns();
    reexpand();
    if (!m_isFitted && m_model->rowCount() > 0) {
        m_isFitted = true;
        fitColumns();
    }
    updateSentence();
}

void MapTree::updateColumns() {
    m_view->setColumnHidden(kMapAddressColumn, false); // say which row it is
    m_view->setColumnHidden(kMapTypeColumn, false);
    m_view->setColumnHidden(kMapChangeColumn, !m_model->items().isDifference());
}

bool MapTree::areNodesShown() const {
    return !m_view->isColumnHidden(mapNodesColumn());
}

// Hiding and showing a column resizes it.
void MapTree::reportNodes() {
    if (areNodesShown() != m_areNodesShown) {
        m_areNodesShown = areNodesShown();
        Q_EMIT nodesShownChanged(m_areNodesShown);
    }
}

void MapTree::setPagesOffered(bool areOffered) {
    m_model->setPagesOffered(areOffered);
}

// What is there is from when it was open last.
void MapTree::askForPages(const QModelIndex& index) {
    const auto region = m_model->regionOf(index);
    if (region && m_model->rowCount(index) > 0) {
        const MemoryRegion& range = m_model->items().regionAt(*region);
        Q_EMIT pagesWanted(range.start, range.end);
    }
}

void MapTree::setPages(MapPageRows pages) {
    m_model->setPages(std::move(pages));
}

// Of mappings that are open, in a new map.
void MapTree::renewPages() {
    constexpr int kMost = 16; // each is read on its own
    int asked = 0;
    const auto renew = [&](const QModelIndex& index) {
        if (asked < kMost && m_view->isExpanded(index) && m_model->regionOf(index)) {
            ++asked;
            askForPages(index);
        }
    };
    for (int top = 0; top < m_model->rowCount() && asked < kMost; ++top) {
        const QModelIndex object = m_model->index(top, 0);
        renew(object);
        const int children = m_view->isExpanded(object) && !m_model->regionOf(object)
                                 ? m_model->rowCount(object)
                                 : 0;
        for (int child = 0; child < children && asked < kMost; ++child) {
            renew(m_model->index(child, 0, object));
        }
    }
}

// Only that of objects; mappings stay open as long as they are shown.
void MapTree::keepExpansion(const QModelIndex& index, bool isExpanded) {
    if (!m_model->itemAt(index).isObject) {
        return;
    }
    const std::string key = m_model->items().objectKey(m_model->itemAt(index).index);
    if (isExpanded) {
        m_expanded.insert(key);
    } else {
        m_expanded.erase(key);
    }
}

// Rows that were filtered away come back closed.
void MapTree::reexpand() {
    if (m_expanded.empty()) {
        return;
    }
    for (int row = 0; row < m_model->rowCount(); ++row) {
        const QModelIndex index = m_model->index(row, 0);
        if (m_model->rowCount(index) > 0 && !m_view->isExpanded(index) &&
            m_expanded.contains(m_model->items().objectKey(m_model->itemAt(index).index))) {
            m_view->expand(index);
        }
    }
}

// Rows that were opened for a text that is looked for no more.
void MapTree::closeFound() {
    const QSignalBlocker quiet(m_view);
    const QModelIndex current = m_view->currentIndex().parent(); // somebody chose in there
    for (const QPersistentModelIndex& index : std::exchange(m_found, {})) {
        if (index.isValid() && index != current.siblingAtColumn(0) &&
            !m_expanded.contains(m_model->items().objectKey(m_model->itemAt(index).index))) {
            m_view->collapse(index);
        }
    }
}

// Objects of which only some mappings were found show these; not for good, so it is not kept.
void MapTree::openFound() {
    constexpr int kMost = 100; // more is not looked through
    if (m_model->filter().text.trimmed().isEmpty()) {
        return;
    }
    const QSignalBlocker quiet(m_view);
    int opened = 0;
    for (int row = 0; row < m_model->rowCount() && opened < kMost; ++row) {
        const QModelIndex index = m_model->index(row, 0);
        const MapRows::Top& top = m_model->rows().tops[static_cast<std::size_t>(row)];
        if (top.childCount > 0 && top.childCount < m_model->items().regionsOf(top.object).size()) {
            if (!m_view->isExpanded(index)) {
                m_view->expand(index);
                m_found.emplace_back(index);
            }
            ++opened;
        }
    }
}

void MapTree::updateSentence() {
    const MapItems& items = m_model->items();
    const MapRowFilter& filter = m_model->filter();
    if (m_model->rowCount() > 0) {
        m_empty->setSentence({});
    } else if (items.objectCount() == 0) {
        m_empty->setSentence(tr("What a process has mapped into its memory appears here."));
    } else if (!filter.text.trimmed().isEmpty()) {
        const QString text = filter.text.trimmed();
        MapRowFilter ofAllTypes = filter;
        ofAllTypes.type.reset();
        ofAllTypes.isOnlyChanged = false;
        const bool isHidden = (filter.type || filter.isOnlyChanged) &&
                              !arrangeMapRows(items, ofAllTypes, {}).tops.empty();
        m_empty->setSentence(
            isHidden
                ? tr("What contains '%1' is hidden: %2.")
                      .arg(text, filter.type ? tr("only %1 is shown, click it again for all types")
                                                   .arg(QString::fromUtf8(
                                                       memoryTypeName(*filter.type).data()))
                                             : tr("it did not change"))
                : tr("No mapping contains '%1'.").arg(text));
    } else if (items.isDifference() && filter.isOnlyChanged) {
        m_empty->setSentence(tr("Nothing changed, except perhaps PSS and what was referenced: "
                                "View > Show what did not change."));
    } else {
        m_empty->setSentence(tr("No mapping is of this type."));
    }
}

bool MapTree::selectAddress(quint64 address) {
    const auto region = m_model->items().regionContaining(address);
    const QModelIndex index = region ? m_model->indexOfRegion(*region) : QModelIndex();
    if (!index.isValid()) {
        return false;
    }
    if (index.parent().isValid()) {
        m_view->expand(index.parent());
    }
    m_view->selectionModel()->setCurrentIndex(index, QItemSelectionModel::ClearAndSelect |
                                                         QItemSelectionModel::Rows);
    m_view->scrollTo(index);
    return true;
}

AddressRange MapTree::selectedRange() const {
    const QModelIndex current = m_view->currentIndex();
    const QItemSelectionModel* selection = m_view->selectionModel();
    if (!selection->hasSelection()) {
        return {};
    }
    const QModelIndex first = selection->selection().constFirst().topLeft();
    const QModelIndex shown = selection->isSelected(current) ? current : first;
    const MapItems& items = m_model->items();
    MapItem item = m_model->itemAt(shown);
    if (item.isObject && !rangeOf(items, item) && !items.regionsOf(item.index).empty()) {
        item = {false, items.regionsOf(item.index).front()};
    }
    return rangeOf(items, item).value_or(AddressRange{});
}

void MapTree::reportSelection() {
    m_reported = selectedRange();
    Q_EMIT regionSelected(m_reported.start, m_reported.end);
}

void MapTree::showMenu(QPoint at) {
    QMenu menu;
    fillMenu(&menu, m_view->indexAt(at));
    menu.exec(m_view->viewport()->mapToGlobal(at));
}

void MapTree::fillMenu(QMenu* menu, const QModelIndex& index) {
    addCopyActions(menu);
    if (index.isValid()) {
        menu->addSeparator();
        addProcessActions(menu, index);
    }
    menu->addSeparator();
    fillColumnMenu(menu->addMenu(tr("Columns")));
}

void MapTree::addCopyActions(QMenu* menu) {
    QAction* copy = actions().front();
    const auto selected = m_view->selectionModel()->selectedRows().size();
    if (selected > 0) {
        copy->setText(selected == 1 ? tr("Copy Row") : tr("Copy %1 Rows").arg(selected));
        menu->addAction(copy);
    }
    const auto add = [&](const QString& text, CopyFormat format) {
        connect(menu->addAction(text), &QAction::triggered, this, [this, format] {
            QApplication::clipboard()->setText(copied(CopiedRows::all, format));
        });
    };
    add(tr("Copy All"), CopyFormat::tsv);
    add(tr("Copy All as CSV"), CopyFormat::csv);
}

// What asks the process, or the machine it runs on: not of a core dump, nor of what is gone.
void MapTree::addProcessActions(QMenu* menu, const QModelIndex& index) {
    const MapItems& items = m_model->items();
    const MapItem item = m_model->itemAt(index);
    const std::optional<std::uint32_t> region = presentRegion(items, item);
    const bool isOfProcess = region && items.snapshot()->origin == MapOrigin::process;
    const std::uint32_t object = item.isObject ? item.index : items.objectOf(item.index);

    QAction* folder = menu->addAction(tr("Open the File's Folder"));
    const QString path = isOfProcess ? folderOf(items.placeOf(*region)) : QString();
    folder->setEnabled(!path.isEmpty());
    connect(folder, &QAction::triggered, this, [this, path] { Q_EMIT folderRequested(path); });

    QAction* mappers = menu->addAction(tr("Who Else Maps This…"));
    // Without an inode nobody else can, but by fork.
    mappers->setEnabled(isOfProcess && items.regionAt(*region).inode != 0);
    const QString name = QString::fromStdString(items.objectName(object));
    // Not where it stands in this map: another one may have come when it is chosen.
    const MemoryRegion mapped = region ? items.regionAt(*region) : MemoryRegion{};
    connect(mappers, &QAction::triggered, this,
            [this, name, mapped] { Q_EMIT mappersRequested(name, mapped); });

    QAction* pages = menu->addAction(tr("Pages…"));
    QAction* strings = menu->addAction(tr("Strings…"));
    const std::optional<AddressRange> range = rangeOf(items, item);
    pages->setEnabled(isOfProcess && range);
    strings->setEnabled(isOfProcess && range);
    const AddressRange searched = range.value_or(AddressRange{});
    connect(pages, &QAction::triggered, this,
            [this, searched] { Q_EMIT pagesRequested(searched.start, searched.end); });
    connect(strings, &QAction::triggered, this,
            [this, searched] { Q_EMIT stringsRequested(searched.start, searched.end); });
}

void MapTree::fillColumnMenu(QMenu* menu) {
    addMapNameActions(menu, m_model->columnNames(), [this](ColumnNames names) {
        usePreset(names);
        Q_EMIT columnNamesChanged(names);
    });
    connect(menu->addAction(tr("Columns as at First")), &QAction::triggered, this,
            &MapTree::resetColumns);
    menu->addSeparator();
    addMapColumnActions(menu, m_view->header(), kMapFirstNumberColumn);
}

void MapTree::setByteScale(ByteScale scale) {
    m_model->setByteScale(scale);
}

void MapTree::setColumnNames(ColumnNames names) {
    m_model->setColumnNames(names);
}

void MapTree::usePreset(ColumnNames names) {
    setColumnNames(names);
    showNumbersOf(names);
}

void MapTree::showNumbersOf(ColumnNames names) {
    for (int column = 0; column < m_model->columnCount(); ++column) {
        if (const MapColumn* const number = mapNumberColumn(column)) {
            m_view->setColumnHidden(column, !isInMapPreset(*number, names));
        }
    }
}

void MapTree::setColumnShown(int column, bool isShown) {
    m_view->setColumnHidden(column, !isShown);
    updateColumns();
    if (isShown) { // what was asked for is to be seen
        const QHeaderView& header = *m_view->header();
        const int left = header.sectionPosition(column) - header.offset();
        const int over = left + header.sectionSize(column) - m_view->viewport()->width();
        QScrollBar& bar = *m_view->horizontalScrollBar();
        bar.setValue(bar.value() + std::min(left, std::max(0, over)));
    }
}

QByteArray MapTree::columnState() const {
    return mapColumnState(*m_view->header(), m_model->columnNames());
}

void MapTree::restoreColumns(const QByteArray& state) {
    if (const auto names = restoreMapColumnState(m_view->header(), state)) {
        m_isFitted = true;
        setColumnNames(*names);
        updateColumns();
        reportNodes();
    }
}

void MapTree::resetColumns() {
    m_view->header()->restoreState(m_firstColumns);
    m_isFitted = m_model->rowCount() > 0;
    updateColumns();
    reportNodes();
    if (m_isFitted) {
        fitColumns();
    }
}

void MapTree::fitColumns() {
    const QFontMetrics metrics = m_view->fontMetrics();
    const auto room = [&](const QString& text) { return metrics.horizontalAdvance(text) + 16; };
    for (int column = 0; column < m_model->columnCount(); ++column) {
        const QString title =
            m_model->headerData(column, Qt::Horizontal, Qt::DisplayRole).toString();
        // Room for numbers that grow, so that columns need not be widened by hand.
        const int least =
            mapNumberColumn(column) != nullptr ? room(QStringLiteral("+000.0 KiB")) : 0;
        m_view->setColumnWidth(column, std::max(least, room(title)));
    }
    // Also of rows that are not open yet.
    m_view->setColumnWidth(kMapAddressColumn,
                           room(QStringLiteral("000000000000")) + 3 * m_view->indentation());
    m_view->setColumnWidth(kMapTypeColumn, room(QStringLiteral("Managed Heap")) + 20); // the chip
    m_view->setColumnWidth(kMapChangeColumn, room(QStringLiteral("appeared")) + 16);
    m_view->setColumnWidth(mapNodesColumn(), room(QStringLiteral("N0 000 MiB, N1 000 MiB")));
    // What does not fit loses its beginning.
    m_view->setColumnWidth(mapDetailsColumn(), 38 * metrics.averageCharWidth());
}

QString MapTree::copied(CopiedRows rows, CopyFormat format) const {
    const QHeaderView* header = m_view->header();
    std::vector<int> columns;
    QStringList heads = {tr("Row")};
    for (int visual = 0; visual < header->count(); ++visual) {
        const int column = header->logicalIndex(visual);
        if (!m_view->isColumnHidden(column)) {
            columns.push_back(column);
            heads << m_model->copiedTitle(column);
        }
    }
    QString text = copyLine(heads, format);
    const QItemSelectionModel* selection = m_view->selectionModel();
    const auto addRow = [&](const QModelIndex& row) {
        if (rows == CopiedRows::selected && !selection->isSelected(row)) {
            return;
        }
        QStringList cells = {MapTreeModel::arePages(row)     ? tr("pages")
                             : m_model->itemAt(row).isObject ? tr("object")
                                                             : tr("mapping")};
        for (const int column : columns) {
            cells << m_model->exactText(row.siblingAtColumn(column));
        }
        text += copyLine(cells, format);
    };
    const std::function<void(const QModelIndex&)> addBelow = [&](const QModelIndex& parent) {
        for (int child = 0; child < m_model->rowCount(parent); ++child) {
            const QModelIndex index = m_model->index(child, 0, parent);
            addRow(index);
            if (m_view->isExpanded(index)) {
                addBelow(index);
            }
        }
    };
    addBelow({});
    return text;
}

} // namespace ringscope
