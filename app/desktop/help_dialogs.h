// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

class QWidget;

namespace ringscope {

class WindowActions;

// Opens the list of every key and gesture. Returns at once; the window deletes itself.
void showShortcuts(QWidget& parent, const WindowActions& actions);
// Opens versions, licences and 'Copy system info'.
void showAbout(QWidget& parent);
// Versions of Ringscope, Qt and the machine, as one pastes into a bug report.
[[nodiscard]] QString systemInfo();

} // namespace ringscope
