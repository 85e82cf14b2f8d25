// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/charts/range_table.h"

#include <QHeaderView>
#include <QLabel>
#include <QTableWidget>
#include <QVBoxLayout>

#include <cmath>

#include "widgets/theme/theme_tokens.h"

namespace ringscope {

std::vector<RangeRow> rangeStatistics(const SessionView& view, TimeRange range) {
    std::vector<RangeRow> rows;
    for (const ChartSpec& spec : defaultCharts(view)) {
        for (const ChartSeries& series : chartSeries(spec, view)) {
            if (series.aggregate == Aggregate::single) {
                rows.push_back({spec.title, series.label, series.unit,
                                series.unit == Unit::bytesPerSec ? Unit::bytes : Unit::count,
                                chartStatistics(view, series, range.fromNs, range.toNs)});
            }
        }
    }
    return rows;
}

RangeTable::RangeTable(TimeLink& link, QWidget* parent)
    : QWidget(parent)
    , m_link(link)
    , m_heading(new QLabel(this))
    , m_table(new QTableWidget(this)) {
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(kSpaceRelated, kSpaceRelated, kSpaceRelated, kSpaceRelated);
    layout->setSpacing(kSpaceRelated);
    layout->addWidget(m_heading);
    layout->addWidget(m_table, 1);
    m_heading->setWordWrap(true);
    m_heading->setText(tr("Drag over a chart to see minimum, mean, maximum and total of a range."));
    m_table->setAccessibleName(tr("Statistics of the selected range"));
    m_table->setColumnCount(6);
    m_table->setHorizontalHeaderLabels(
        {tr("Chart"), tr("Series"), tr("Min"), tr("Mean"), tr("Max"), tr("Total")});
    m_table->verticalHeader()->hide();
    m_table->verticalHeader()->setDefaultSectionSize(QFontMetrics(bodyFont()).height() +
                                                     kSpaceRelated / 2);
    m_table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_table->setShowGrid(false);
    m_table->hide();
}

void RangeTable::setView(std::shared_ptr<const SessionView> view) {
    m_view = std::move(view);
}

void RangeTable::setByteScale(ByteScale scale) {
    m_byteScale = scale;
    m_shown.reset();
}

void RangeTable::tick() {
    if (isVisible() && m_view && m_link.selection() != m_shown) {
        m_shown = m_link.selection();
        fill();
    }
}

void RangeTable::fill() {
    m_table->setVisible(m_shown.has_value());
    if (!m_shown) {
        m_heading->setText(
            tr("Drag over a chart to see minimum, mean, maximum and total of a range."));
        return;
    }
    m_heading->setText(
        tr("Range of %1").arg(QString::fromStdString(formatDuration(m_shown->spanNs()))));
    const std::vector<RangeRow> rows = rangeStatistics(*m_view, *m_shown);
    m_table->setRowCount(static_cast<int>(rows.size()));
    for (int at = 0; at < m_table->rowCount(); ++at) {
        const RangeRow& row = rows[static_cast<std::size_t>(at)];
        const SeriesStatistics& range = row.statistics;
        const auto put = [&](int column, const std::string& text, Qt::AlignmentFlag side) {
            auto* item = new QTableWidgetItem(QString::fromStdString(text));
            item->setTextAlignment(Qt::Alignment(side | Qt::AlignVCenter));
            m_table->setItem(at, column, item);
        };
        put(0, row.chart, Qt::AlignLeft);
        put(1, row.series, Qt::AlignLeft);
        put(2, formatValue(range.min, row.unit, m_byteScale), Qt::AlignRight);
        put(3, formatValue(range.mean, row.unit, m_byteScale), Qt::AlignRight);
        put(4, formatValue(range.max, row.unit, m_byteScale), Qt::AlignRight);
        put(5,
            std::isnan(range.total) ? std::string()
                                    : formatValue(range.total, row.totalUnit, m_byteScale),
            Qt::AlignRight);
    }
    m_table->resizeColumnsToContents();
}

} // namespace ringscope
