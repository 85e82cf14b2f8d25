// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/charts/chart_view.h"

#include <QApplication>
#include <QContextMenuEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QVBoxLayout>
#include <QWheelEvent>

#include <algorithm>
#include <cmath>

#include "widgets/charts/chart_plot.h"
#include "widgets/charts/legend_row.h"
#include "widgets/charts/time_link.h"
#include "widgets/theme/theme.h"

namespace ringscope {

namespace {

constexpr int kTop = 8; // with kBottom: half a label, which QCustomPlot leaves out where it is cut
constexpr int kBottom = 8;
constexpr int kPixelsPerTick = 24;
constexpr int kPixelsPerTimeTick = 110;
// Sparse tracks complete a column that lies behind by up to this long.
constexpr std::int64_t kLateNs = 3'000'000'000;
constexpr double kWheelZoom = 1.2;

} // namespace

ChartView::ChartView(const ChartSpec& spec, Theme& theme, TimeLink& link, QWidget* parent)
    : QWidget(parent)
    , m_spec(spec)
    , m_theme(theme)
    , m_link(link)
    , m_legend(new LegendRow(QString::fromStdString(spec.title), this))
    , m_plot(new ChartPlot(this)) {
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(1, 1, 1, 1);
    layout->setSpacing(0);
    layout->addWidget(m_legend);
    layout->addWidget(m_plot, 1);
    setFocusPolicy(Qt::StrongFocus);
    setMouseTracking(true);
    m_plot->setMouseTracking(true);
    setAccessibleName(QString::fromStdString(spec.title));
    setToolTip({});
    connect(m_legend, &LegendRow::visibilityChanged, this, [this] {
        updateStyle();
        m_axis.reset();
    });
    connect(m_legend, &LegendRow::hovered, this, [this](int entry) {
        m_hovered = entry;
        updateStyle();
    });
    connect(&m_link, &TimeLink::visibleChanged, this, [this] { m_isDirty = true; });
    connect(&m_theme, &Theme::changed, this, &ChartView::applyTheme);
    m_style.style = spec.style;
    applyTheme();
}

void ChartView::setView(std::shared_ptr<const SessionView> view, bool isSameSession) {
    m_view = std::move(view);
    if (!isSameSession) {
        rebuildSeries();
    }
}

void ChartView::rebuildSeries() {
    m_columns.setSeries(m_view ? chartSeries(m_spec, *m_view) : std::vector<ChartSeries>{});
    std::vector<LegendRow::Entry> entries;
    for (const ChartSeries& series : m_columns.series()) {
        entries.push_back({QString::fromStdString(series.label),
                           QString::fromStdString(series.help), series.color(m_theme.tokens()),
                           series.unit, series.isShownAtFirst, series.isReadoutOnly});
    }
    m_legend->setEntries(entries, m_theme.tokens());
    m_isFirstReadout = true;
    m_statistics.clear();
    m_axis.reset();
    updateStyle();
}

void ChartView::applyTheme() {
    m_plot->setTheme(m_theme.tokens());
    std::vector<QColor> colors;
    for (const ChartSeries& series : m_columns.series()) {
        colors.push_back(series.color(m_theme.tokens()));
    }
    m_legend->setColors(colors, m_theme.tokens());
    updateStyle();
    update();
}

void ChartView::updateStyle() {
    const auto& series = m_columns.series();
    m_style.layers.resize(series.size());
    const bool dims = m_hovered >= 0 && m_hovered < static_cast<int>(series.size()) &&
                      !series[static_cast<std::size_t>(m_hovered)].isReadoutOnly;
    for (std::size_t i = 0; i < series.size(); ++i) {
        QColor color = series[i].color(m_theme.tokens());
        if (dims && static_cast<int>(i) != m_hovered) {
            // The others step back, so that the one under the mouse is found without its colour.
            const QColor& panel = m_theme.tokens().panel;
            color = QColor::fromRgbF(0.3F * color.redF() + 0.7F * panel.redF(),
                                     0.3F * color.greenF() + 0.7F * panel.greenF(),
                                     0.3F * color.blueF() + 0.7F * panel.blueF());
        }
        m_style.layers[i] = {color, m_legend->isVisible(i)};
    }
    m_isDirty = true;
}

void ChartView::setByteScale(ByteScale scale) {
    m_byteScale = scale;
    m_valueTicks.clear();
    m_isDirty = true;
}

// Nothing new to see before the newest sample reaches another column of what is visible.
bool ChartView::needsPlot(const StripGeometry& geometry) const {
    if (m_isDirty || geometry != m_columns.geometry()) {
        return true;
    }
    const std::int64_t end = std::min(m_view->endNs, geometry.toNs() + kLateNs);
    return end / geometry.columnNs != m_drawnEndColumn;
}

void ChartView::tickPlot(std::int64_t nowNs) {
    if (!m_view || visibleRegion().isEmpty()) {
        return;
    }
    const StripGeometry geometry = stripGeometry(m_link.visible(), m_plot->columnsWanted());
    if (geometry.count == 0 || !needsPlot(geometry)) {
        return;
    }
    const StripColumns::Change change = m_columns.update(*m_view, geometry);
    const int maxTicks = std::max(1, m_plot->plotRect().height() / kPixelsPerTick);
    const bool isSteady = m_link.isFollowing() && !m_link.isPaused();
    PlotFrame frame;
    frame.geometry = geometry;
    frame.startNs = timeZeroNs(*m_view);
    frame.valueAxis = m_spec.fixedMax > 0
                          ? fixedValueAxis(m_spec.fixedMax, maxTicks)
                          : m_axis.update(m_largest.update(m_columns, m_style, change), m_spec.unit,
                                          maxTicks, nowNs, isSteady);
    if (m_valueTicks.empty() || frame.valueAxis != m_ticksOf) {
        m_ticksOf = frame.valueAxis;
        m_valueTicks = m_ticksOf.ticks(m_spec.unit, m_byteScale);
        m_leftWanted = m_plot->labelWidth(m_valueTicks);
    }
    frame.valueTicks = m_valueTicks;
    frame.timeTicks = timeTicks({geometry.fromNs(), geometry.toNs()}, frame.startNs,
                                m_plot->plotRect().width() / kPixelsPerTimeTick);
    m_style.top = frame.valueAxis.top;
    m_style.lineWidth = std::max(1, static_cast<int>(std::lround(1.5 * devicePixelRatioF())));
    m_plot->setMarkers(m_view->markers);
    m_plot->setFrame(std::move(frame), m_columns, m_style, change);
    m_drawnEndColumn = std::min(m_view->endNs, geometry.toNs() + kLateNs) / geometry.columnNs;
    m_isDirty = false;
}

double ChartView::readoutOf(std::size_t i) const {
    const ChartSeries& series = m_columns.series()[i];
    if (const auto cursor = m_link.cursor()) {
        const StripGeometry& geometry = m_columns.geometry();
        const std::int64_t column = *cursor / geometry.columnNs - geometry.firstColumn;
        if (!series.isReadoutOnly && column >= 0 &&
            column < static_cast<std::int64_t>(geometry.count)) {
            // What is drawn there: the mean of the pixel's time.
            return m_columns.columns(i)[static_cast<std::size_t>(column)].mean;
        }
        return chartValueAt(*m_view, series, *cursor);
    }
    if (const auto selection = m_link.selection()) {
        return chartMean(*m_view, series, selection->fromNs, selection->toNs);
    }
    return chartValueNow(*m_view, series, std::min(m_link.visible().toNs, m_view->endNs));
}

QString ChartView::statisticsOf(std::size_t i) {
    const auto selection = m_link.selection();
    if (!selection) {
        return {};
    }
    const ChartSeries& series = m_columns.series()[i];
    const SeriesStatistics& range = m_statistics.of(*m_view, series, i, *selection);
    const auto text = [&](double value, Unit unit) {
        return QString::fromStdString(formatValue(value, unit, m_byteScale));
    };
    QString words = tr("min %1, mean %2, max %3")
                        .arg(text(range.min, series.unit), text(range.mean, series.unit),
                             text(range.max, series.unit));
    if (!std::isnan(range.total)) {
        const Unit unit = series.unit == Unit::bytesPerSec ? Unit::bytes : Unit::count;
        words += tr(", total %1").arg(text(range.total, unit));
    }
    return words;
}

void ChartView::tickReadout() {
    if (!m_view || visibleRegion().isEmpty() || m_columns.count() == 0) {
        return;
    }
    for (std::size_t i = 0; i < m_columns.series().size(); ++i) {
        m_legend->setValue(
            i, QString::fromStdString(formatValue(readoutOf(i), m_columns.series()[i].unit,
                                                  m_byteScale, Digits::steady)));
        m_legend->item(i)->setStatistics(statisticsOf(i));
        // Of a dozen types of memory half are never there.
        if (m_spec.style == ChartStyle::stacked && (m_isFirstReadout || m_legend->isEmpty(i))) {
            const SeriesStatistics all =
                chartStatistics(*m_view, m_columns.series()[i], m_view->startNs, m_view->endNs);
            m_legend->setEmpty(i, !(all.max > 0));
        }
    }
    m_isFirstReadout = false;
    QString context;
    if (!m_link.cursor() && m_link.selection()) {
        context = tr("mean of %1")
                      .arg(QString::fromStdString(formatDuration(m_link.selection()->spanNs())));
    }
    m_legend->setContext(context);
    m_plot->setPointer(m_link.cursor(), m_link.selection());
    setAccessibleDescription(m_legend->readout());
}

void ChartView::setLeftMargin(int pixels) {
    m_plot->setPlotMargins(QMargins(pixels, kTop, kSpaceRelated, kBottom));
    m_isDirty = true;
}

void ChartView::setCurrent(bool isCurrent) {
    if (isCurrent != m_isCurrent) {
        m_isCurrent = isCurrent;
        update();
    }
}

QRect ChartView::plotRect() const {
    return m_plot->plotRect().translated(m_plot->pos());
}

std::optional<std::int64_t> ChartView::timeAt(const QPoint& position) const {
    const QRect rect = plotRect();
    if (rect.width() <= 0 || position.x() < rect.left() || position.x() > rect.right()) {
        return std::nullopt;
    }
    const TimeRange visible = m_link.visible();
    const double share = (position.x() - rect.left() + 0.5) / rect.width();
    return visible.fromNs + std::llround(share * static_cast<double>(visible.spanNs()));
}

std::uint64_t ChartView::replots() const {
    return m_plot->replots();
}

QSize ChartView::minimumSizeHint() const {
    return {240, 84};
}

QSize ChartView::sizeHint() const {
    return {640, 150};
}

void ChartView::mousePressEvent(QMouseEvent* event) {
    setFocus(Qt::MouseFocusReason);
    Q_EMIT activated();
    const auto time = timeAt(event->pos());
    if (!time) {
        return;
    }
    m_pressedAt = event->pos();
    m_pressedNs = *time;
    const bool pans =
        event->button() == Qt::MiddleButton ||
        (event->button() == Qt::LeftButton && event->modifiers().testFlag(Qt::ShiftModifier));
    if (pans) {
        m_drag = Drag::pan;
        QWidget::setCursor(Qt::ClosedHandCursor);
    } else if (event->button() == Qt::LeftButton) {
        m_drag = Drag::select;
    }
}

void ChartView::mouseMoveEvent(QMouseEvent* event) {
    const QRect rect = plotRect();
    const QPoint inside(
        std::clamp(event->pos().x(), rect.left(), std::max(rect.left(), rect.right())),
        event->pos().y());
    const auto time = timeAt(inside);
    if (!time) {
        return;
    }
    if (m_drag == Drag::pan) {
        m_link.pan(m_pressedNs - *time); // what was pressed stays under the mouse
        return;
    }
    if (m_drag == Drag::select &&
        std::abs(event->pos().x() - m_pressedAt.x()) >= QApplication::startDragDistance() / 2) {
        m_link.select({m_pressedNs, *time});
    }
    if (timeAt(event->pos())) {
        m_link.setCursor(*time);
    } else {
        m_link.clearCursor();
    }
}

void ChartView::mouseReleaseEvent(QMouseEvent*) {
    m_drag = Drag::none;
    unsetCursor();
}

void ChartView::mouseDoubleClickEvent(QMouseEvent* event) {
    if (event->button() == Qt::LeftButton && timeAt(event->pos())) {
        m_link.resume();
    }
}

void ChartView::wheelEvent(QWheelEvent* event) {
    const auto time = timeAt(event->position().toPoint());
    const QPoint delta = event->angleDelta();
    if (!time || event->modifiers().testFlag(Qt::AltModifier)) {
        event->ignore();
        return;
    }
    if (std::abs(delta.x()) > std::abs(delta.y())) {
        m_link.panBy(-delta.x() / 1200.0);
    } else {
        m_link.zoom(std::pow(kWheelZoom, -delta.y() / 120.0), *time);
    }
    event->accept();
}

void ChartView::leaveEvent(QEvent* event) {
    QWidget::leaveEvent(event);
    m_link.clearCursor();
}

void ChartView::contextMenuEvent(QContextMenuEvent* event) {
    Q_EMIT activated();
    Q_EMIT menuRequested(event->globalPos());
}

void ChartView::focusInEvent(QFocusEvent* event) {
    QWidget::focusInEvent(event);
    Q_EMIT activated();
}

void ChartView::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setPen(m_isCurrent && hasFocus() ? m_theme.tokens().accent : m_theme.tokens().line);
    painter.drawRect(rect().adjusted(0, 0, -1, -1));
}

void ChartView::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    m_isDirty = true;
}

} // namespace ringscope
