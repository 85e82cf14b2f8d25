// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/charts/time_axis.h"

#include <QHelpEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>
#include <QWheelEvent>

#include <algorithm>
#include <cmath>

#include "core/base/clock.h"
#include "core/base/units.h"
#include "widgets/charts/axis_ticks.h"
#include "widgets/charts/marker_glyph.h"
#include "widgets/charts/time_link.h"
#include "widgets/theme/theme.h"

namespace ringscope {

namespace {

constexpr int kGlyphRow = 14; // height
constexpr int kMapRow = 12;
constexpr int kMapMark = 8; // side
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
    const bool isNew =
        !view || !m_view || view->markers != m_view->markers || view->maps != m_view->maps;
    m_view = std::move(view);
    if (isNew) {
        setFixedHeight(labelTop() + kLabelRow);
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

bool TimeAxis::hasMaps() const {
    return m_view && m_view->maps && !m_view->maps->empty();
}

int TimeAxis::labelTop() const {
    return kGlyphRow + (hasMaps() ? kMapRow : 0);
}

const MapRecord* TimeAxis::mapAt(const QPoint& position) const {
    if (!hasMaps() || position.y() < kGlyphRow - 2 || position.y() >= kGlyphRow + kMapRow) {
        return nullptr;
    }
    const MapRecord* nearest = nullptr;
    double distance = kGlyphReach + 1;
    for (const auto& map : *m_view->maps) {
        const double away = std::abs(xOf(map->timeNs) - position.x());
        if (away < distance) {
            nearest = map.get();
            distance = away;
        }
    }
    return nearest;
}

QSize TimeAxis::sizeHint() const {
    return {400, labelTop() + kLabelRow};
}

QSize TimeAxis::minimumSizeHint() const {
    return {120, labelTop() + kLabelRow};
}

// Where they are dense one mark stands for several.
void TimeAxis::paintMaps(QPainter& painter) const {
    if (!hasMaps()) {
        return;
    }
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    const QColor color = m_theme.tokens().accent;
    painter.setPen(QPen(color, 1.5));
    double last = -kMapMark;
    for (const auto& map : *m_view->maps) {
        const double x = std::floor(xOf(map->timeNs));
        if (map->timeNs < m_geometry.fromNs() || map->timeNs >= m_geometry.toNs() ||
            x - last < kMapMark / 2.0) {
            continue;
        }
        last = x;
        const QRectF box(x - kMapMark / 2.0, kGlyphRow + (kMapRow - kMapMark) / 2.0, kMapMark,
                         kMapMark);
        painter.setBrush(Qt::NoBrush);
        painter.drawRect(box);
        painter.fillRect(box.adjusted(0, kMapMark / 2.0, 0, 0), color);
    }
    painter.restore();
}

QString TimeAxis::mapText(const MapRecord& map) const {
    QStringList names;
    for (const auto& other : *m_view->maps) {
        if (other->reason == map.reason && std::abs(other->timeNs - map.timeNs) < kMapsTogetherNs) {
            names << QString::fromStdString(other->label);
        }
    }
    names.removeDuplicates();
    constexpr int kMostNames = 6;
    QString of = names.mid(0, kMostNames).join(QStringLiteral(", "));
    if (names.size() > kMostNames) {
        of += tr(" and %1 more").arg(names.size() - kMostNames);
    }
    QString text =
        tr("Memory map of %1, %2")
            .arg(of, formatMoment(map.timeNs - timeZeroNs(*m_view), m_geometry.columnNs));
    if (!map.reason.empty()) {
        text += QStringLiteral("\n") + QString::fromStdString(map.reason);
    }
    return text + QStringLiteral("\n") + tr("Click to see it");
}

void TimeAxis::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    if (!m_view || m_width <= 0 || m_geometry.count == 0) {
        return;
    }
    const ThemeTokens& tokens = m_theme.tokens();
    paintSelection(painter);
    const QString text = cursorText();
    const QRect badge = text.isEmpty() ? QRect() : cursorBadge(text);
    paintTicks(painter, badge);
    if (m_view->markers) {
        for (const Marker& marker : *m_view->markers) {
            if (marker.timeNs >= m_geometry.fromNs() && marker.timeNs < m_geometry.toNs()) {
                drawMarkerGlyph(painter, marker.kind, QPointF(xOf(marker.timeNs), kGlyphRow / 2.0),
                                tokens);
            }
        }
    }
    paintMaps(painter);
    if (!badge.isEmpty()) {
        painter.setRenderHint(QPainter::Antialiasing);
        painter.setPen(Qt::NoPen);
        painter.setBrush(tokens.text);
        painter.drawRoundedRect(badge, 3, 3);
        painter.setPen(tokens.panel);
        painter.drawText(badge, Qt::AlignCenter, text);
    }
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

TimeAxis::Label TimeAxis::labelOf(const QString& text) const {
    for (const Label& label : m_labels) {
        if (label.text == text) {
            return label;
        }
    }
    Label label{text, QStaticText(text), QFontMetrics(font()).horizontalAdvance(text)};
    label.shaped.setTextFormat(Qt::PlainText);
    return label;
}

// A label at an edge is moved inwards rather than cut; one below the badge is left out.
void TimeAxis::paintTicks(QPainter& painter, const QRect& badge) {
    const ThemeTokens& tokens = m_theme.tokens();
    const int top = labelTop() + (kLabelRow - QFontMetrics(font()).height()) / 2;
    const std::int64_t zero = timeZeroNs(*m_view);
    std::vector<Label> labels;
    for (const AxisTick& tick :
         timeTicks({m_geometry.fromNs(), m_geometry.toNs()}, zero, m_width / kPixelsPerTick)) {
        const Label& label = labels.emplace_back(labelOf(tick.label));
        const double x = std::floor(xOf(static_cast<std::int64_t>(tick.position) + zero));
        const int left = std::clamp(static_cast<int>(x) - label.width / 2, 0,
                                    std::max(0, this->width() - label.width - 2));
        painter.setPen(tokens.line);
        painter.drawLine(QPointF(x, 0), QPointF(x, 4));
        if (!QRect(left, labelTop(), label.width + 2, kLabelRow).intersects(badge)) {
            painter.setPen(tokens.textSecondary);
            painter.drawStaticText(left, top, label.shaped);
        }
    }
    m_labels = std::move(labels);
}

QString TimeAxis::cursorText() const {
    const auto cursor = m_link.cursor();
    if (!cursor || *cursor < m_geometry.fromNs() || *cursor >= m_geometry.toNs()) {
        return {};
    }
    QString text = formatMoment(*cursor - timeZeroNs(*m_view), m_geometry.columnNs);
    if (m_link.selection()) {
        text += QStringLiteral("  ") +
                tr("range %1")
                    .arg(QString::fromStdString(formatDuration(m_link.selection()->spanNs())));
    }
    return text;
}

QRect TimeAxis::cursorBadge(const QString& text) const {
    const int width = QFontMetrics(font()).horizontalAdvance(text) + 12;
    const int left = std::clamp(static_cast<int>(xOf(m_link.cursor().value_or(0))) - width / 2, 0,
                                std::max(0, this->width() - width));
    return {left, labelTop(), width, kLabelRow - 1};
}

void TimeAxis::mousePressEvent(QMouseEvent* event) {
    m_pressedNs = timeAt(event->pos().x());
    m_pressedAt = event->pos();
}

void TimeAxis::mouseReleaseEvent(QMouseEvent* event) {
    const bool isClick = event->button() == Qt::LeftButton &&
                         (event->pos() - m_pressedAt).manhattanLength() < kGlyphReach;
    if (const MapRecord* const map = isClick ? mapAt(event->pos()) : nullptr) {
        Q_EMIT mapChosen(map->timeNs);
    }
}

void TimeAxis::mouseMoveEvent(QMouseEvent* event) {
    if (event->buttons() != Qt::NoButton) {
        m_link.pan(m_pressedNs - timeAt(event->pos().x()));
    }
    setCursor(mapAt(event->pos()) != nullptr ? Qt::PointingHandCursor : Qt::ArrowCursor);
}

// On the mark of a map it is two clicks, of which the first has opened that map.
void TimeAxis::mouseDoubleClickEvent(QMouseEvent* event) {
    m_pressedNs = timeAt(event->pos().x());
    m_pressedAt = QPoint(-2 * kGlyphReach, -2 * kGlyphReach); // its release is no click
    if (mapAt(event->pos()) == nullptr) {
        m_link.resume();
    }
}

void TimeAxis::wheelEvent(QWheelEvent* event) {
    m_link.zoom(std::pow(1.2, -event->angleDelta().y() / 120.0),
                timeAt(static_cast<int>(event->position().x())));
    event->accept();
}

bool TimeAxis::event(QEvent* event) {
    if (event->type() == QEvent::ToolTip) {
        const auto* help = static_cast<QHelpEvent*>(event);
        if (const MapRecord* const map = mapAt(help->pos())) {
            QToolTip::showText(help->globalPos(), mapText(*map), this);
        } else if (const Marker* marker = markerAt(help->pos())) {
            QToolTip::showText(
                help->globalPos(),
                markerKindName(marker->kind) + QStringLiteral(" ") +
                    formatMoment(marker->timeNs - timeZeroNs(*m_view), m_geometry.columnNs) +
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
