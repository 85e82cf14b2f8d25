// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QColor>
#include <QPainter>
#include <QPointF>
#include <QString>

#include "core/session/session_view.h"
#include "widgets/theme/theme_tokens.h"

namespace ringscope {

// Each kind of marker has a colour and a shape of its own, so that neither is needed to tell them
// apart: flag, tick, cross, bars, diamond, ring.
[[nodiscard]] QColor markerColor(MarkerKind kind, const ThemeTokens& tokens);
[[nodiscard]] QString markerKindName(MarkerKind kind);
// Within 10 x 10 units around the centre.
void drawMarkerGlyph(QPainter& painter, MarkerKind kind, QPointF center, const ThemeTokens& tokens);

} // namespace ringscope
