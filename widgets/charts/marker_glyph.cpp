// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/charts/marker_glyph.h"

#include <QPolygonF>

namespace ringscope {

QColor markerColor(MarkerKind kind, const ThemeTokens& tokens) {
    switch (kind) {
    case MarkerKind::user:
        return tokens.accent;
    case MarkerKind::phase:
        return tokens.textSecondary;
    case MarkerKind::workerDied:
        return tokens.error;
    case MarkerKind::stall:
    case MarkerKind::loss:
        return tokens.warning;
    case MarkerKind::finding:
        return tokens.error;
    }
    return tokens.textSecondary;
}

QString markerKindName(MarkerKind kind) {
    switch (kind) {
    case MarkerKind::user:
        return QStringLiteral("Marker");
    case MarkerKind::phase:
        return QStringLiteral("Phase");
    case MarkerKind::workerDied:
        return QStringLiteral("Worker died");
    case MarkerKind::stall:
        return QStringLiteral("Stall");
    case MarkerKind::loss:
        return QStringLiteral("Lost samples");
    case MarkerKind::finding:
        return QStringLiteral("Finding");
    }
    return {};
}

void drawMarkerGlyph(QPainter& painter, MarkerKind kind, QPointF c, const ThemeTokens& tokens) {
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing, true);
    const QColor color = markerColor(kind, tokens);
    QPen pen(color, 1.5);
    pen.setCapStyle(Qt::RoundCap);
    pen.setJoinStyle(Qt::RoundJoin);
    painter.setPen(pen);
    painter.setBrush(Qt::NoBrush);
    switch (kind) {
    case MarkerKind::user:
        painter.setBrush(color);
        painter.drawLine(c + QPointF(-3, -4.5), c + QPointF(-3, 4.5));
        painter.drawPolygon(
            QPolygonF({c + QPointF(-3, -4.5), c + QPointF(4, -2), c + QPointF(-3, 0.5)}));
        break;
    case MarkerKind::phase:
        painter.drawLine(c + QPointF(0, -4.5), c + QPointF(0, 4.5));
        painter.drawLine(c + QPointF(-3, -4.5), c + QPointF(3, -4.5));
        break;
    case MarkerKind::workerDied:
        painter.drawLine(c + QPointF(-3.5, -3.5), c + QPointF(3.5, 3.5));
        painter.drawLine(c + QPointF(-3.5, 3.5), c + QPointF(3.5, -3.5));
        break;
    case MarkerKind::stall:
        painter.drawLine(c + QPointF(-2, -3.5), c + QPointF(-2, 3.5));
        painter.drawLine(c + QPointF(2, -3.5), c + QPointF(2, 3.5));
        break;
    case MarkerKind::loss:
        painter.drawPolygon(QPolygonF({c + QPointF(0, -4.5), c + QPointF(4.5, 0),
                                       c + QPointF(0, 4.5), c + QPointF(-4.5, 0)}));
        break;
    case MarkerKind::finding:
        painter.drawEllipse(c, 4, 4);
        painter.setBrush(color);
        painter.drawEllipse(c, 0.8, 0.8);
        break;
    }
    painter.restore();
}

} // namespace ringscope
