// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/process_tree_model.h"

#include <QFont>
#include <QGuiApplication>
#include <QPalette>
#include <QTextDocument> // Qt::convertFromPlainText()

#include <utility>

#include "core/base/printable_name.h"
#include "core/base/units.h"

namespace ringscope {
namespace {

// A command line may be a megabyte, and to elide it costs by its length.
constexpr int kMostShown = 1000;
constexpr int kMostInToolTip = 4000;

QString printable(const std::string& text) {
    return QString::fromStdString(printableName(text));
}

QString bytes(std::uint64_t count) {
    return QString::fromStdString(formatBytes(static_cast<double>(count)));
}

bool isNumber(ProcessColumn column) {
    return column == ProcessColumn::pid || column == ProcessColumn::rss ||
           column == ProcessColumn::pss;
}

// What cannot be picked may be most of the list, and is read all the same: grey enough to read, and
// slanted, which the grey ancestors of what is searched are not.
QVariant unreadableLook(int role) {
    if (role == Qt::ForegroundRole) {
        return QGuiApplication::palette().brush(QPalette::PlaceholderText);
    }
    QFont font;
    font.setItalic(true);
    return font;
}

// Text of others, which Qt would otherwise take for HTML when it looks like that.
QString plainToolTip(const QString& text) {
    return text.isEmpty()
               ? QString()
               : Qt::convertFromPlainText(text.left(kMostInToolTip), Qt::WhiteSpaceNormal);
}

} // namespace

void ProcessTreeModel::setProcesses(std::vector<ListedProcess> processes) {
    beginResetModel();
    std::vector<Row> before = std::exchange(m_rows, {});
    const std::unordered_map<std::int32_t, int> rowBefore = std::exchange(m_rowOfPid, {});
    m_rows.reserve(processes.size());
    for (ListedProcess& process : processes) {
        Row row;
        row.name = printable(process.name);
        row.user = printable(process.user);
        row.command = QString::fromStdString(process.commandLine);
        const auto found = rowBefore.find(process.identity.pid);
        if (found != rowBefore.end()) {
            const Row& known = before[static_cast<std::size_t>(found->second)];
            if (known.process.identity == process.identity) {
                row.pss = known.pss;
                row.isPssRead = known.isPssRead;
            }
        }
        m_rowOfPid[process.identity.pid] = static_cast<int>(m_rows.size());
        row.process = std::move(process);
        m_rows.push_back(std::move(row));
    }
    link();
    endResetModel();
}

void ProcessTreeModel::setTree(bool isTree) {
    beginResetModel();
    m_isTree = isTree;
    link();
    endResetModel();
}

void ProcessTreeModel::link() {
    m_roots.clear();
    for (Row& row : m_rows) {
        row.parent = -1;
        row.children.clear();
    }
    if (m_isTree) {
        findParents();
        cutCycles();
    }
    for (std::size_t index = 0; index < m_rows.size(); ++index) {
        Row& row = m_rows[index];
        auto& siblings =
            row.parent < 0 ? m_roots : m_rows[static_cast<std::size_t>(row.parent)].children;
        row.place = static_cast<int>(siblings.size());
        siblings.push_back(static_cast<int>(index));
    }
}

void ProcessTreeModel::findParents() {
    for (Row& row : m_rows) {
        const auto found = m_rowOfPid.find(row.process.parentPid);
        if (found == m_rowOfPid.end()) {
            continue;
        }
        // The pid of a parent that has ended since may be a later process's by now.
        const Row& parent = m_rows[static_cast<std::size_t>(found->second)];
        if (parent.process.identity.startTicks <= row.process.identity.startTicks) {
            row.parent = found->second;
        }
    }
}

// Processes are not read at one instant, so pids that were used again meanwhile could make one.
void ProcessTreeModel::cutCycles() {
    enum class Visit { never, now, done };
    std::vector<Visit> visits(m_rows.size(), Visit::never);
    const auto climb = [&](int from, Visit expected, Visit next) {
        int last = -1;
        int at = from;
        while (at >= 0 && visits[static_cast<std::size_t>(at)] == expected) {
            visits[static_cast<std::size_t>(at)] = next;
            last = at;
            at = m_rows[static_cast<std::size_t>(at)].parent;
        }
        return std::pair(last, at);
    };
    for (int index = 0; index < static_cast<int>(m_rows.size()); ++index) {
        const auto [last, stop] = climb(index, Visit::never, Visit::now);
        if (last >= 0 && stop >= 0 && visits[static_cast<std::size_t>(stop)] == Visit::now) {
            m_rows[static_cast<std::size_t>(last)].parent = -1;
        }
        climb(index, Visit::now, Visit::done);
    }
}

void ProcessTreeModel::setPss(const std::vector<ProcessPss>& pss) {
    constexpr int kColumn = static_cast<int>(ProcessColumn::pss);
    for (const ProcessPss& one : pss) {
        const int found = rowOf(one.process);
        if (found < 0) {
            continue;
        }
        Row& row = m_rows[static_cast<std::size_t>(found)];
        row.pss = one.bytes;
        row.isPssRead = true;
        const QModelIndex cell = createIndex(row.place, kColumn, static_cast<quintptr>(found));
        Q_EMIT dataChanged(cell, cell);
    }
}

int ProcessTreeModel::rowOf(const ProcessIdentity& process) const {
    const auto found = m_rowOfPid.find(process.pid);
    if (found == m_rowOfPid.end() ||
        m_rows[static_cast<std::size_t>(found->second)].process.identity != process) {
        return -1;
    }
    return found->second;
}

const ListedProcess& ProcessTreeModel::process(const QModelIndex& index) const {
    return m_rows[index.internalId()].process;
}

QModelIndex ProcessTreeModel::indexOf(const ProcessIdentity& process) const {
    const int found = rowOf(process);
    return found < 0 ? QModelIndex()
                     : createIndex(m_rows[static_cast<std::size_t>(found)].place, 0,
                                   static_cast<quintptr>(found));
}

QModelIndex ProcessTreeModel::index(int row, int column, const QModelIndex& parent) const {
    if (!hasIndex(row, column, parent)) {
        return {};
    }
    const auto& siblings = parent.isValid() ? m_rows[parent.internalId()].children : m_roots;
    return createIndex(row, column, static_cast<quintptr>(siblings[static_cast<std::size_t>(row)]));
}

QModelIndex ProcessTreeModel::parent(const QModelIndex& index) const {
    if (!index.isValid()) {
        return {};
    }
    const int parent = m_rows[index.internalId()].parent;
    return parent < 0 ? QModelIndex()
                      : createIndex(m_rows[static_cast<std::size_t>(parent)].place, 0,
                                    static_cast<quintptr>(parent));
}

int ProcessTreeModel::rowCount(const QModelIndex& parent) const {
    if (!parent.isValid()) {
        return static_cast<int>(m_roots.size());
    }
    return parent.column() > 0 ? 0 : static_cast<int>(m_rows[parent.internalId()].children.size());
}

int ProcessTreeModel::columnCount(const QModelIndex&) const {
    return kProcessColumns;
}

QVariant ProcessTreeModel::text(const Row& row, ProcessColumn column) const {
    switch (column) {
    case ProcessColumn::name:
        return row.name;
    case ProcessColumn::pid:
        return QString::number(row.process.identity.pid);
    case ProcessColumn::user:
        return row.user;
    case ProcessColumn::rss:
        return row.process.rssBytes == 0 ? QString() : bytes(row.process.rssBytes);
    case ProcessColumn::pss:
        return row.pss ? bytes(*row.pss) : QString();
    case ProcessColumn::command:
        break;
    }
    return row.command.left(kMostShown);
}

QVariant ProcessTreeModel::sortKey(const Row& row, ProcessColumn column) const {
    switch (column) {
    case ProcessColumn::pid:
        return row.process.identity.pid;
    case ProcessColumn::rss:
        return static_cast<qlonglong>(row.process.rssBytes);
    case ProcessColumn::pss: // what is not known below what is nothing
        return row.pss ? static_cast<qlonglong>(*row.pss) : -1LL;
    default:
        return text(row, column);
    }
}

QString ProcessTreeModel::toolTip(const Row& row, ProcessColumn column) const {
    if (column == ProcessColumn::command && !row.command.isEmpty()) {
        return row.command;
    }
    if (!row.process.whyNotReadable.empty()) {
        return QString::fromStdString(row.process.whyNotReadable);
    }
    if (column == ProcessColumn::pss && !row.pss) {
        return row.isPssRead ? tr("Its smaps_rollup could not be read; it may have ended.")
                             : tr("Is being read.");
    }
    return column == ProcessColumn::name ? row.name : QString();
}

QVariant ProcessTreeModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid()) {
        return {};
    }
    const Row& row = m_rows[index.internalId()];
    const auto column = static_cast<ProcessColumn>(index.column());
    switch (role) {
    case Qt::DisplayRole:
        return text(row, column);
    case Qt::ToolTipRole:
        return plainToolTip(toolTip(row, column));
    case Qt::TextAlignmentRole:
        return isNumber(column) ? QVariant(Qt::AlignRight | Qt::AlignVCenter) : QVariant();
    case Qt::ForegroundRole:
    case Qt::FontRole:
        return row.process.whyNotReadable.empty() ? QVariant() : unreadableLook(role);
    case kSortRole:
        return sortKey(row, column);
    case kSearchRole:
        if (column == ProcessColumn::command) {
            return row.command;
        }
        return column == ProcessColumn::rss || column == ProcessColumn::pss ? QVariant()
                                                                            : text(row, column);
    default:
        return {};
    }
}

QVariant ProcessTreeModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal || section < 0 || section >= kProcessColumns) {
        return {};
    }
    const auto column = static_cast<ProcessColumn>(section);
    if (role == Qt::TextAlignmentRole) {
        return QVariant((isNumber(column) ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    }
    if (role == Qt::ToolTipRole && column == ProcessColumn::rss) {
        return tr("In physical memory; a page that several processes share counts in full.");
    }
    if (role == Qt::ToolTipRole && column == ProcessColumn::pss) {
        return tr("In physical memory; a page counts divided by the number of processes that share "
                  "it. It is read after the list is there, as the kernel has to add it up.");
    }
    if (role != Qt::DisplayRole) {
        return {};
    }
    switch (column) {
    case ProcessColumn::name:
        return tr("Process");
    case ProcessColumn::pid:
        return tr("PID");
    case ProcessColumn::user:
        return tr("User");
    case ProcessColumn::rss:
        return tr("RSS");
    case ProcessColumn::pss:
        return tr("PSS");
    case ProcessColumn::command:
        break;
    }
    return tr("Command line");
}

} // namespace ringscope
