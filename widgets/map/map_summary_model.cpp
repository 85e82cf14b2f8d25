// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/map/map_summary_model.h"

#include <algorithm>
#include <utility>

#include <QFont>

#include "widgets/map/map_cell_delegate.h"
#include "widgets/map/map_cells.h"

namespace ringscope {

namespace {

bool isLast(MemoryType type) {
    return type == MemoryType::pageTable || type == MemoryType::free;
}

MemorySums sumsFor(const MemoryByType& sums, std::optional<MemoryType> type) {
    return type ? sums.of(*type) : sums.regionTotal();
}

} // namespace

MapSummaryModel::MapSummaryModel(QObject* parent)
    : QAbstractTableModel(parent) {}

void MapSummaryModel::setSnapshot(MapSnapshotPtr snapshot) {
    m_snapshot = std::move(snapshot);
    recompute();
}

void MapSummaryModel::setBaseline(MapSnapshotPtr baseline) {
    m_baseline = std::move(baseline);
    recompute();
}

void MapSummaryModel::setEmptyTypesShown(bool isShown) {
    m_areEmptyTypesShown = isShown;
    recompute();
}

void MapSummaryModel::recompute() {
    m_sums = m_snapshot ? m_snapshot->sums() : MemoryByType{};
    m_sumsBefore = m_snapshot && m_baseline ? m_baseline->sums() : MemoryByType{};
    std::vector<std::optional<MemoryType>> rows;
    if (m_snapshot) {
        rows.emplace_back(std::nullopt);
        for (const bool isAtEnd : {false, true}) {
            for (const MemoryType type : kMemoryTypes) {
                const bool isEmpty = m_sums.of(type).size == 0 && m_sumsBefore.of(type).size == 0;
                if (isLast(type) == isAtEnd && (!isEmpty || m_areEmptyTypesShown)) {
                    rows.emplace_back(type);
                }
            }
        }
    }
    if (rows == m_rows) {
        redraw();
        return;
    }
    beginResetModel();
    m_rows = std::move(rows);
    endResetModel();
}

void MapSummaryModel::redraw() {
    if (!m_rows.empty()) {
        Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, columnCount() - 1));
    }
}

void MapSummaryModel::setByteScale(ByteScale scale) {
    m_scale = scale;
    redraw();
}

void MapSummaryModel::setColumnNames(ColumnNames names) {
    m_names = names;
    Q_EMIT headerDataChanged(Qt::Horizontal, 0, columnCount() - 1);
}

std::optional<MemoryType> MapSummaryModel::typeAt(int row) const {
    return m_rows[static_cast<std::size_t>(row)];
}

int MapSummaryModel::rowOf(std::optional<MemoryType> type) const {
    const auto found = std::find(m_rows.begin(), m_rows.end(), type);
    return found == m_rows.end() ? -1 : static_cast<int>(found - m_rows.begin());
}

int MapSummaryModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}

int MapSummaryModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(mapColumns().size()) + 1;
}

const MapColumn& MapSummaryModel::columnAt(int column) {
    return mapColumns()[static_cast<std::size_t>(column - 1)];
}

std::optional<std::int64_t> MapSummaryModel::amountAt(int row, int column) const {
    const MapColumn& number = columnAt(column);
    const bool hasResidency =
        m_snapshot->hasResidency() && (!m_baseline || m_baseline->hasResidency());
    if (number.needsResidency && !hasResidency) {
        return std::nullopt;
    }
    return static_cast<std::int64_t>(number.value(sumsFor(m_sums, typeAt(row)))) -
           static_cast<std::int64_t>(number.value(sumsFor(m_sumsBefore, typeAt(row))));
}

QString MapSummaryModel::typeText(int row) const {
    const std::optional<MemoryType> type = typeAt(row);
    if (!type) {
        return tr("Total");
    }
    const std::string_view name = memoryTypeName(*type);
    return QString::fromUtf8(name.data(), static_cast<qsizetype>(name.size()));
}

QString MapSummaryModel::typeHelp(int row) const {
    const std::optional<MemoryType> type = typeAt(row);
    if (!type) {
        return tr("All mappings, as in the kernel's own sums: without page tables and free address "
                  "space.");
    }
    if (*type == MemoryType::pageTable) {
        return tr("Kernel memory that holds the page tables of this process: in neither its RSS "
                  "nor the total.");
    }
    return *type == MemoryType::free ? tr("Gaps between the mappings, not in the total.")
                                     : QString();
}

QString MapSummaryModel::amountHelp(int row, int column) const {
    const std::optional<std::int64_t> amount = amountAt(row, column);
    if (!amount || !m_baseline) {
        return mapExactWords(columnAt(column), amount);
    }
    const auto of = [&](const MemoryByType& sums) {
        return static_cast<std::int64_t>(columnAt(column).value(sumsFor(sums, typeAt(row))));
    };
    return mapBeforeAfterText(columnAt(column), of(m_sumsBefore), of(m_sums), m_scale);
}

QVariant MapSummaryModel::data(const QModelIndex& index, int role) const {
    if (!checkIndex(index, CheckIndexOption::IndexIsValid)) {
        return {};
    }
    const bool isType = index.column() == kTypeColumn;
    switch (role) {
    case Qt::DisplayRole:
        if (isType) {
            return typeText(index.row());
        }
        return m_baseline ? mapChangeText(columnAt(index.column()),
                                          amountAt(index.row(), index.column()), m_scale)
                          : mapAmountText(columnAt(index.column()),
                                          amountAt(index.row(), index.column()), m_scale);
    case Qt::ToolTipRole: {
        const QString help =
            isType ? typeHelp(index.row()) : amountHelp(index.row(), index.column());
        return help.isEmpty() ? QVariant() : QVariant(help);
    }
    case Qt::TextAlignmentRole:
        return headerData(index.column(), Qt::Horizontal, role);
    case Qt::FontRole: {
        QFont bold;
        bold.setWeight(QFont::DemiBold);
        return typeAt(index.row()) ? QVariant() : QVariant(bold);
    }
    case kMapTypeRole:
        return isType && typeAt(index.row()) ? QVariant(static_cast<int>(*typeAt(index.row())))
                                             : QVariant();
    case kMapSignRole: {
        const std::int64_t amount =
            isType || !m_baseline ? 0 : amountAt(index.row(), index.column()).value_or(0);
        return amount > 0 ? 1 : amount < 0 ? -1 : 0;
    }
    default:
        return {};
    }
}

QVariant MapSummaryModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal || section < 0 || section >= columnCount()) {
        return {};
    }
    const bool isType = section == kTypeColumn;
    switch (role) {
    case Qt::DisplayRole:
        return isType ? tr("Type") : mapColumnTitle(columnAt(section), m_names);
    case Qt::ToolTipRole:
        return isType ? QVariant() : QVariant(mapColumnHelp(columnAt(section)));
    case Qt::TextAlignmentRole:
        return static_cast<int>((isType ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter);
    default:
        return {};
    }
}

QString MapSummaryModel::exactText(const QModelIndex& index) const {
    return index.column() == kTypeColumn ? typeText(index.row())
                                         : mapExactText(amountAt(index.row(), index.column()));
}

QString MapSummaryModel::copiedTitle(int column) const {
    return column == kTypeColumn ? tr("Type") : mapColumnHead(columnAt(column), m_names);
}

} // namespace ringscope
