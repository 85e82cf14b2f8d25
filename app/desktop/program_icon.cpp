// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/program_icon.h"

#include <QString>
#include <QtGlobal>

// Outside any namespace: Q_INIT_RESOURCE declares a function.
static void initIconResources() {
    Q_INIT_RESOURCE(ringscope_icons);
}

namespace ringscope {

void initIcons() {
    initIconResources();
}

QIcon programIcon() {
    QIcon icon;
    for (const int size : {16, 24, 32, 48, 64, 128, 256}) {
        icon.addFile(
            QStringLiteral(":/ringscope/icons/hicolor/%1x%1/org.ringscope.Ringscope.png").arg(size),
            QSize(size, size));
    }
    return icon;
}

} // namespace ringscope
