// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/heap/histogram_table.h"

#include <QAbstractTableModel>
#include <QHeaderView>

#include <algorithm>
#include <numeric>
#include <utility>

#include "core/base/printable_name.h"
#include "core/base/units.h"
#include "widgets/heap/heap_text.h"
#include "widgets/heap/share_delegate.h"

namespace ringscope {

class HistogramTable::Model final : public QAbstractTableModel {
public:
    Model(QStringList titles, QStringList helps, QObject* parent)
        : QAbstractTableModel(parent)
        , m_titles(std::move(titles))
        , m_helps(std::move(helps)) {}

    void setRows(const std::vector<HistogramRow>& rows) {
        if (rows == m_rows) {
            return;
        }
        const auto same = static_cast<int>(m_rows.size());
        if (rows.size() == m_rows.size()) { // selection and place stay
            m_rows = rows;
            Q_EMIT dataChanged(index(0, 0), index(same - 1, columnCount() - 1));
        } else {
            beginResetModel();
            m_rows = rows;
            endResetModel();
        }
    }

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override {
        return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
    }
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override {
        return parent.isValid() ? 0 : static_cast<int>(m_titles.size());
    }
    [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override {
        if (!checkIndex(index, CheckIndexOption::IndexIsValid)) {
            return {};
        }
        const HistogramRow& row = m_rows[static_cast<std::size_t>(index.row())];
        switch (role) {
        case Qt::DisplayRole:
            if (index.column() == 0) {
                return row.label;
            }
            if (index.column() == 1) {
                return shareText(row.counts[0], whole());
            }
            return textOf(row, static_cast<std::size_t>(index.column()) - 2);
        case Qt::TextAlignmentRole:
            return static_cast<int>(Qt::AlignRight | Qt::AlignVCenter);
        case Qt::UserRole:
            return whole() == 0 ? 0.0
                                : static_cast<double>(row.counts[0]) / static_cast<double>(whole());
        default:
            return {};
        }
    }
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation,
                                      int role) const override {
        if (orientation != Qt::Horizontal || section >= m_titles.size()) {
            return {};
        }
        switch (role) {
        case Qt::DisplayRole:
            return m_titles[section];
        case Qt::ToolTipRole:
            return m_helps[section];
        case Qt::TextAlignmentRole:
            return static_cast<int>(Qt::AlignRight | Qt::AlignVCenter);
        default:
            return {};
        }
    }

private:
    [[nodiscard]] static QString textOf(const HistogramRow& row, std::size_t column) {
        return column < row.counts.size() ? countText(row.counts[column])
                                          : row.texts[column - row.counts.size()];
    }
    [[nodiscard]] static QString countText(std::uint64_t count) {
        return count == 0 ? QString()
                          : QString::fromStdString(formatCount(static_cast<double>(count)));
    }
    [[nodiscard]] std::uint64_t whole() const {
        return std::accumulate(
            m_rows.begin(), m_rows.end(), std::uint64_t{0},
            [](std::uint64_t sum, const HistogramRow& row) { return sum + row.counts[0]; });
    }

    QStringList m_titles;
    QStringList m_helps;
    std::vector<HistogramRow> m_rows;
};

HistogramTable::HistogramTable(const Theme& theme, const QStringList& titles,
                               const QStringList& helps, QWidget* parent)
    : QTreeView(parent)
    , m_model(new Model(titles, helps, this)) {
    setModel(m_model);
    setItemDelegate(new ShareDelegate(theme, {}, this));
    setRootIsDecorated(false);
    setUniformRowHeights(true);
    setAllColumnsShowFocus(true);
    header()->setStretchLastSection(false);
    header()->setSectionsMovable(false);
    header()->setSectionResizeMode(1, QHeaderView::Stretch);
    const QFontMetrics metrics(font());
    header()->resizeSection(0, metrics.horizontalAdvance(QStringLiteral("888.8 KiB - 888.8 KiB")));
    for (int column = 2; column < titles.size(); ++column) {
        header()->resizeSection(column, metrics.horizontalAdvance(QStringLiteral("8888.88 MiB")));
    }
}

void HistogramTable::setRows(const std::vector<HistogramRow>& rows) {
    m_model->setRows(rows);
}

std::vector<HistogramRow> sizeRows(const HeapProfile& profile) {
    std::vector<HistogramRow> rows;
    for (const HeapSizeClass& size : profile.sizes) {
        const auto text = [](std::uint64_t bytes) {
            return QString::fromStdString(formatBytes(static_cast<double>(bytes)));
        };
        QString label = QObject::tr("from %1").arg(text(size.fromBytes));
        if (size.fromBytes == 0) {
            label = QObject::tr("below %1").arg(text(size.belowBytes));
        }
        rows.push_back({label, {size.allocations, size.liveBlocks}, {}});
    }
    return rows;
}

std::vector<HistogramRow> threadRows(const HeapProfile& profile, ByteScale scale) {
    std::vector<const HeapThreadCounters*> threads;
    for (const HeapThreadCounters& thread : profile.threads) {
        threads.push_back(&thread);
    }
    std::stable_sort(threads.begin(), threads.end(),
                     [](const auto* a, const auto* b) { return a->allocations > b->allocations; });
    std::vector<HistogramRow> rows;
    for (const HeapThreadCounters* const thread : threads) {
        QString label = QObject::tr("earlier ones");
        if (thread->tid != 0) {
            label = QStringLiteral("%1 · %2").arg(
                QString::fromStdString(printableName(thread->name)), QString::number(thread->tid));
            label = thread->isRunning ? label : QObject::tr("%1 · ended").arg(label);
        }
        const auto bytes = [scale](std::uint64_t count) {
            return count == 0
                       ? QString()
                       : QString::fromStdString(formatBytes(static_cast<double>(count), scale));
        };
        rows.push_back({label,
                        {thread->allocations, thread->frees, thread->reallocations},
                        {bytes(thread->allocatedBytes), bytes(thread->freedBytes)}});
    }
    return rows;
}

std::vector<HistogramRow> lifetimeRows(const HeapProfile& profile) {
    std::vector<HistogramRow> rows;
    for (const HeapLifetime& lifetime : profile.lifetimes) {
        rows.push_back(
            {QObject::tr("below %1").arg(QString::fromStdString(formatDuration(lifetime.belowNs))),
             {lifetime.blocks},
             {}});
    }
    return rows;
}

} // namespace ringscope
