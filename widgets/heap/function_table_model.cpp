// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/heap/function_table_model.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "widgets/heap/heap_text.h"

namespace ringscope {

FunctionTableModel::FunctionTableModel(QObject* parent)
    : QAbstractTableModel(parent) {}

void FunctionTableModel::setTree(std::shared_ptr<const CallTree> tree) {
    m_tree = std::move(tree);
    arrange();
}

void FunctionTableModel::setMeasure(HeapMeasure measure) {
    m_measure = measure;
    arrange();
    Q_EMIT headerDataChanged(Qt::Horizontal, shareColumn, selfColumn);
}

void FunctionTableModel::setByteScale(ByteScale scale) {
    m_scale = scale;
    Q_EMIT layoutAboutToBeChanged(); // every text
    Q_EMIT layoutChanged();
}

void FunctionTableModel::setFindText(const QString& text) {
    m_text = text.trimmed();
    arrange();
}

void FunctionTableModel::arrange() {
    beginResetModel();
    m_rows.clear();
    const auto isFound = [this](const std::string& where) {
        return QString::fromStdString(where).contains(m_text, Qt::CaseInsensitive);
    };
    const std::size_t count = m_tree != nullptr ? m_tree->functions().size() : 0;
    for (std::size_t i = 1; i < count; ++i) { // 0 stands for all
        const CallFunction& function = m_tree->functions()[i];
        if (function.total[m_measure] != 0 &&
            (m_text.isEmpty() || isFound(function.name) || isFound(function.file) ||
             isFound(function.module))) {
            m_rows.push_back(static_cast<std::uint32_t>(i));
        }
    }
    sortRows();
    endResetModel();
}

void FunctionTableModel::sortRows() {
    if (m_tree == nullptr) {
        return;
    }
    const std::vector<CallFunction>& functions = m_tree->functions();
    const auto isBefore = [&](std::uint32_t one, std::uint32_t other) {
        const CallFunction& a = functions[one];
        const CallFunction& b = functions[other];
        switch (m_sortColumn) {
        case functionColumn:
            return a.name < b.name;
        case placeColumn:
            return std::tie(a.file, a.module, a.line) < std::tie(b.file, b.module, b.line);
        case selfColumn:
            return a.self[m_measure] < b.self[m_measure];
        default:
            return a.total[m_measure] < b.total[m_measure];
        }
    };
    std::stable_sort(m_rows.begin(), m_rows.end(), [&](std::uint32_t a, std::uint32_t b) {
        return m_order == Qt::AscendingOrder ? isBefore(a, b) : isBefore(b, a);
    });
}

const CallFunction& FunctionTableModel::functionAt(int row) const {
    return m_tree->functions()[m_rows[static_cast<std::size_t>(row)]];
}

int FunctionTableModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}

int FunctionTableModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : columns;
}

QString FunctionTableModel::displayText(const CallFunction& function, int column) const {
    switch (column) {
    case functionColumn:
        return shortName(function.name);
    case shareColumn:
        return shareText(function.total[m_measure], m_tree->functions()[0].total[m_measure]);
    case totalColumn:
        return valueText(m_measure, function.total[m_measure], m_scale);
    case selfColumn:
        return valueText(m_measure, function.self[m_measure], m_scale);
    default:
        return placeText(function, function.line);
    }
}

QVariant FunctionTableModel::data(const QModelIndex& index, int role) const {
    if (!checkIndex(index, CheckIndexOption::IndexIsValid)) {
        return {};
    }
    const CallFunction& function = functionAt(index.row());
    switch (role) {
    case Qt::DisplayRole:
        return displayText(function, index.column());
    case Qt::TextAlignmentRole:
        return headerData(index.column(), Qt::Horizontal, role);
    case Qt::ToolTipRole:
        if (index.column() == placeColumn) {
            return QString::fromStdString(function.file.empty() ? function.module : function.file);
        }
        return index.column() == functionColumn
                   ? QStringLiteral("<p style='white-space:normal'>%1</p>")
                         .arg(QString::fromStdString(function.name).toHtmlEscaped())
                   : QVariant();
    case shareRole: {
        const std::uint64_t whole = m_tree->functions()[0].total[m_measure];
        return whole == 0
                   ? 0.0
                   : static_cast<double>(function.total[m_measure]) / static_cast<double>(whole);
    }
    default:
        return {};
    }
}

QVariant FunctionTableModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal) {
        return {};
    }
    const bool isText = section == functionColumn || section == placeColumn;
    if (role == Qt::TextAlignmentRole) {
        return static_cast<int>((isText ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter);
    }
    if (role != Qt::DisplayRole && role != Qt::ToolTipRole) {
        return {};
    }
    const bool isTitle = role == Qt::DisplayRole;
    const QString measure = measureName(m_measure).toLower();
    switch (section) {
    case functionColumn:
        return isTitle ? tr("Function") : tr("Double click: who calls it");
    case shareColumn:
        return isTitle ? tr("Share") : tr("Of the whole: %1").arg(measure);
    case totalColumn:
        return isTitle ? tr("Total")
                       : tr("By it and by what it calls, %1; a stack counts once").arg(measure);
    case selfColumn:
        return isTitle ? tr("Self") : tr("By itself, %1: it called the allocator").arg(measure);
    default:
        return isTitle ? tr("Where") : tr("The source line, or else the file of the code");
    }
}

void FunctionTableModel::sort(int column, Qt::SortOrder order) {
    m_sortColumn = column;
    m_order = order;
    arrange();
}

} // namespace ringscope
