// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/charts/chart_plot.h"

#include <QFontMetrics>
#include <QPaintEvent>
#include <QPainter>

#include <qcustomplot.h>

#include <algorithm>
#include <cmath>

#include "widgets/charts/marker_glyph.h"

namespace ringscope {

namespace {

constexpr int kTickPadding = 6;

// Time to the x coordinate within the axes.
double xOf(const QRect& area, const StripGeometry& geometry, std::int64_t timeNs) {
    const double span = static_cast<double>(geometry.toNs() - geometry.fromNs());
    return area.left() +
           static_cast<double>(timeNs - geometry.fromNs()) / std::max(1.0, span) * area.width();
}

// Pixel by pixel, whatever the painter's scale: it has `ratio` device pixels a unit.
void paintStrip(QPainter& painter, const QPoint& at, const QImage& image, double ratio) {
    painter.save();
    painter.translate(at);
    painter.scale(1 / ratio, 1 / ratio);
    painter.drawImage(QPoint(0, 0), image);
    painter.restore();
}

void paintMarkers(QPainter& painter, const QRect& area, const StripGeometry& geometry,
                  const std::vector<Marker>* markers, const ThemeTokens& tokens) {
    if (markers == nullptr) {
        return;
    }
    double last = -1e9;
    for (const Marker& marker : *markers) {
        if (marker.timeNs < geometry.fromNs() || marker.timeNs >= geometry.toNs()) {
            continue;
        }
        const double x = std::floor(xOf(area, geometry, marker.timeNs));
        if (x - last < 2) {
            continue;
        }
        last = x;
        QColor color = markerColor(marker.kind, tokens);
        color.setAlphaF(0.7F);
        painter.setPen(QPen(color, 1, Qt::DashLine));
        painter.drawLine(QLineF(x, area.top(), x, area.bottom()));
    }
}

} // namespace

// Something of ours on one of the plot's layers. Clips itself to the axis rect, because
// QSvgGenerator of Qt 6.4 ignores clipping.
class ChartPlot::Strip : public QCPLayerable {
public:
    explicit Strip(QCustomPlot* plot)
        : QCPLayerable(plot, QStringLiteral("main")) {}

    PlotFrame frame;
    StripImage image;
    double pixelRatio = 1;
    // The data itself, for shapes; set by an export only, which outlives the painting.
    const StripColumns* columns = nullptr;
    StripStyle style;

protected:
    void applyDefaultAntialiasingHint(QCPPainter* painter) const override {
        painter->setAntialiasing(false);
    }
    [[nodiscard]] QRect clipRect() const override { return parentPlot()->axisRect()->rect(); }
    void draw(QCPPainter* painter) override {
        const QCPAxisRect* rect = parentPlot()->axisRect();
        if (painter->modes().testFlag(QCPPainter::pmVectorized)) {
            drawShapes(painter, QRectF(rect->rect()));
        } else if (!image.image().isNull()) {
            paintStrip(*painter, rect->topLeft(), image.image(), pixelRatio);
        }
    }

private:
    void drawShapes(QCPPainter* painter, const QRectF& area) const {
        if (columns == nullptr) {
            return;
        }
        for (const StripShape& shape : stripShapes(*columns, style, area)) {
            painter->setAntialiasing(true);
            if (shape.isFilled) {
                painter->setPen(Qt::NoPen);
                painter->setBrush(shape.color);
                painter->drawPolygon(shape.points);
            } else {
                QPen pen(shape.color, shape.lineWidth);
                pen.setJoinStyle(Qt::RoundJoin);
                painter->setPen(pen);
                painter->setBrush(Qt::NoBrush);
                painter->drawPolyline(shape.points);
            }
        }
    }
};

class ChartPlot::Marks : public QCPLayerable {
public:
    Marks(QCustomPlot* plot, const Strip* strip)
        : QCPLayerable(plot, QStringLiteral("axes"))
        , m_strip(strip) {}

    ThemeTokens tokens;
    std::shared_ptr<const std::vector<Marker>> markers;

protected:
    void applyDefaultAntialiasingHint(QCPPainter* painter) const override {
        painter->setAntialiasing(false);
    }
    void draw(QCPPainter* painter) override {
        paintMarkers(*painter, parentPlot()->axisRect()->rect(), m_strip->frame.geometry,
                     markers.get(), tokens);
    }

private:
    const Strip* m_strip;
};

ChartPlot::ChartPlot(QWidget* parent)
    : QWidget(parent)
    , m_plot(new QCustomPlot(this)) {
    setAttribute(Qt::WA_OpaquePaintEvent);
    m_plot->hide();
    m_plot->setFocusPolicy(Qt::NoFocus);
    m_plot->setInteractions(QCP::iNone);
    m_plot->setAutoAddPlottableToLegend(false);
    m_plot->setNotAntialiasedElements(QCP::aeAll);
    m_plot->axisRect()->setAutoMargins(QCP::msNone);
    m_plot->axisRect()->setMinimumSize(1, 1);
    m_plot->axisRect()->setupFullAxesBox(false);
    for (QCPAxis* axis : {m_plot->xAxis, m_plot->yAxis, m_plot->xAxis2, m_plot->yAxis2}) {
        axis->setTickLength(0);
        axis->setSubTicks(false);
    }
    m_plot->xAxis2->setVisible(false);
    m_plot->yAxis2->setVisible(false);
    m_plot->xAxis->setTicker(QSharedPointer<QCPAxisTickerText>::create());
    m_plot->yAxis->setTicker(QSharedPointer<QCPAxisTickerText>::create());
    m_plot->xAxis->setTickLabels(false);
    m_plot->xAxis->setTickLabelPadding(4);
    m_plot->yAxis->setTickLabelPadding(kTickPadding);
    m_strip = new Strip(m_plot);
    m_marks = new Marks(m_plot, m_strip);
    setLabelFont(bodyFont());
    setTheme(lightTokens());
}

ChartPlot::~ChartPlot() = default;

void ChartPlot::invalidateStill() {
    m_isStillStale = true;
    update();
}

void ChartPlot::setTheme(const ThemeTokens& tokens) {
    m_tokens = tokens;
    m_marks->tokens = tokens;
    m_plot->setBackground(QBrush(tokens.panel));
    for (QCPAxis* axis : {m_plot->xAxis, m_plot->yAxis}) {
        axis->setBasePen(QPen(Qt::NoPen));
        axis->setTickPen(Qt::NoPen);
        axis->setTickLabelColor(tokens.textSecondary);
        axis->grid()->setPen(QPen(tokens.grid, 1));
        axis->grid()->setZeroLinePen(QPen(tokens.line, 1));
    }
    invalidateStill();
}

void ChartPlot::setLabelFont(const QFont& font) {
    m_plot->xAxis->setTickLabelFont(font);
    m_plot->yAxis->setTickLabelFont(font);
    invalidateStill();
}

void ChartPlot::setTimeLabelsShown(bool areShown) {
    m_plot->xAxis->setTickLabels(areShown);
}

void ChartPlot::setPlotMargins(const QMargins& margins) {
    m_margins = margins;
    m_plot->axisRect()->setMargins(margins);
    invalidateStill();
}

double ChartPlot::pixelRatio() const {
    return m_exportSize.isEmpty() ? devicePixelRatioF() : m_exportScale;
}

QRect ChartPlot::plotRect() const {
    const QSize whole = m_exportSize.isEmpty() ? size() : m_exportSize;
    return QRect(QPoint(0, 0), whole).marginsRemoved(m_margins);
}

std::size_t ChartPlot::columnsWanted() const {
    return static_cast<std::size_t>(std::max(0L, std::lround(plotRect().width() * pixelRatio())));
}

int ChartPlot::labelWidth(const std::vector<AxisTick>& ticks) const {
    const QFontMetrics metrics(m_plot->yAxis->tickLabelFont());
    int widest = 0;
    for (const AxisTick& tick : ticks) {
        widest = std::max(widest, metrics.horizontalAdvance(tick.label));
    }
    return widest + kTickPadding + kSpaceRelated;
}

StripGrid ChartPlot::gridOf(const PlotFrame& frame) const {
    StripGrid grid{m_tokens.panel, m_tokens.grid, m_tokens.line, 1, {}};
    grid.lineWidth = std::max(1, static_cast<int>(std::lround(pixelRatio())));
    for (const AxisTick& tick : frame.valueTicks) {
        grid.ticks.push_back(tick.position);
    }
    return grid;
}

namespace {

std::vector<std::int64_t> tickColumns(const PlotFrame& frame) {
    std::vector<std::int64_t> columns;
    for (const AxisTick& tick : frame.timeTicks) {
        const std::int64_t at = static_cast<std::int64_t>(tick.position) + frame.startNs;
        columns.push_back(columnOf(at, frame.geometry.columnNs));
    }
    return columns;
}

void setTicks(QCPAxis* axis, const std::vector<AxisTick>& ticks) {
    auto ticker = axis->ticker().dynamicCast<QCPAxisTickerText>();
    ticker->clear();
    for (const AxisTick& tick : ticks) {
        ticker->addTick(tick.position, tick.label);
    }
}

} // namespace

void ChartPlot::setFrame(PlotFrame frame, const StripColumns& columns, const StripStyle& style,
                         StripColumns::Change change) {
    const double ratio = pixelRatio();
    const int height = static_cast<int>(std::lround(plotRect().height() * ratio));
    m_strip->pixelRatio = ratio;
    m_strip->style = style;
    m_strip->style.grid = gridOf(frame);
    m_strip->image.update(columns, m_strip->style, QSize(static_cast<int>(columns.count()), height),
                          change, tickColumns(frame));
    m_strip->columns = m_exportSize.isEmpty() ? nullptr : &columns;
    const bool hasOtherLabels = frame.valueAxis != m_strip->frame.valueAxis ||
                                frame.valueTicks != m_strip->frame.valueTicks;
    m_strip->frame = std::move(frame);
    m_isFrameNew = true;
    if (hasOtherLabels) {
        invalidateStill();
    } else {
        update(plotRect());
    }
}

void ChartPlot::setMarkers(std::shared_ptr<const std::vector<Marker>> markers) {
    m_marks->markers = std::move(markers);
}

QRect ChartPlot::cursorRect() const {
    const StripGeometry& geometry = m_strip->frame.geometry;
    if (!m_cursorNs || *m_cursorNs < geometry.fromNs() || *m_cursorNs >= geometry.toNs()) {
        return {};
    }
    const QRect area = plotRect();
    const double x = std::floor(xOf(area, geometry, *m_cursorNs));
    return {static_cast<int>(x), area.top(), 1, area.height()};
}

void ChartPlot::setPointer(std::optional<std::int64_t> cursorNs,
                           std::optional<TimeRange> selection) {
    if (m_selection != selection) {
        update(plotRect());
    }
    if (m_cursorNs != cursorNs) {
        update(cursorRect());
    }
    m_cursorNs = cursorNs;
    m_selection = selection;
    update(cursorRect());
}

void ChartPlot::setAxes() {
    const PlotFrame& frame = m_strip->frame;
    setTicks(m_plot->xAxis, frame.timeTicks);
    setTicks(m_plot->yAxis, frame.valueTicks);
    m_plot->xAxis->setRange(static_cast<double>(frame.geometry.fromNs() - frame.startNs),
                            static_cast<double>(frame.geometry.toNs() - frame.startNs));
    m_plot->yAxis->setRange(0, frame.valueAxis.top);
}

void ChartPlot::prepareExport(QSize size, double scale) {
    m_exportSize = size;
    m_exportScale = scale;
}

void ChartPlot::paintTo(QCPPainter& painter, QSize size) {
    setAxes();
    // A picture of pixels has its grid and its time axis in the strip.
    const bool isVector = painter.modes().testFlag(QCPPainter::pmVectorized);
    m_plot->xAxis->setBasePen(isVector ? QPen(m_tokens.line, 1) : QPen(Qt::NoPen));
    m_plot->xAxis->grid()->setVisible(isVector);
    m_plot->yAxis->grid()->setVisible(isVector);
    m_plot->toPainter(&painter, size.width(), size.height());
}

// The axes without what lies within them.
void ChartPlot::paintStill() {
    const double ratio = devicePixelRatioF();
    m_still = QPixmap(QSizeF(QSizeF(size()) * ratio).toSize());
    m_still.setDevicePixelRatio(ratio);
    m_strip->setVisible(false);
    m_marks->setVisible(false);
    QCPPainter painter(&m_still);
    paintTo(painter, size());
    m_strip->setVisible(true);
    m_marks->setVisible(true);
    m_isStillStale = false;
    ++m_stillsPainted;
}

void ChartPlot::paintSelection(QPainter& painter) const {
    const QRect area = plotRect();
    const StripGeometry& geometry = m_strip->frame.geometry;
    if (!m_selection || m_selection->toNs <= geometry.fromNs() ||
        m_selection->fromNs >= geometry.toNs()) {
        return;
    }
    const double from = xOf(area, geometry, m_selection->fromNs);
    const double to = xOf(area, geometry, m_selection->toNs);
    const double left = std::max<double>(area.left(), std::floor(from));
    const double right = std::min<double>(area.left() + area.width(), std::ceil(to));
    QColor shade = m_tokens.accent;
    shade.setAlphaF(m_tokens.isDark ? 0.18F : 0.12F);
    painter.fillRect(QRectF(left, area.top(), right - left, area.height()), shade);
    painter.setPen(QPen(m_tokens.accent, 1));
    if (from >= area.left()) {
        painter.drawLine(QLineF(left, area.top(), left, area.bottom()));
    }
    if (to <= area.left() + area.width()) {
        painter.drawLine(QLineF(right, area.top(), right, area.bottom()));
    }
}

void ChartPlot::paintEvent(QPaintEvent* event) {
    QPainter painter(this);
    const StripGeometry& geometry = m_strip->frame.geometry;
    if (geometry.count == 0) {
        painter.fillRect(event->rect(), m_tokens.panel);
        return;
    }
    if (m_isStillStale || !qFuzzyCompare(m_still.devicePixelRatio(), devicePixelRatioF())) {
        paintStill();
    }
    const QRect area = plotRect();
    const QImage& strip = m_strip->image.image();
    const QSizeF stripSize = QSizeF(strip.size()) / m_strip->pixelRatio;
    const QRect covered = QRect(area.topLeft(), stripSize.toSize()).intersected(area);
    const double ratio = m_still.devicePixelRatio();
    for (const QRect& rect : event->region().subtracted(covered)) {
        painter.drawPixmap(QRectF(rect), m_still,
                           QRectF(QPointF(rect.topLeft()) * ratio, QSizeF(rect.size()) * ratio));
    }
    painter.setClipRegion(event->region().intersected(area));
    paintStrip(painter, area.topLeft(), strip, m_strip->pixelRatio);
    paintMarkers(painter, area, geometry, m_marks->markers.get(), m_tokens);
    paintSelection(painter);
    painter.fillRect(cursorRect(), m_tokens.textSecondary);
    m_replots += m_isFrameNew ? 1 : 0;
    m_isFrameNew = false;
}

void ChartPlot::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    invalidateStill();
}

} // namespace ringscope
