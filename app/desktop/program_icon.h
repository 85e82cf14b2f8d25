// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QIcon>

namespace ringscope {

// Makes the compiled-in icons (resources/ringscope_icons.qrc) known to Qt. Call once before the
// first icon is asked for: without it the linker drops them and every icon is silently empty.
void initIcons();

// The program's own icon, from 16 to 256 pixels. After initIcons().
[[nodiscard]] QIcon programIcon();

} // namespace ringscope
