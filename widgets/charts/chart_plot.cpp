// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/charts/chart_plot.h"

#include <QFontMetrics>
#include <QResizeEvent>
#include <QWindow>

#include <qcustomplot.h>

#include <algorithm>
#include <cmath>

#include "widgets/charts/marker_glyph.h"

namespace ringscope {

namespace {

constexpr int kTickPadding = 6;

// Time to the x coordinate of an axis rect.
double xOf(const QCPAxisRect& rect, const PlotFrame& frame, std::int64_t timeNs) {
    const double span = static_cast<double>(frame.geometry.toNs() - frame.geometry.fromNs());
    return rect.left() + static_cast<double>(timeNs - frame.geometry.fromNs()) /
                             std::max(1.0, span) * rect.width();
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
            QImage picture = image.image();
            picture.setDevicePixelRatio(pixelRatio);
            painter->drawImage(QPointF(rect->topLeft()), picture);
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
    std::vector<Marker> markers;

protected:
    void applyDefaultAntialiasingHint(QCPPainter* painter) const override {
        painter->setAntialiasing(false);
    }
    void draw(QCPPainter* painter) override {
        const QCPAxisRect* rect = parentPlot()->axisRect();
        const StripGeometry& geometry = m_strip->frame.geometry;
        double last = -1e9;
        for (const Marker& marker : markers) {
            if (marker.timeNs < geometry.fromNs() || marker.timeNs >= geometry.toNs()) {
                continue;
            }
            const double x = std::floor(xOf(*rect, m_strip->frame, marker.timeNs));
            if (x - last < 2) {
                continue;
            }
            last = x;
            QColor color = markerColor(marker.kind, tokens);
            color.setAlphaF(0.7F);
            painter->setPen(QPen(color, 1, Qt::DashLine));
            painter->drawLine(QLineF(x, rect->top(), x, rect->bottom()));
        }
    }

private:
    const Strip* m_strip;
};

class ChartPlot::Pointer : public QCPLayerable {
public:
    Pointer(QCustomPlot* plot, const Strip* strip)
        : QCPLayerable(plot, QStringLiteral("pointer"))
        , m_strip(strip) {}

    ThemeTokens tokens;
    std::optional<std::int64_t> cursorNs;
    std::optional<TimeRange> selection;

protected:
    void applyDefaultAntialiasingHint(QCPPainter* painter) const override {
        painter->setAntialiasing(false);
    }
    void draw(QCPPainter* painter) override {
        const QCPAxisRect* rect = parentPlot()->axisRect();
        const StripGeometry& geometry = m_strip->frame.geometry;
        if (selection && selection->toNs > geometry.fromNs() &&
            selection->fromNs < geometry.toNs()) {
            drawSelection(painter, *rect);
        }
        if (cursorNs && *cursorNs >= geometry.fromNs() && *cursorNs < geometry.toNs()) {
            const double x = std::floor(xOf(*rect, m_strip->frame, *cursorNs));
            painter->setPen(QPen(tokens.textSecondary, 1));
            painter->drawLine(QLineF(x, rect->top(), x, rect->bottom()));
        }
    }

private:
    void drawSelection(QCPPainter* painter, const QCPAxisRect& rect) const {
        const double from = xOf(rect, m_strip->frame, selection->fromNs);
        const double to = xOf(rect, m_strip->frame, selection->toNs);
        const double left = std::max<double>(rect.left(), std::floor(from));
        const double right = std::min<double>(rect.left() + rect.width(), std::ceil(to));
        QColor shade = tokens.accent;
        shade.setAlphaF(tokens.isDark ? 0.18F : 0.12F);
        painter->fillRect(QRectF(left, rect.top(), right - left, rect.height()), shade);
        painter->setPen(QPen(tokens.accent, 1));
        if (from >= rect.left()) {
            painter->drawLine(QLineF(left, rect.top(), left, rect.bottom()));
        }
        if (to <= rect.left() + rect.width()) {
            painter->drawLine(QLineF(right, rect.top(), right, rect.bottom()));
        }
    }

    const Strip* m_strip;
};

ChartPlot::ChartPlot(QWidget* parent)
    : QWidget(parent)
    , m_plot(new QCustomPlot(this)) {
    m_plot->setAttribute(Qt::WA_TransparentForMouseEvents);
    m_plot->setFocusPolicy(Qt::NoFocus);
    m_plot->setInteractions(QCP::iNone);
    m_plot->setAutoAddPlottableToLegend(false);
    m_plot->setNotAntialiasedElements(QCP::aeAll);
    m_plot->addLayer(QStringLiteral("pointer"));
    m_plot->layer(QStringLiteral("pointer"))->setMode(QCPLayer::lmBuffered);
    m_plot->axisRect()->setAutoMargins(QCP::msNone);
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
    m_pointer = new Pointer(m_plot, m_strip);
    QObject::connect(m_plot, &QCustomPlot::afterReplot, this, [this] { ++m_replots; });
    setLabelFont(bodyFont());
    setTheme(lightTokens());
}

ChartPlot::~ChartPlot() = default;

void ChartPlot::setTheme(const ThemeTokens& tokens) {
    m_marks->tokens = tokens;
    m_pointer->tokens = tokens;
    m_plot->setBackground(QBrush(tokens.panel));
    for (QCPAxis* axis : {m_plot->xAxis, m_plot->yAxis}) {
        axis->setBasePen(axis == m_plot->xAxis ? QPen(tokens.line, 1) : QPen(Qt::NoPen));
        axis->setTickPen(Qt::NoPen);
        axis->setTickLabelColor(tokens.textSecondary);
        axis->grid()->setPen(QPen(tokens.grid, 1));
        axis->grid()->setZeroLinePen(QPen(tokens.line, 1));
    }
    if (m_exportScale <= 0 && !m_plot->size().isEmpty() && m_strip->frame.geometry.count > 0) {
        m_plot->replot(QCustomPlot::rpQueuedReplot);
    }
}

void ChartPlot::setLabelFont(const QFont& font) {
    m_plot->xAxis->setTickLabelFont(font);
    m_plot->yAxis->setTickLabelFont(font);
}

void ChartPlot::setTimeLabelsShown(bool areShown) {
    m_plot->xAxis->setTickLabels(areShown);
}

void ChartPlot::setPlotMargins(const QMargins& margins) {
    m_plot->axisRect()->setMargins(margins);
    // Laid out at once, so that plotRect() is right for the data that comes next.
    m_plot->axisRect()->setOuterRect(m_plot->viewport());
}

QRect ChartPlot::plotRect() const {
    return m_plot->axisRect()->rect();
}

std::size_t ChartPlot::columnsWanted() const {
    const double ratio = m_exportScale > 0 ? m_exportScale : devicePixelRatioF();
    return static_cast<std::size_t>(std::max(0L, std::lround(m_plot->axisRect()->width() * ratio)));
}

int ChartPlot::labelWidth(const std::vector<AxisTick>& ticks) const {
    const QFontMetrics metrics(m_plot->yAxis->tickLabelFont());
    int widest = 0;
    for (const AxisTick& tick : ticks) {
        widest = std::max(widest, metrics.horizontalAdvance(tick.label));
    }
    return widest + kTickPadding + kSpaceRelated;
}

namespace {

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
    const double ratio = m_exportScale > 0 ? m_exportScale : devicePixelRatioF();
    const int height = static_cast<int>(std::lround(m_plot->axisRect()->height() * ratio));
    m_strip->pixelRatio = ratio;
    m_strip->image.update(columns, style, QSize(static_cast<int>(columns.count()), height), change);
    m_strip->style = style;
    m_strip->columns = m_exportScale > 0 ? &columns : nullptr;
    setTicks(m_plot->xAxis, frame.timeTicks);
    setTicks(m_plot->yAxis, frame.valueTicks);
    m_plot->xAxis->setRange(static_cast<double>(frame.geometry.fromNs() - frame.startNs),
                            static_cast<double>(frame.geometry.toNs() - frame.startNs));
    m_plot->yAxis->setRange(0, frame.valueAxis.top);
    m_strip->frame = std::move(frame);
    if (m_exportScale <= 0) {
        m_plot->replot(QCustomPlot::rpQueuedReplot);
    }
}

void ChartPlot::setMarkers(const std::vector<Marker>& markers) {
    m_marks->markers = markers;
}

void ChartPlot::setPointer(std::optional<std::int64_t> cursorNs,
                           std::optional<TimeRange> selection) {
    if (m_pointer->cursorNs == cursorNs && m_pointer->selection == selection) {
        return;
    }
    m_pointer->cursorNs = cursorNs;
    m_pointer->selection = selection;
    // Before the first replot the layer has no buffer.
    if (m_replots > 0) {
        m_plot->layer(QStringLiteral("pointer"))->replot();
    }
}

void ChartPlot::prepareExport(QSize size, double scale) {
    m_exportScale = scale;
    m_plot->setViewport(QRect(QPoint(0, 0), size));
    m_plot->axisRect()->setOuterRect(m_plot->viewport());
}

void ChartPlot::paintTo(QCPPainter& painter, QSize size) {
    m_plot->toPainter(&painter, size.width(), size.height());
}

void ChartPlot::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    if (event->size().isEmpty()) {
        return; // QCustomPlot would draw into a picture of no size, and warn of it
    }
    // QCustomPlot 2.1.0 reads the pixel ratio in its constructor only.
    if (!qFuzzyCompare(m_plot->bufferDevicePixelRatio(), devicePixelRatioF())) {
        m_plot->setBufferDevicePixelRatio(devicePixelRatioF());
    }
    m_plot->setGeometry(rect());
    m_plot->axisRect()->setOuterRect(m_plot->viewport());
}

} // namespace ringscope
