// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/heap/call_tree_model.h"

#include <algorithm>

#include "widgets/heap/heap_text.h"

namespace ringscope {

namespace {

bool contains(const std::string& where, const QString& what) {
    return QString::fromStdString(where).contains(what, Qt::CaseInsensitive);
}

} // namespace

CallTreeModel::CallTreeModel(QObject* parent)
    : QAbstractItemModel(parent) {}

void CallTreeModel::setTree(std::shared_ptr<const CallTree> tree) {
    beginResetModel();
    m_tree = std::move(tree);
    m_rows.clear();
    m_rowOf.clear();
    const QString text = m_text;
    m_text.clear();
    endResetModel();
    setFindText(text);
}

void CallTreeModel::setMeasure(HeapMeasure measure) {
    m_measure = measure;
    if (m_sortColumn == shareColumn) {
        sort(m_sortColumn, m_order);
    }
    Q_EMIT headerDataChanged(Qt::Horizontal, shareColumn, shareColumn);
}

void CallTreeModel::setByteScale(ByteScale scale) {
    m_scale = scale;
    Q_EMIT layoutAboutToBeChanged(); // every text
    Q_EMIT layoutChanged();
}

void CallTreeModel::setFindText(const QString& text) {
    m_text = text.trimmed();
    m_isMatch.clear();
    if (m_tree != nullptr && !m_text.isEmpty()) {
        for (const CallFunction& function : m_tree->functions()) {
            m_isMatch.push_back(contains(function.name, m_text) ||
                                contains(function.file, m_text) ||
                                contains(function.module, m_text));
        }
        m_isMatch.front() = 0;
    }
    Q_EMIT layoutAboutToBeChanged(); // every mark
    Q_EMIT layoutChanged();
}

bool CallTreeModel::isMatch(std::uint32_t node) const {
    return !m_isMatch.empty() && m_isMatch[m_tree->nodes()[node].function] != 0;
}

std::uint32_t CallTreeModel::nextMatch(std::uint32_t behind) const {
    if (m_isMatch.empty()) {
        return 0;
    }
    // As the rows come: depth first, in their order.
    std::uint32_t first = 0;
    bool isBehind = behind == 0;
    std::vector<std::uint32_t> left(rowsOf(0).rbegin(), rowsOf(0).rend());
    while (!left.empty()) {
        const std::uint32_t node = left.back();
        left.pop_back();
        if (isMatch(node) && node != behind) {
            if (isBehind) {
                return node;
            }
            first = first == 0 ? node : first;
        }
        isBehind = isBehind || node == behind;
        const auto& rows = rowsOf(node);
        left.insert(left.end(), rows.rbegin(), rows.rend());
    }
    return first;
}

bool CallTreeModel::isBefore(std::uint32_t a, std::uint32_t b) const {
    const auto& nodes = m_tree->nodes();
    const bool isDown = m_order == Qt::DescendingOrder;
    if (m_sortColumn == functionColumn) {
        const int order = m_tree->functionOf(a).name.compare(m_tree->functionOf(b).name);
        return isDown ? order > 0 : order < 0;
    }
    if (m_sortColumn == placeColumn) {
        const int order = placeText(m_tree->functionOf(a), nodes[a].line)
                              .compare(placeText(m_tree->functionOf(b), nodes[b].line));
        return isDown ? order > 0 : order < 0;
    }
    const HeapMeasure measure =
        m_sortColumn == shareColumn
            ? m_measure
            : kMeasures.at(static_cast<std::size_t>(m_sortColumn - firstValueColumn));
    const std::uint64_t valueA = nodes[a].total[measure];
    const std::uint64_t valueB = nodes[b].total[measure];
    return isDown ? valueA > valueB : valueA < valueB;
}

const std::vector<std::uint32_t>& CallTreeModel::rowsOf(std::uint32_t node) const {
    const auto [it, isNew] = m_rows.try_emplace(node);
    if (isNew && m_tree != nullptr) {
        const auto children = m_tree->childrenOf(node);
        it->second.assign(children.begin(), children.end());
        std::stable_sort(it->second.begin(), it->second.end(),
                         [this](std::uint32_t a, std::uint32_t b) { return isBefore(a, b); });
        for (std::size_t row = 0; row < it->second.size(); ++row) {
            m_rowOf[it->second[row]] = static_cast<int>(row);
        }
    }
    return it->second;
}

std::uint32_t CallTreeModel::nodeAt(const QModelIndex& index) const {
    return index.isValid() ? static_cast<std::uint32_t>(index.internalId()) : 0;
}

QModelIndex CallTreeModel::indexOf(std::uint32_t node, int column) const {
    if (node == 0 || m_tree == nullptr || node >= m_tree->nodes().size()) {
        return {};
    }
    (void)rowsOf(m_tree->nodes()[node].parent);
    return createIndex(m_rowOf.at(node), column, quintptr{node});
}

QModelIndex CallTreeModel::index(int row, int column, const QModelIndex& parent) const {
    const auto& rows = rowsOf(nodeAt(parent));
    if (row < 0 || column < 0 || column >= columns ||
        static_cast<std::size_t>(row) >= rows.size()) {
        return {};
    }
    return createIndex(row, column, quintptr{rows[static_cast<std::size_t>(row)]});
}

QModelIndex CallTreeModel::parent(const QModelIndex& child) const {
    const std::uint32_t node = nodeAt(child);
    return node == 0 ? QModelIndex() : indexOf(m_tree->nodes()[node].parent);
}

int CallTreeModel::rowCount(const QModelIndex& parent) const {
    if (m_tree == nullptr || parent.column() > 0) {
        return 0;
    }
    return static_cast<int>(m_tree->nodes()[nodeAt(parent)].childCount);
}

int CallTreeModel::columnCount(const QModelIndex& /*parent*/) const {
    return columns;
}

QString CallTreeModel::displayText(std::uint32_t node, int column) const {
    const CallTree::Node& at = m_tree->nodes()[node];
    if (column == functionColumn) {
        return shortName(m_tree->functionOf(node).name);
    }
    if (column == shareColumn) {
        return shareText(at.total[m_measure], m_tree->nodes()[0].total[m_measure]);
    }
    if (column == placeColumn) {
        return placeText(m_tree->functionOf(node), at.line);
    }
    const HeapMeasure measure = kMeasures.at(static_cast<std::size_t>(column - firstValueColumn));
    return valueText(measure, at.total[measure], m_scale);
}

QVariant CallTreeModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid() || m_tree == nullptr) {
        return {};
    }
    const std::uint32_t node = nodeAt(index);
    switch (role) {
    case Qt::DisplayRole:
        return displayText(node, index.column());
    case Qt::TextAlignmentRole:
        return index.column() == functionColumn || index.column() == placeColumn
                   ? QVariant(Qt::AlignLeft | Qt::AlignVCenter)
                   : QVariant(Qt::AlignRight | Qt::AlignVCenter);
    case Qt::ToolTipRole: {
        const CallFunction& function = m_tree->functionOf(node);
        if (index.column() == placeColumn) {
            return QString::fromStdString(function.file.empty() ? function.module : function.file);
        }
        return index.column() == functionColumn
                   ? QStringLiteral("<p style='white-space:normal'>%1</p>")
                         .arg(QString::fromStdString(function.name).toHtmlEscaped())
                   : QVariant();
    }
    case shareRole: {
        const std::uint64_t whole = m_tree->nodes()[0].total[m_measure];
        return whole == 0 ? 0.0
                          : static_cast<double>(m_tree->nodes()[node].total[m_measure]) /
                                static_cast<double>(whole);
    }
    case matchRole:
        return isMatch(node);
    default:
        return {};
    }
}

QVariant CallTreeModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal) {
        return {};
    }
    if (role == Qt::TextAlignmentRole) {
        return section == functionColumn || section == placeColumn
                   ? QVariant(Qt::AlignLeft | Qt::AlignVCenter)
                   : QVariant(Qt::AlignRight | Qt::AlignVCenter);
    }
    if (role != Qt::DisplayRole && role != Qt::ToolTipRole) {
        return {};
    }
    const bool isText = role == Qt::DisplayRole;
    if (section == functionColumn) {
        return isText ? tr("Function") : tr("A function, and below it those on the next frame");
    }
    if (section == shareColumn) {
        return isText ? tr("Share") : tr("Of the whole: %1").arg(measureName(m_measure).toLower());
    }
    if (section == placeColumn) {
        return isText ? tr("Where") : tr("The source line, or else the file of the code");
    }
    const HeapMeasure measure = kMeasures.at(static_cast<std::size_t>(section - firstValueColumn));
    return isText ? measureName(measure) : measureHelp(measure);
}

void CallTreeModel::sort(int column, Qt::SortOrder order) {
    m_sortColumn = column;
    m_order = order;
    Q_EMIT layoutAboutToBeChanged();
    const QModelIndexList before = persistentIndexList();
    m_rows.clear();
    m_rowOf.clear();
    QModelIndexList after;
    for (const QModelIndex& index : before) {
        after.push_back(indexOf(nodeAt(index), index.column()));
    }
    changePersistentIndexList(before, after);
    Q_EMIT layoutChanged();
}

} // namespace ringscope
