// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/charts/time_axis.h"

#include <QHelpEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>
#include <QWheelEvent>

#include <algorithm>
#include <cmath>

#include "core/base/units.h"
#include "widgets/charts/axis_ticks.h"
#include "widgets/charts/marker_glyph.h"
#include "widgets/charts/time_link.h"
#include "widgets/theme/theme.h"

namespace ringscope {

namespace {

constexpr int kGlyphRow = 14; // height
constexpr int kLabelRow = 18;
constexpr int kPixelsPerTick = 110;
constexpr int kGlyphReach = 6;

} // namespace

TimeAxis::TimeAxis(Theme& theme, TimeLink& link, QWidget* parent)
    : QWidget(parent)
    , m_theme(theme)
    , m_link(link) {
    setFixedHeight(kGlyphRow + kLabelRow);
    setFont(bodyFont());
    setMouseTracking(true);
    setAccessibleName(tr("Time axis"));
    connect(&theme, &Theme::changed, this, qOverload<>(&QWidget::update));
    connect(&link, &TimeLink::cursorChanged, this, qOverload<>(&QWidget::update));
    connect(&link, &TimeLink::selectionChanged, this, qOverload<>(&QWidget::update));
}

void TimeAxis::setView(std::shared_ptr<const SessionView> view) {
    const bool isNew = !view || !m_view || view->markers != m_view->markers;
    m_view = std::move(view);
    if (isNew) {
        update();
    }
}

void TimeAxis::setPlot(int left, int width, const StripGeometry& geometry) {
    if (left != m_left || width != m_width || geometry != m_geometry) {
        m_left = left;
        m_width = width;
        m_geometry = geometry;
        update();
    }
}

double TimeAxis::xOf(std::int64_t timeNs) const {
    const auto span =
        static_cast<double>(std::max<std::int64_t>(1, m_geometry.toNs() - m_geometry.fromNs()));
    return m_left + static_cast<double>(timeNs - m_geometry.fromNs()) / span * m_width;
}

std::int64_t TimeAxis::timeAt(int x) const {
    const TimeRange visible = m_link.visible();
    return visible.fromNs + std::llround((x - m_left) / static_cast<double>(std::max(1, m_width)) *
                                         static_cast<double>(visible.spanNs()));
}

const Marker* TimeAxis::markerAt(const QPoint& position) const {
    const Marker* nearest = nullptr;
    double distance = kGlyphReach + 1;
    if (m_view && m_view->markers) {
        for (const Marker& marker : *m_view->markers) {
            const double away = std::abs(xOf(marker.timeNs) - position.x());
            if (away < distance) {
                nearest = &marker;
                distance = away;
            }
        }
    }
    return nearest;
}

QSize TimeAxis::sizeHint() const {
    return {400, kGlyphRow + kLabelRow};
}

QSize TimeAxis::minimumSizeHint() const {
    return {120, kGlyphRow + kLabelRow};
}

void TimeAxis::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    if (!m_view || m_width <= 0 || m_geometry.count == 0) {
        return;
    }
    const ThemeTokens& tokens = m_theme.tokens();
    paintSelection(painter);
    const QFontMetrics metrics(font());
    for (const AxisTick& tick : timeTicks({m_geometry.fromNs(), m_geometry.toNs()}, m_view->startNs,
                                          m_width / kPixelsPerTick)) {
        const double x = xOf(static_cast<std::int64_t>(tick.position) + m_view->startNs);
        const int width = metrics.horizontalAdvance(tick.label);
        // A label at an edge is moved inwards rather than cut.
        const int left = std::clamp(static_cast<int>(std::lround(x)) - width / 2, 0,
                                    std::max(0, this->width() - width));
        painter.setPen(tokens.line);
        painter.drawLine(QPointF(std::floor(x), 0), QPointF(std::floor(x), 4));
        painter.setPen(tokens.textSecondary);
        painter.drawText(QRect(left, kGlyphRow, width + 2, kLabelRow),
                         Qt::AlignLeft | Qt::AlignVCenter, tick.label);
    }
    if (m_view->markers) {
        for (const Marker& marker : *m_view->markers) {
            if (marker.timeNs >= m_geometry.fromNs() && marker.timeNs < m_geometry.toNs()) {
                drawMarkerGlyph(painter, marker.kind, QPointF(xOf(marker.timeNs), kGlyphRow / 2.0),
                                tokens);
            }
        }
    }
    paintCursor(painter);
}

void TimeAxis::paintSelection(QPainter& painter) const {
    const auto selection = m_link.selection();
    if (!selection) {
        return;
    }
    const double from = std::max<double>(m_left, xOf(selection->fromNs));
    const double to = std::min<double>(m_left + m_width, xOf(selection->toNs));
    if (to <= from) {
        return;
    }
    QColor shade = m_theme.tokens().accent;
    shade.setAlphaF(m_theme.tokens().isDark ? 0.18F : 0.12F);
    painter.fillRect(QRectF(from, 0, to - from, height()), shade);
    painter.fillRect(QRectF(from, 0, to - from, 2), m_theme.tokens().accent);
}

void TimeAxis::paintCursor(QPainter& painter) const {
    const auto cursor = m_link.cursor();
    if (!cursor || *cursor < m_geometry.fromNs() || *cursor >= m_geometry.toNs()) {
        return;
    }
    const ThemeTokens& tokens = m_theme.tokens();
    QString text = formatMoment(*cursor - m_view->startNs, m_geometry.columnNs);
    if (m_link.selection()) {
        text += QStringLiteral("  ") +
                tr("range %1")
                    .arg(QString::fromStdString(formatDuration(m_link.selection()->spanNs())));
    }
    const int width = QFontMetrics(font()).horizontalAdvance(text) + 12;
    const int left = std::clamp(static_cast<int>(xOf(*cursor)) - width / 2, 0,
                                std::max(0, this->width() - width));
    const QRect badge(left, kGlyphRow, width, kLabelRow - 1);
    painter.setPen(Qt::NoPen);
    painter.setBrush(tokens.text);
    painter.drawRoundedRect(badge, 2, 2);
    painter.setPen(tokens.panel);
    painter.drawText(badge, Qt::AlignCenter, text);
}

void TimeAxis::mousePressEvent(QMouseEvent* event) {
    m_pressedNs = timeAt(event->pos().x());
}

void TimeAxis::mouseMoveEvent(QMouseEvent* event) {
    if (event->buttons() != Qt::NoButton) {
        m_link.pan(m_pressedNs - timeAt(event->pos().x()));
    }
}

void TimeAxis::mouseDoubleClickEvent(QMouseEvent*) {
    m_link.resume();
}

void TimeAxis::wheelEvent(QWheelEvent* event) {
    m_link.zoom(std::pow(1.2, -event->angleDelta().y() / 120.0),
                timeAt(static_cast<int>(event->position().x())));
    event->accept();
}

bool TimeAxis::event(QEvent* event) {
    if (event->type() == QEvent::ToolTip) {
        const auto* help = static_cast<QHelpEvent*>(event);
        if (const Marker* marker = markerAt(help->pos())) {
            QToolTip::showText(
                help->globalPos(),
                markerKindName(marker->kind) + QStringLiteral(" ") +
                    formatMoment(marker->timeNs - m_view->startNs, m_geometry.columnNs) +
                    QStringLiteral("\n") + QString::fromStdString(marker->text),
                this);
        } else {
            QToolTip::hideText();
        }
        return true;
    }
    return QWidget::event(event);
}

} // namespace ringscope
