// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QIcon>
#include <QString>

#include "widgets/theme/theme_tokens.h"

namespace ringscope {

// An icon of resources/icons/actions by name ("run", "stop", "export"), its strokes in the theme's
// text colour, disabled and checked states included; crisp at any size and pixel ratio. A null icon
// when there is none of that name. Make it anew when the theme changes.
[[nodiscard]] QIcon themedIcon(const QString& name, const ThemeTokens& tokens);

} // namespace ringscope
