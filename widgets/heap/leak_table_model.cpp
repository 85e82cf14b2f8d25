// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/heap/leak_table_model.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "core/base/printable_name.h"
#include "widgets/heap/heap_text.h"

namespace ringscope {
namespace {

std::size_t rankOf(LeakKind kind) {
    return static_cast<std::size_t>(std::find(kLeakKinds.begin(), kLeakKinds.end(), kind) -
                                    kLeakKinds.begin());
}

QString textOf(const std::string& text) {
    return QString::fromStdString(printableName(text));
}

QString shortPlace(const NamedFrame& frame) {
    return textOf(frame.place.substr(frame.place.find_last_of('/') + 1));
}

QString countText(std::uint64_t count) {
    return QString::fromStdString(formatCount(static_cast<double>(count)));
}

} // namespace

LeakTableModel::LeakTableModel(QObject* parent)
    : QAbstractTableModel(parent) {
    m_isShown.fill(true);
    m_isShown[static_cast<std::size_t>(LeakKind::reachable)] = false;
}

void LeakTableModel::setRows(std::shared_ptr<const LeakRows> rows) {
    m_found = std::move(rows);
    arrange();
}

void LeakTableModel::setKindShown(LeakKind kind, bool isShown) {
    m_isShown[static_cast<std::size_t>(kind)] = isShown;
    arrange();
}

bool LeakTableModel::isKindShown(LeakKind kind) const {
    return m_isShown[static_cast<std::size_t>(kind)];
}

void LeakTableModel::setByteScale(ByteScale scale) {
    m_scale = scale;
    Q_EMIT layoutAboutToBeChanged(); // every text
    Q_EMIT layoutChanged();
}

void LeakTableModel::setFindText(const QString& text) {
    m_text = text.trimmed();
    arrange();
}

void LeakTableModel::arrange() {
    beginResetModel();
    m_rows.clear();
    const std::size_t count = m_found != nullptr ? m_found->rows.size() : 0;
    for (std::size_t i = 0; i < count; ++i) {
        const LeakRow& row = m_found->rows[i];
        if (isFound(row) && isKindShown(row.group.kind)) {
            m_rows.push_back(i);
        }
    }
    std::stable_sort(m_rows.begin(), m_rows.end(), [this](std::size_t a, std::size_t b) {
        const LeakRow& one = m_found->rows[a];
        const LeakRow& other = m_found->rows[b];
        return m_order == Qt::AscendingOrder ? isLess(one, other) : isLess(other, one);
    });
    endResetModel();
}

bool LeakTableModel::isFound(const LeakRow& row) const {
    const auto has = [this](const std::string& text) {
        return QString::fromStdString(text).contains(m_text, Qt::CaseInsensitive);
    };
    return m_text.isEmpty() || has(row.frame.function) || has(row.frame.place) ||
           has(row.caller.function) || has(row.caller.place);
}

// Of equals the report's order stays: definite ones first, of a kind the largest first.
bool LeakTableModel::isLess(const LeakRow& a, const LeakRow& b) const {
    switch (m_sortColumn) {
    case kindColumn:
        return rankOf(a.group.kind) < rankOf(b.group.kind);
    case bytesColumn:
        return a.group.sums.bytes < b.group.sums.bytes;
    case blocksColumn:
        return a.group.sums.blocks < b.group.sums.blocks;
    case indirectColumn:
        return a.group.indirect.bytes < b.group.indirect.bytes;
    case ageColumn: // the older, the earlier
        return a.group.oldestNs > b.group.oldestNs;
    case functionColumn:
        return a.frame.function < b.frame.function;
    case placeColumn:
        return a.frame.place < b.frame.place;
    default:
        return std::tie(a.caller.function, a.caller.place) <
               std::tie(b.caller.function, b.caller.place);
    }
}

const LeakRow& LeakTableModel::rowAt(int row) const {
    return m_found->rows[m_rows[static_cast<std::size_t>(row)]];
}

int LeakTableModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}

int LeakTableModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : columns;
}

QString LeakTableModel::displayText(const LeakRow& row, int column) const {
    const auto bytes = [this](std::uint64_t count) {
        return QString::fromStdString(formatBytes(static_cast<double>(count), m_scale));
    };
    const LeakGroup& group = row.group;
    switch (column) {
    case kindColumn:
        return leakKindName(group.kind);
    case bytesColumn:
        return bytes(group.sums.bytes);
    case blocksColumn:
        return countText(group.sums.blocks);
    case indirectColumn:
        return group.indirect.blocks == 0
                   ? QString()
                   : tr("%1 in %2")
                         .arg(bytes(group.indirect.bytes), countText(group.indirect.blocks));
    case ageColumn:
        return QString::fromStdString(
            formatDuration(std::max<std::int64_t>(m_found->timeNs - group.oldestNs, 0)));
    case functionColumn:
        return row.frame.function.empty() ? tr("[its call stack is not known]")
                                          : shortName(row.frame.function);
    case placeColumn:
        return shortPlace(row.frame);
    default:
        return row.caller.place.empty()
                   ? shortName(row.caller.function)
                   : tr("%1  %2").arg(shortName(row.caller.function), shortPlace(row.caller));
    }
}

QVariant LeakTableModel::helpText(const LeakRow& row, int column) const {
    switch (column) {
    case kindColumn:
        return leakKindHelp(row.group.kind);
    case ageColumn:
        return row.group.sums.blocks == 1
                   ? QVariant()
                   : tr("The newest: %1")
                         .arg(QString::fromStdString(formatDuration(
                             std::max<std::int64_t>(m_found->timeNs - row.group.newestNs, 0))));
    case functionColumn:
        return QStringLiteral("<p style='white-space:normal'>%1</p>")
            .arg(textOf(row.frame.function).toHtmlEscaped());
    case placeColumn:
        return textOf(row.frame.place);
    case callerColumn:
        return QStringLiteral("<p style='white-space:normal'>%1<br>%2</p>")
            .arg(textOf(row.caller.function).toHtmlEscaped(),
                 textOf(row.caller.place).toHtmlEscaped());
    default:
        return {};
    }
}

QVariant LeakTableModel::data(const QModelIndex& index, int role) const {
    if (!checkIndex(index, CheckIndexOption::IndexIsValid)) {
        return {};
    }
    switch (role) {
    case Qt::DisplayRole:
        return displayText(rowAt(index.row()), index.column());
    case Qt::TextAlignmentRole:
        return headerData(index.column(), Qt::Horizontal, role);
    case Qt::ToolTipRole:
        return helpText(rowAt(index.row()), index.column());
    default:
        return {};
    }
}

QVariant LeakTableModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal || section < 0 || section >= columns) {
        return {};
    }
    const bool isNumber = section >= bytesColumn && section <= ageColumn;
    if (role == Qt::TextAlignmentRole) {
        return static_cast<int>((isNumber ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    }
    if (role != Qt::DisplayRole && role != Qt::ToolTipRole) {
        return {};
    }
    struct Texts {
        QString title;
        QString help;
    };
    const std::array<Texts, columns> texts = {{
        {tr("Kind"), tr("As Valgrind's memcheck names them")},
        {tr("Bytes"), tr("That were asked for, of all of its blocks")},
        {tr("Blocks"), tr("Of this kind that this call stack has allocated")},
        {tr("Lost with it"), tr("Bytes, and blocks, that only these blocks led to: indirectly "
                                "lost, listed by their own call stacks too")},
        {tr("Age"), tr("Of the oldest block when it was searched")},
        {tr("Allocated by"), tr("The innermost function that is not of the C++ standard library. "
                                "Double click: its whole call stack")},
        {tr("Where"), tr("The source line, or else the file of the code")},
        {tr("Called by"), tr("What called that function, and where")},
    }};
    const Texts& text = texts[static_cast<std::size_t>(section)];
    return role == Qt::DisplayRole ? text.title : text.help;
}

void LeakTableModel::sort(int column, Qt::SortOrder order) {
    m_sortColumn = column;
    m_order = order;
    arrange();
}

} // namespace ringscope
