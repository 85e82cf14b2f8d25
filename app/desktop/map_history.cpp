// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/map_history.h"

#include <QHeaderView>
#include <QLabel>
#include <QPushButton>
#include <QScrollBar>
#include <QTreeWidget>
#include <QVBoxLayout>

#include <algorithm>

#include "core/base/clock.h"
#include "widgets/theme/theme_tokens.h"

namespace ringscope {
namespace {

enum Column { kTime, kRss, kPrivate, kGrowth, kReason, kColumns };

QString bytesText(double bytes, ByteScale scale) {
    return QString::fromStdString(formatBytes(bytes, scale));
}

QString growthText(double bytes, ByteScale scale) {
    return bytes == 0  ? QString()
           : bytes > 0 ? QStringLiteral("+") + bytesText(bytes, scale)
                       : QStringLiteral("\u2212") + bytesText(-bytes, scale);
}

double rssOf(const MapRecord& record) {
    return static_cast<double>(record.sums.regionTotal().rss);
}

} // namespace

MapHistory::MapHistory(QWidget* parent)
    : QWidget(parent)
    , m_list(new QTreeWidget)
    , m_newest(new QPushButton(tr("Show the newest"))) {
    setObjectName(QStringLiteral("mapHistory"));
    m_list->setObjectName(QStringLiteral("mapHistoryList"));
    m_list->setAccessibleName(tr("Snapshots of this process"));
    m_list->setColumnCount(kColumns);
    m_list->setHeaderLabels(
        {tr("Snapshot"), tr("RSS"), tr("Private"), tr("RSS change"), tr("Why")});
    m_list->setRootIsDecorated(false);
    m_list->setUniformRowHeights(true);
    m_list->setSelectionMode(QAbstractItemView::ExtendedSelection);
    m_list->setFont(bodyFont());
    for (int column = kRss; column < kReason; ++column) {
        m_list->headerItem()->setTextAlignment(column, Qt::AlignRight | Qt::AlignVCenter);
    }
    m_list->header()->setStretchLastSection(false);
    m_list->header()->setSectionResizeMode(QHeaderView::ResizeToContents);
    m_list->setToolTip(tr("Click one to see it, and with Ctrl another to see what changed from "
                          "the earlier to the later"));
    auto* const layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(kSpaceRelated / 2);
    auto* const hint = new QLabel(tr("Click one to see it, Ctrl + click two to compare."));
    hint->setWordWrap(true);
    hint->setForegroundRole(QPalette::PlaceholderText);
    layout->addWidget(hint);
    layout->addWidget(m_list, 1);
    layout->addWidget(m_newest, 0, Qt::AlignLeft);
    m_newest->setEnabled(false);
    connect(m_list, &QTreeWidget::itemSelectionChanged, this, &MapHistory::takeSelection);
    connect(m_newest, &QPushButton::clicked, this, [this] {
        Q_EMIT baselineChosen(std::nullopt);
        Q_EMIT shownChosen(std::nullopt);
    });
}

void MapHistory::setRecords(const std::vector<std::shared_ptr<const MapRecord>>& records) {
    const QScrollBar& bar = *m_list->verticalScrollBar();
    const bool isAtEnd = bar.value() == bar.maximum();
    // Rows of maps that stay, stay: at both ends, as old ones go and new ones come.
    std::size_t begin = 0;
    while (begin < m_records.size() && begin < records.size() &&
           m_records[begin] == records[begin]) {
        ++begin;
    }
    std::size_t tail = 0;
    while (tail < m_records.size() - begin && tail < records.size() - begin &&
           m_records[m_records.size() - 1 - tail] == records[records.size() - 1 - tail]) {
        ++tail;
    }
    m_isFilling = true;
    for (std::size_t row = m_records.size() - tail; row-- > begin;) {
        delete m_list->takeTopLevelItem(static_cast<int>(row));
    }
    for (std::size_t row = begin; row < records.size() - tail; ++row) {
        m_list->insertTopLevelItem(static_cast<int>(row), new QTreeWidgetItem);
    }
    m_isFilling = false;
    m_records = records;
    writeTexts();
    mark();
    if (isAtEnd) {
        m_list->scrollToBottom();
    }
}

void MapHistory::setByteScale(ByteScale scale) {
    m_scale = scale;
    writeTexts();
}

void MapHistory::setShown(std::optional<std::size_t> record, std::optional<std::size_t> baseline,
                          bool isCompared) {
    m_shown = record;
    m_baseline = baseline;
    m_newest->setEnabled(record.has_value() || baseline.has_value() || isCompared);
    mark();
}

// Only what is another than before, so that a long list costs nothing.
void MapHistory::writeTexts() {
    const auto write = [](QTreeWidgetItem& item, int column, const QString& text) {
        if (item.text(column) != text) {
            item.setText(column, text);
            item.setToolTip(column, column == kReason ? text : QString());
            item.setTextAlignment(column, column == kTime || column == kReason
                                              ? Qt::AlignLeft | Qt::AlignVCenter
                                              : Qt::AlignRight | Qt::AlignVCenter);
        }
    };
    for (std::size_t i = 0; i < m_records.size(); ++i) {
        const MapRecord& record = *m_records[i];
        QTreeWidgetItem& item = *m_list->topLevelItem(static_cast<int>(i));
        const std::int64_t sinceFirst = record.timeNs - m_records.front()->timeNs;
        write(item, kTime,
              i == 0 ? tr("first")
                     : tr("+%1").arg(QString::fromStdString(
                           formatDuration(sinceFirst / kNsPerMs * kNsPerMs))));
        write(item, kRss, bytesText(rssOf(record), m_scale));
        write(item, kPrivate,
              bytesText(static_cast<double>(record.sums.regionTotal().privateAndSwap()), m_scale));
        write(item, kGrowth,
              i == 0 ? QString() : growthText(rssOf(record) - rssOf(*m_records[i - 1]), m_scale));
        write(item, kReason, QString::fromStdString(record.reason));
    }
}

// Where the keyboard is stays where it is.
void MapHistory::mark() {
    m_isFilling = true;
    for (std::size_t i = 0; i < m_records.size(); ++i) {
        QTreeWidgetItem& item = *m_list->topLevelItem(static_cast<int>(i));
        const bool isShown = m_shown ? *m_shown == i : i + 1 == m_records.size();
        const bool isBaseline = m_baseline && *m_baseline == i;
        const bool isSelected = (m_shown.has_value() && isShown) || isBaseline;
        if (item.isSelected() != isSelected) {
            item.setSelected(isSelected);
        }
        if (item.font(kTime).bold() != (isShown || isBaseline)) {
            QFont font = m_list->font();
            font.setBold(isShown || isBaseline);
            item.setFont(kTime, font);
        }
    }
    m_isFilling = false;
}

void MapHistory::takeSelection() {
    if (m_isFilling) {
        return;
    }
    std::vector<std::size_t> chosen;
    for (QTreeWidgetItem* const item : m_list->selectedItems()) {
        chosen.push_back(static_cast<std::size_t>(m_list->indexOfTopLevelItem(item)));
    }
    if (chosen.empty()) {
        return;
    }
    const auto [first, last] = std::minmax_element(chosen.begin(), chosen.end());
    const std::size_t earlier = *first;
    const std::size_t later = *last;
    Q_EMIT baselineChosen(earlier == later ? std::nullopt : std::optional(earlier));
    Q_EMIT shownChosen(later);
}

} // namespace ringscope
