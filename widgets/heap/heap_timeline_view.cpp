// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/heap/heap_timeline_view.h"

#include <QLabel>
#include <QStackedLayout>
#include <QVBoxLayout>

#include <utility>

#include "core/base/clock.h"
#include "widgets/charts/chart_view.h"
#include "widgets/charts/time_axis.h"
#include "widgets/theme/theme.h"

namespace ringscope {
namespace {

constexpr int kTickMs = 50;

// By the places of m_charts.
std::array<ChartSpec, 4> specs() {
    const auto spec = [](const char* name, const QString& title, const QString& help, Unit unit) {
        ChartSpec made;
        made.name = std::string("heap.") + name;
        made.title = title.toStdString();
        made.help = help.toStdString();
        made.tracks = {std::string(name) + ".*"};
        made.style = ChartStyle::stacked;
        made.unit = unit;
        return made;
    };
    return {spec("live", HeapTimelineView::tr("Live by function"),
                 HeapTimelineView::tr("What was alive at each reading, by the function that "
                                      "allocated it."),
                 Unit::bytes),
            spec("total", HeapTimelineView::tr("Allocated by function"),
                 HeapTimelineView::tr("Bytes that were allocated a second, by function."),
                 Unit::bytesPerSec),
            spec("count", HeapTimelineView::tr("Allocations by function"),
                 HeapTimelineView::tr("Blocks that were allocated a second, by function."),
                 Unit::countPerSec),
            spec("temporary", HeapTimelineView::tr("Temporary by function"),
                 HeapTimelineView::tr("Blocks a second that were freed before their thread "
                                      "allocated anything else, by function."),
                 Unit::countPerSec)};
}

std::size_t placeOf(HeapMeasure measure) {
    switch (measure) {
    case HeapMeasure::total:
        return 1;
    case HeapMeasure::count:
        return 2;
    case HeapMeasure::temporary:
        return 3;
    case HeapMeasure::live:
    case HeapMeasure::peak:
        break;
    }
    return 0;
}

} // namespace

HeapTimelineView::HeapTimelineView(Theme& theme, TimeLink& link, QWidget* parent)
    : QWidget(parent)
    , m_axis(new TimeAxis(theme, link))
    , m_empty(new QLabel)
    , m_content(new QWidget)
    , m_stack(new QStackedLayout)
    , m_pages(new QStackedLayout(this)) {
    const auto charts = specs();
    for (std::size_t i = 0; i < charts.size(); ++i) {
        m_charts[i] = new ChartView(charts[i], theme, link);
        m_stack->addWidget(m_charts[i]);
    }
    auto* const content = new QVBoxLayout(m_content);
    content->setContentsMargins(0, 0, 0, 0);
    content->setSpacing(0);
    content->addLayout(m_stack, 1);
    content->addWidget(m_axis);
    m_empty->setText(tr("This profile was not read while its program ran: it took less than a "
                        "quarter of a second, or the profile is from another tool's file."));
    m_empty->setAlignment(Qt::AlignCenter);
    m_empty->setWordWrap(true);
    m_empty->setForegroundRole(QPalette::PlaceholderText);
    m_pages->addWidget(m_content);
    m_pages->addWidget(m_empty);
    m_pages->setCurrentWidget(m_empty);
    m_timer.setInterval(kTickMs);
    connect(&m_timer, &QTimer::timeout, this, &HeapTimelineView::tick);
}

void HeapTimelineView::setTimeline(std::shared_ptr<const SessionView> timeline) {
    if (timeline == m_timeline) {
        return;
    }
    m_timeline = std::move(timeline);
    m_pages->setCurrentWidget(m_timeline != nullptr ? m_content : m_empty);
    for (ChartView* chart : m_charts) {
        chart->setView(m_timeline, false);
    }
    m_axis->setView(m_timeline);
    if (isVisible()) {
        tick();
    }
}

void HeapTimelineView::setMeasure(HeapMeasure measure) {
    m_shown = placeOf(measure);
    m_stack->setCurrentWidget(m_charts[m_shown]);
    if (isVisible()) {
        tick();
    }
}

void HeapTimelineView::setByteScale(ByteScale scale) {
    for (ChartView* chart : m_charts) {
        chart->setByteScale(scale);
    }
}

ChartView& HeapTimelineView::chart() const {
    return *m_charts[m_shown];
}

// As ChartStack does: the axis below begins where the plot does.
void HeapTimelineView::tick() {
    if (m_timeline == nullptr) {
        return;
    }
    const std::int64_t nowNs = monotonicNs();
    ChartView& shown = chart();
    shown.tickPlot(nowNs);
    shown.setLeftMargin(shown.leftMarginWanted());
    shown.tickPlot(nowNs);
    shown.tickReadout();
    const QRect plot = shown.plotRect();
    m_axis->setPlot(shown.mapTo(m_content, plot.topLeft()).x() - m_axis->x(), plot.width(),
                    shown.geometryOfStrip());
}

void HeapTimelineView::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    m_timer.start();
    tick();
}

void HeapTimelineView::hideEvent(QHideEvent* event) {
    m_timer.stop();
    QWidget::hideEvent(event);
}

} // namespace ringscope
