// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/tables/table_model.h"

#include <QSet>

#include "widgets/tables/cell_text.h"

namespace ringscope {

TableModel::TableModel(std::vector<TableColumn> columns, QObject* parent)
    : QAbstractTableModel(parent)
    , m_columns(std::move(columns)) {}

int TableModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}

int TableModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_columns.size());
}

QVariant TableModel::data(const QModelIndex& index, int role) const {
    if (!checkIndex(index, CheckIndexOption::IndexIsValid)) {
        return {};
    }
    const TableColumn& column = m_columns[static_cast<std::size_t>(index.column())];
    const TableCell& cell = m_rows[static_cast<std::size_t>(index.row())]
                                .cells[static_cast<std::size_t>(index.column())];
    switch (role) {
    case Qt::DisplayRole:
        return cellText(column, cell, m_scale);
    case Qt::TextAlignmentRole:
        return static_cast<int>((column.kind == ColumnKind::text ? Qt::AlignLeft : Qt::AlignRight) |
                                Qt::AlignVCenter);
    case Qt::ToolTipRole:
        return cell.help.isEmpty() ? QVariant() : QVariant(cell.help);
    case kSortRole:
        return std::isnan(cell.number) ? QVariant(cell.text) : QVariant(cell.number);
    default:
        return {};
    }
}

QVariant TableModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal || section < 0 || section >= columnCount()) {
        return {};
    }
    const TableColumn& column = m_columns[static_cast<std::size_t>(section)];
    switch (role) {
    case Qt::DisplayRole:
        return column.title;
    case Qt::ToolTipRole:
        return column.help.isEmpty() ? QVariant() : QVariant(column.help);
    case Qt::TextAlignmentRole:
        return static_cast<int>((column.kind == ColumnKind::text ? Qt::AlignLeft : Qt::AlignRight) |
                                Qt::AlignVCenter);
    default:
        return {};
    }
}

void TableModel::setByteScale(ByteScale scale) {
    if (scale == m_scale) {
        return;
    }
    m_scale = scale;
    if (!m_rows.empty()) {
        Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, columnCount() - 1),
                           {Qt::DisplayRole});
    }
}

void TableModel::removeMissing(const std::vector<TableRow>& rows) {
    QSet<QString> wanted;
    for (const TableRow& row : rows) {
        wanted.insert(row.key);
    }
    for (int last = rowCount() - 1; last >= 0; --last) {
        if (wanted.contains(m_rows[static_cast<std::size_t>(last)].key)) {
            continue;
        }
        int first = last;
        while (first > 0 && !wanted.contains(m_rows[static_cast<std::size_t>(first - 1)].key)) {
            --first;
        }
        beginRemoveRows({}, first, last);
        m_rows.erase(m_rows.begin() + first, m_rows.begin() + last + 1);
        endRemoveRows();
        last = first;
    }
}

// Whether the rows we have come in the same order among the new ones.
bool TableModel::keepsOrder(const std::vector<TableRow>& rows) const {
    std::size_t next = 0;
    for (const TableRow& row : rows) {
        if (next < m_rows.size() && m_rows[next].key == row.key) {
            ++next;
        }
    }
    return next == m_rows.size();
}

void TableModel::insertNew(const std::vector<TableRow>& rows) {
    for (std::size_t at = 0; at < rows.size();) {
        std::size_t end = at;
        while (end < rows.size() && (at >= m_rows.size() || m_rows[at].key != rows[end].key)) {
            ++end;
        }
        if (end > at) {
            beginInsertRows({}, static_cast<int>(at), static_cast<int>(end) - 1);
            m_rows.insert(m_rows.begin() + static_cast<std::ptrdiff_t>(at),
                          rows.begin() + static_cast<std::ptrdiff_t>(at),
                          rows.begin() + static_cast<std::ptrdiff_t>(end));
            endInsertRows();
        }
        at = end + 1;
    }
}

void TableModel::replaceChanged(std::vector<TableRow> rows) {
    for (std::size_t row = 0; row < rows.size(); ++row) {
        int first = -1;
        int last = -1;
        for (std::size_t column = 0; column < m_columns.size(); ++column) {
            if (!(rows[row].cells[column] == m_rows[row].cells[column])) {
                first = first < 0 ? static_cast<int>(column) : first;
                last = static_cast<int>(column);
            }
        }
        m_rows[row] = std::move(rows[row]);
        if (first >= 0) {
            Q_EMIT dataChanged(index(static_cast<int>(row), first),
                               index(static_cast<int>(row), last));
        }
    }
}

void TableModel::setRows(std::vector<TableRow> rows) {
    removeMissing(rows);
    if (!keepsOrder(rows)) {
        beginResetModel();
        m_rows = std::move(rows);
        endResetModel();
        return;
    }
    insertNew(rows);
    replaceChanged(std::move(rows));
}

} // namespace ringscope
