// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/heap/block_table_model.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "widgets/heap/heap_text.h"

namespace ringscope {
namespace {

QString addressText(std::uint64_t address) {
    return QStringLiteral("0x%1").arg(address, 0, 16);
}

QString placeOf(const HeapBlocks::Site& site) {
    return QString::fromStdString(site.place.substr(site.place.find_last_of('/') + 1));
}

} // namespace

BlockTableModel::BlockTableModel(QObject* parent)
    : QAbstractTableModel(parent) {}

void BlockTableModel::setBlocks(std::shared_ptr<const HeapBlocks> blocks) {
    m_blocks = std::move(blocks);
    arrange();
}

void BlockTableModel::setByteScale(ByteScale scale) {
    m_scale = scale;
    Q_EMIT layoutAboutToBeChanged(); // every text
    Q_EMIT layoutChanged();
}

void BlockTableModel::setFindText(const QString& text) {
    m_text = text.trimmed();
    arrange();
}

void BlockTableModel::arrange() {
    beginResetModel();
    m_rows.clear();
    if (m_blocks != nullptr) {
        std::vector<char> isFound;
        for (const HeapBlocks::Site& site : m_blocks->sites()) {
            isFound.push_back(
                m_text.isEmpty() ||
                QString::fromStdString(site.function).contains(m_text, Qt::CaseInsensitive) ||
                QString::fromStdString(site.place).contains(m_text, Qt::CaseInsensitive));
        }
        const bool isAddress = m_text.startsWith(QStringLiteral("0x"), Qt::CaseInsensitive);
        for (std::uint32_t i = 0; i < m_blocks->rows().size(); ++i) {
            const HeapBlocks::Row& block = m_blocks->rows()[i];
            if (isFound[block.site] != 0 ||
                (isAddress && addressText(block.address).startsWith(m_text, Qt::CaseInsensitive))) {
                m_rows.push_back(i);
            }
        }
        sortRows();
    }
    endResetModel();
}

void BlockTableModel::sortRows() {
    if (m_blocks == nullptr) {
        return;
    }
    const std::vector<HeapBlocks::Row>& rows = m_blocks->rows();
    const std::vector<HeapBlocks::Site>& sites = m_blocks->sites();
    // Texts are compared once for each site, not for each block.
    std::vector<std::uint32_t> order(sites.size());
    std::iota(order.begin(), order.end(), 0U);
    const bool isByPlace = m_sortColumn == placeColumn;
    std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
        return isByPlace ? sites[a].place < sites[b].place : sites[a].function < sites[b].function;
    });
    std::vector<std::uint32_t> rank(sites.size());
    for (std::uint32_t i = 0; i < order.size(); ++i) {
        const auto textOf = [&](std::uint32_t site) -> const std::string& {
            return isByPlace ? sites[site].place : sites[site].function;
        };
        const bool isAsBefore = i > 0 && textOf(order[i]) == textOf(order[i - 1]);
        rank[order[i]] = isAsBefore ? rank[order[i - 1]] : i;
    }
    const auto keyOf = [&](std::uint32_t row) -> std::uint64_t {
        const HeapBlocks::Row& block = rows[row];
        switch (m_sortColumn) {
        case addressColumn:
            return block.address;
        case ageColumn:
            return static_cast<std::uint64_t>(block.ageNs);
        case functionColumn:
        case placeColumn:
            return rank[block.site];
        default:
            return block.bytes;
        }
    };
    std::sort(m_rows.begin(), m_rows.end(), [&](std::uint32_t a, std::uint32_t b) {
        const std::uint64_t one = keyOf(a);
        const std::uint64_t other = keyOf(b);
        if (one != other) {
            return m_order == Qt::AscendingOrder ? one < other : other < one;
        }
        return a < b; // by address
    });
}

const HeapBlocks::Row& BlockTableModel::blockAt(int row) const {
    return m_blocks->rows()[m_rows[static_cast<std::size_t>(row)]];
}

const HeapBlocks::Site& BlockTableModel::siteAt(int row) const {
    return m_blocks->siteOf(blockAt(row));
}

int BlockTableModel::rowOf(std::uint64_t address) const {
    const auto it = std::find_if(m_rows.begin(), m_rows.end(), [&](std::uint32_t row) {
        return m_blocks->rows()[row].address == address;
    });
    return it == m_rows.end() ? -1 : static_cast<int>(it - m_rows.begin());
}

int BlockTableModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}

int BlockTableModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : columns;
}

QString BlockTableModel::displayText(const HeapBlocks::Row& block, int column) const {
    switch (column) {
    case addressColumn:
        return addressText(block.address);
    case sizeColumn:
        return block.bytes == kHugeBlock
                   ? tr("4 GiB or more")
                   : QString::fromStdString(formatBytes(static_cast<double>(block.bytes), m_scale));
    case ageColumn:
        return QString::fromStdString(formatDuration(block.ageNs));
    case functionColumn:
        return shortName(m_blocks->siteOf(block).function);
    default:
        return placeOf(m_blocks->siteOf(block));
    }
}

QVariant BlockTableModel::data(const QModelIndex& index, int role) const {
    if (!checkIndex(index, CheckIndexOption::IndexIsValid)) {
        return {};
    }
    const HeapBlocks::Row& block = blockAt(index.row());
    switch (role) {
    case Qt::DisplayRole:
        return displayText(block, index.column());
    case Qt::TextAlignmentRole:
        return headerData(index.column(), Qt::Horizontal, role);
    case Qt::ToolTipRole:
        if (index.column() == placeColumn) {
            return QString::fromStdString(m_blocks->siteOf(block).place);
        }
        return index.column() == functionColumn
                   ? QStringLiteral("<p style='white-space:normal'>%1</p>")
                         .arg(QString::fromStdString(m_blocks->siteOf(block).function)
                                  .toHtmlEscaped())
                   : QVariant();
    default:
        return {};
    }
}

QVariant BlockTableModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal) {
        return {};
    }
    const bool isNumber = section == sizeColumn || section == ageColumn;
    if (role == Qt::TextAlignmentRole) {
        return static_cast<int>((isNumber ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    }
    if (role != Qt::DisplayRole && role != Qt::ToolTipRole) {
        return {};
    }
    const bool isTitle = role == Qt::DisplayRole;
    switch (section) {
    case addressColumn:
        return isTitle ? tr("Address") : tr("Where the block begins in the process");
    case sizeColumn:
        return isTitle ? tr("Size") : tr("Bytes that were asked for");
    case ageColumn:
        return isTitle ? tr("Age") : tr("How long ago it was allocated");
    case functionColumn:
        return isTitle ? tr("Allocated by")
                       : tr("The innermost function that is not of the C++ standard library. "
                            "Double click: its whole call stack");
    default:
        return isTitle ? tr("Where") : tr("The source line, or else the file of the code");
    }
}

void BlockTableModel::sort(int column, Qt::SortOrder order) {
    m_sortColumn = column;
    m_order = order;
    arrange();
}

} // namespace ringscope
