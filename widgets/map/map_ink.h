// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QColor>
#include <QString>

#include <cmath>

namespace ringscope {

// A colour let through to the ground it lies on: share 1 is the colour itself, 0 the ground.
[[nodiscard]] inline QColor pale(const QColor& color, const QColor& ground, double share) {
    const auto mix = [share](int over, int under) {
        return static_cast<int>(std::lround(under + share * (over - under)));
    };
    return {mix(color.red(), ground.red()), mix(color.green(), ground.green()),
            mix(color.blue(), ground.blue())};
}

// How much is left of what is not of the selected type.
inline constexpr double kDimmed = 0.3;

// "0x7f3a80000000".
[[nodiscard]] inline QString addressText(quint64 address) {
    return QStringLiteral("0x%1").arg(address, 0, 16);
}

} // namespace ringscope
