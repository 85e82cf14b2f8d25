// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/map/map_tree_model.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "widgets/map/map_cell_delegate.h"
#include "widgets/map/map_cells.h"

namespace ringscope {

namespace {

// internalId of an index: what kind of row it is, in the lowest two bits, and the number of the
// object's row, or for pages their place in m_pages.
// Spread out, because Qt keeps persistent indices in an open hash by row * 16 + column +
// internalId: with dense numbers, or the same for all, selecting 20,000 rows takes minutes.
constexpr quintptr kIdSpread = 61;

constexpr quintptr kTop = 0;     // an object
constexpr quintptr kBelow = 1;   // a region of one
constexpr quintptr kOfPages = 2; // pages of a region

constexpr quintptr idOf(quintptr kind, std::size_t number) {
    return number * kIdSpread * 4 + kind;
}
constexpr quintptr idOfTop(int row) {
    return idOf(kTop, static_cast<std::size_t>(row));
}
constexpr quintptr idBelow(int top) {
    return idOf(kBelow, static_cast<std::size_t>(top));
}
constexpr quintptr kindOfId(quintptr id) {
    return id % 4;
}
constexpr bool isTopId(quintptr id) {
    return kindOfId(id) == kTop;
}
constexpr std::size_t numberOfId(quintptr id) {
    return id / (kIdSpread * 4);
}
constexpr int topOfId(quintptr id) {
    return static_cast<int>(numberOfId(id));
}

QString fromStdView(std::string_view text) {
    return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size()));
}

// What a row is, beyond the map that it is of.
struct RowIdentity {
    std::string key; // of the object
    std::optional<std::uint64_t> start;
    bool isRegion = false;
};

RowIdentity identityOf(const MapItems& items, MapItem item) {
    const std::uint32_t object = item.isObject ? item.index : items.objectOf(item.index);
    return {items.objectKey(object), items.startOf(item), !item.isObject};
}

// Finds rows again in another map. Built once for many look-ups.
class RowFinder {
public:
    RowFinder(const MapItems& items, const MapRows& rows)
        : m_items(items) {
        for (const MapRows::Top& top : rows.tops) {
            m_objects.emplace(items.objectKey(top.object), top.object);
        }
        m_regions.reserve(items.regionCount());
        for (std::uint32_t region = 0; region < items.regionCount(); ++region) {
            m_regions.emplace_back(items.regionAt(region).start, region);
        }
        std::sort(m_regions.begin(), m_regions.end());
    }

    [[nodiscard]] std::optional<MapItem> find(const RowIdentity& identity) const {
        if (identity.isRegion && identity.start) {
            const auto region = lastFrom(*identity.start);
            return region && m_items.regionAt(*region).start == *identity.start
                       ? std::optional(MapItem{false, *region})
                       : std::nullopt;
        }
        const auto object = m_objects.find(identity.key);
        if (object != m_objects.end()) {
            return MapItem{true, object->second};
        }
        // An unnamed stretch is named by its start, which moves when it grows downwards.
        const auto region = identity.start ? lastFrom(*identity.start) : std::nullopt;
        return region && *identity.start < m_items.regionAt(*region).end
                   ? std::optional(MapItem{true, m_items.objectOf(*region)})
                   : std::nullopt;
    }

private:
    // The last region that starts at the address or below.
    [[nodiscard]] std::optional<std::uint32_t> lastFrom(std::uint64_t address) const {
        const auto after =
            std::upper_bound(m_regions.begin(), m_regions.end(), std::pair(address, UINT32_MAX));
        return after != m_regions.begin() ? std::optional(std::prev(after)->second) : std::nullopt;
    }

    const MapItems& m_items;
    std::unordered_map<std::string, std::uint32_t> m_objects;
    std::vector<std::pair<std::uint64_t, std::uint32_t>> m_regions; // sorted by start
};

bool isSameProcess(const MapSnapshot* a, const MapSnapshot* b) {
    if (a == nullptr || b == nullptr) {
        return false;
    }
    const ProcessIdentity& one = a->space.process;
    const ProcessIdentity& other = b->space.process;
    return a->origin == b->origin && one.pid == other.pid && one.startTicks == other.startTicks;
}

} // namespace

MapTreeModel::MapTreeModel(QObject* parent)
    : QAbstractItemModel(parent) {}

void MapTreeModel::setSnapshot(MapSnapshotPtr snapshot) {
    replace(MapItems(std::move(snapshot)));
}

void MapTreeModel::setDifference(std::shared_ptr<const MapDifference> difference,
                                 MapSnapshotPtr before, MapSnapshotPtr after) {
    replace(MapItems(std::move(difference), std::move(before), std::move(after)));
}

void MapTreeModel::replace(MapItems items) {
    if (isSameProcess(m_items.snapshot(), items.snapshot())) {
        rearrange([&] {
            m_items = std::move(items);
            findPagesAgain();
        });
        return;
    }
    beginResetModel();
    m_items = std::move(items);
    m_pages.clear();
    m_rows = arrangeMapRows(m_items, m_filter, m_sort);
    endResetModel();
}

// The mappings of which pages were read, in another map.
void MapTreeModel::findPagesAgain() {
    for (OpenedPages& pages : m_pages) {
        const auto region = m_items.isDifference()
                                ? std::nullopt
                                : m_items.regionContaining(pages.rows.range.start);
        const bool isSame = region && m_items.regionAt(*region).start == pages.rows.range.start &&
                            m_items.regionAt(*region).end == pages.rows.range.end;
        pages.region = isSame ? region : std::nullopt;
        pages.isWanted = false;
    }
}

std::optional<std::size_t> MapTreeModel::pagesOf(const QModelIndex& index) const {
    const auto region = arePages(index) ? std::nullopt : regionOf(index);
    for (std::size_t i = 0; region && i < m_pages.size(); ++i) {
        if (m_pages[i].region == region) {
            return i;
        }
    }
    return std::nullopt;
}

const MapPageRows& MapTreeModel::pageRowsAt(const QModelIndex& index) const {
    return m_pages[numberOfId(index.internalId())].rows;
}

bool MapTreeModel::arePages(const QModelIndex& index) {
    return index.isValid() && kindOfId(index.internalId()) == kOfPages;
}

void MapTreeModel::setPages(MapPageRows pages) {
    const auto opened = std::find_if(m_pages.begin(), m_pages.end(), [&](const OpenedPages& other) {
        return other.region && other.rows.range == pages.range;
    });
    if (opened == m_pages.end()) {
        return; // it is another mapping by now
    }
    opened->isWanted = false;
    if (opened->rows == pages || pages.runs.empty()) {
        return;
    }
    const QModelIndex above = indexOfRegion(*opened->region);
    const auto rowsOf = [](const MapPageRows& rows) { return static_cast<int>(rows.runs.size()); };
    if (!above.isValid()) { // filtered away
        opened->rows = std::move(pages);
        return;
    }
    const int before = rowsOf(opened->rows);
    const int after = rowsOf(pages);
    if (after < before) {
        beginRemoveRows(above, after, before - 1);
        opened->rows.runs.resize(pages.runs.size());
        endRemoveRows();
    } else if (after > before) {
        beginInsertRows(above, before, after - 1);
        opened->rows = std::move(pages);
        endInsertRows();
    }
    if (after <= before) {
        opened->rows = std::move(pages);
    }
    if (const int kept = std::min(before, after); kept > 0) {
        Q_EMIT dataChanged(index(0, 0, above), index(kept - 1, columnCount() - 1, above));
    }
}

void MapTreeModel::setFilter(const MapRowFilter& filter) {
    rearrange([&] { m_filter = filter; });
}

void MapTreeModel::sort(int column, Qt::SortOrder order) {
    rearrange([&] { m_sort = {column, order == Qt::DescendingOrder}; });
}

// As a sorting proxy does it: one change of layout, in which the indices that somebody holds go
// where their rows went, or become invalid.
void MapTreeModel::rearrange(const std::function<void()>& change) {
    Q_EMIT layoutAboutToBeChanged();
    const QModelIndexList held = persistentIndexList();
    std::vector<RowIdentity> identities;
    identities.reserve(static_cast<std::size_t>(held.size()));
    for (const QModelIndex& index : held) {
        identities.push_back(arePages(index) ? RowIdentity{} : identityOf(m_items, itemAt(index)));
    }
    change();
    m_rows = arrangeMapRows(m_items, m_filter, m_sort);
    if (!held.isEmpty()) {
        const RowFinder finder(m_items, m_rows);
        QModelIndexList moved;
        moved.reserve(held.size());
        for (std::size_t i = 0; i < identities.size(); ++i) {
            const QModelIndex& was = held[static_cast<qsizetype>(i)];
            const int column = was.column();
            if (arePages(was)) {
                const auto& region = m_pages[numberOfId(was.internalId())].region;
                moved << (region && indexOfRegion(*region).isValid() ? was : QModelIndex());
                continue;
            }
            const std::optional<MapItem> item = finder.find(identities[i]);
            if (!item) {
                moved << QModelIndex();
            } else if (item->isObject) {
                const int row = m_rows.topOf[item->index];
                moved << (row >= 0 ? createIndex(row, column, idOfTop(row)) : QModelIndex());
            } else {
                moved << indexOfRegion(item->index, column);
            }
        }
        changePersistentIndexList(held, moved);
    }
    Q_EMIT layoutChanged();
}

void MapTreeModel::setByteScale(ByteScale scale) {
    if (scale == m_scale) {
        return;
    }
    // Views ask again for what they show, also below the objects, which dataChanged cannot span.
    Q_EMIT layoutAboutToBeChanged();
    m_scale = scale;
    Q_EMIT layoutChanged();
}

void MapTreeModel::setColumnNames(ColumnNames names) {
    if (names != m_names) {
        m_names = names;
        Q_EMIT headerDataChanged(Qt::Horizontal, 0, columnCount() - 1);
    }
}

MapItem MapTreeModel::itemAt(const QModelIndex& index) const {
    const auto row = static_cast<std::size_t>(index.row());
    if (arePages(index)) {
        return {false, m_pages[numberOfId(index.internalId())].region.value_or(0)};
    }
    if (isTopId(index.internalId())) {
        return {true, m_rows.tops[row].object};
    }
    const MapRows::Top& top = m_rows.tops[static_cast<std::size_t>(topOfId(index.internalId()))];
    return {false, m_rows.children[top.firstChild + row]};
}

std::optional<std::uint32_t> MapTreeModel::regionOf(const QModelIndex& index) const {
    const MapItem item = itemAt(index);
    return item.isObject ? m_items.soleRegion(item.index) : std::optional(item.index);
}

QModelIndex MapTreeModel::indexOfRegion(std::uint32_t region, int column) const {
    const int top = m_rows.topOf[m_items.objectOf(region)];
    if (top < 0) {
        return {};
    }
    if (m_items.soleRegion(m_items.objectOf(region))) {
        return createIndex(top, column, idOfTop(top));
    }
    const int child = m_rows.childOf[region];
    return child >= 0 ? createIndex(child, column, idBelow(top)) : QModelIndex();
}

QModelIndex MapTreeModel::index(int row, int column, const QModelIndex& parent) const {
    if (!hasIndex(row, column, parent)) {
        return {};
    }
    if (const auto pages = parent.isValid() ? pagesOf(parent) : std::nullopt) {
        return createIndex(row, column, idOf(kOfPages, *pages));
    }
    return createIndex(row, column, parent.isValid() ? idBelow(parent.row()) : idOfTop(row));
}

QModelIndex MapTreeModel::parent(const QModelIndex& child) const {
    if (!child.isValid() || isTopId(child.internalId())) {
        return {};
    }
    if (arePages(child)) {
        return indexOfRegion(m_pages[numberOfId(child.internalId())].region.value_or(0));
    }
    const int top = topOfId(child.internalId());
    return createIndex(top, 0, idOfTop(top));
}

int MapTreeModel::rowCount(const QModelIndex& parent) const {
    if (!parent.isValid()) {
        return static_cast<int>(m_rows.tops.size());
    }
    if (parent.column() != 0 || arePages(parent)) {
        return 0;
    }
    if (const auto pages = pagesOf(parent)) {
        return static_cast<int>(m_pages[*pages].rows.runs.size());
    }
    if (!isTopId(parent.internalId())) {
        return 0;
    }
    return static_cast<int>(m_rows.tops[static_cast<std::size_t>(parent.row())].childCount);
}

int MapTreeModel::columnCount(const QModelIndex&) const {
    return mapTreeColumnCount();
}

bool MapTreeModel::hasChildren(const QModelIndex& parent) const {
    return rowCount(parent) > 0 || canFetchMore(parent);
}

// Not that of pages that are on their way: the row would close again.
bool MapTreeModel::canFetchMore(const QModelIndex& parent) const {
    if (!m_arePagesOffered || m_items.isDifference() || !parent.isValid() || parent.column() != 0 ||
        arePages(parent) || !regionOf(parent)) {
        return false;
    }
    const auto pages = pagesOf(parent);
    return !pages || m_pages[*pages].rows.runs.empty();
}

void MapTreeModel::fetchMore(const QModelIndex& parent) {
    if (!canFetchMore(parent)) {
        return;
    }
    const std::uint32_t region = *regionOf(parent);
    const MemoryRegion& range = m_items.regionAt(region);
    const auto pages = pagesOf(parent);
    if (pages && m_pages[*pages].isWanted) {
        return;
    }
    if (!pages) {
        OpenedPages opened;
        opened.rows.range = {range.start, range.end};
        opened.region = region;
        m_pages.push_back(std::move(opened));
    }
    m_pages[pages.value_or(m_pages.size() - 1)].isWanted = true;
    Q_EMIT pagesWanted(range.start, range.end);
}

Qt::ItemFlags MapTreeModel::flags(const QModelIndex& index) const {
    Qt::ItemFlags flags = QAbstractItemModel::flags(index);
    if (arePages(index) ||
        (index.isValid() && !m_arePagesOffered && !isTopId(index.internalId()))) {
        flags |= Qt::ItemNeverHasChildren;
    }
    return flags;
}

QString MapTreeModel::displayText(MapItem item, int column) const {
    if (const MapColumn* number = mapNumberColumn(column)) {
        const std::optional<std::int64_t> amount = m_items.amountOf(item, *number);
        return m_items.isDifference() ? mapChangeText(*number, amount, m_scale)
                                      : mapAmountText(*number, amount, m_scale);
    }
    if (column == kMapAddressColumn) {
        const std::optional<std::uint64_t> start = m_items.startOf(item);
        return start ? addressText(*start) : QString();
    }
    if (column == kMapTypeColumn) {
        return fromStdView(memoryTypeName(m_items.typeOf(item)));
    }
    if (column == kMapChangeColumn) {
        return fromStdView(mapChangeName(m_items.changeOf(item)));
    }
    if (column == mapProtectionColumn()) {
        const MemoryRegion* region = m_items.protectedAs(item);
        return region != nullptr ? QString::fromStdString(protectionCode(*region)) : QString();
    }
    if (column == mapNodesColumn()) {
        return QString::fromStdString(memoryNodesText(m_items.nodesOf(item)));
    }
    return QString::fromStdString(m_items.detailsOf(item));
}

QString MapTreeModel::toolTip(MapItem item, int column) const {
    if (const MapColumn* number = mapNumberColumn(column)) {
        const std::optional<std::int64_t> amount = m_items.amountOf(item, *number);
        if (!amount || !m_items.isDifference()) {
            return mapExactWords(*number, amount);
        }
        return mapBeforeAfterText(
            *number, static_cast<std::int64_t>(number->value(m_items.sumsBefore(item))),
            static_cast<std::int64_t>(number->value(m_items.sumsAfter(item))), m_scale);
    }
    if (column == kMapAddressColumn) {
        const std::optional<std::uint64_t> start = m_items.startOf(item);
        return start ? tr("%1 to %2").arg(addressText(*start), addressText(m_items.endOf(item)))
                     : tr("Its mappings are scattered: open the row to see where.");
    }
    if (column == mapProtectionColumn()) {
        const MemoryRegion* region = m_items.protectedAs(item);
        return region != nullptr ? QString::fromStdString(protectionWords(*region))
                                 : tr("Its mappings differ: open the row to see how.");
    }
    if (column == mapNodesColumn() && !(m_items.snapshot() && m_items.snapshot()->nodes)) {
        return tr("Was not read with this map.");
    }
    return displayText(item, column);
}

int MapTreeModel::signOf(MapItem item, int column) const {
    if (!m_items.isDifference()) {
        return 0;
    }
    if (const MapColumn* number = mapNumberColumn(column)) {
        const std::int64_t amount = m_items.amountOf(item, *number).value_or(0);
        return amount > 0 ? 1 : amount < 0 ? -1 : 0;
    }
    if (column != kMapChangeColumn) {
        return 0;
    }
    switch (m_items.changeOf(item)) {
    case MapChange::appeared:
    case MapChange::grown:
        return 1;
    case MapChange::vanished:
    case MapChange::shrunk:
        return -1;
    case MapChange::same:
    case MapChange::changed:
        break;
    }
    return 0;
}

QVariant MapTreeModel::data(const QModelIndex& index, int role) const {
    if (!checkIndex(index, CheckIndexOption::IndexIsValid)) {
        return {};
    }
    if (arePages(index)) {
        const auto row = static_cast<std::size_t>(index.row());
        switch (role) {
        case Qt::DisplayRole:
            return pageCellText(pageRowsAt(index), row, index.column(), m_scale);
        case Qt::TextAlignmentRole:
            return headerData(index.column(), Qt::Horizontal, role);
        default:
            return {};
        }
    }
    const MapItem item = itemAt(index);
    switch (role) {
    case Qt::DisplayRole:
        return displayText(item, index.column());
    case Qt::ToolTipRole: {
        const QString text = toolTip(item, index.column());
        return text.isEmpty() ? QVariant() : QVariant(text);
    }
    case Qt::TextAlignmentRole:
        return headerData(index.column(), Qt::Horizontal, role);
    case kMapTypeRole:
        return index.column() == kMapTypeColumn ? QVariant(static_cast<int>(m_items.typeOf(item)))
                                                : QVariant();
    case kMapSignRole:
        return signOf(item, index.column());
    default:
        return {};
    }
}

QVariant MapTreeModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal || section < 0 || section >= columnCount()) {
        return {};
    }
    const MapColumn* number = mapNumberColumn(section);
    if (role == Qt::TextAlignmentRole) {
        return static_cast<int>((number != nullptr ? Qt::AlignRight : Qt::AlignLeft) |
                                Qt::AlignVCenter);
    }
    if (role == Qt::InitialSortOrderRole) { // of numbers the largest are looked for
        return static_cast<int>(number != nullptr ? Qt::DescendingOrder : Qt::AscendingOrder);
    }
    if (role == Qt::ToolTipRole) {
        if (section == mapNodesColumn()) {
            return tr("On which nodes of the machine the pages are. Read while this column is "
                      "shown: it takes about as long as the map itself.\nFrom: numa_maps");
        }
        return number != nullptr ? QVariant(mapColumnHelp(*number)) : QVariant();
    }
    if (role != Qt::DisplayRole) {
        return {};
    }
    if (number != nullptr) {
        return mapColumnTitle(*number, m_names);
    }
    switch (section) {
    case kMapAddressColumn:
        return tr("Address");
    case kMapTypeColumn:
        return tr("Type");
    case kMapChangeColumn:
        return tr("Change");
    default:
        return section == mapProtectionColumn() ? tr("Protection")
               : section == mapNodesColumn()    ? tr("NUMA")
                                                : tr("Details");
    }
}

QString MapTreeModel::copiedTitle(int column) const {
    const MapColumn* number = mapNumberColumn(column);
    return number != nullptr ? mapColumnHead(*number, m_names)
                             : headerData(column, Qt::Horizontal, Qt::DisplayRole).toString();
}

QString MapTreeModel::exactText(const QModelIndex& index) const {
    if (arePages(index)) {
        return pageExactText(pageRowsAt(index), static_cast<std::size_t>(index.row()),
                             index.column());
    }
    const MapItem item = itemAt(index);
    const MapColumn* number = mapNumberColumn(index.column());
    if (index.column() == mapNodesColumn()) {
        return QString::fromStdString(memoryNodesField(m_items.nodesOf(item)));
    }
    return number != nullptr ? mapExactText(m_items.amountOf(item, *number))
                             : displayText(item, index.column());
}

} // namespace ringscope
