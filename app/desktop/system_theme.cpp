// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/system_theme.h"

#include <QGuiApplication>
#include <QPalette>

namespace ringscope {

bool isSystemDark() {
    // Qt 6.4 has no colour scheme to ask for; the palette it starts with is what the platform says.
    static const bool isDark = [] {
        const QPalette palette = QGuiApplication::palette();
        return palette.color(QPalette::Window).lightness() <
               palette.color(QPalette::WindowText).lightness();
    }();
    return isDark;
}

} // namespace ringscope
