// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/desktop/command_line.h"
#include "core/base/expected.h"

namespace ringscope {

// `ringscope screenshot`: shows a real session in the real window, and writes the window and each
// pane as PNG. Needs a QApplication, on its thread; no display.
[[nodiscard]] Expected<void> runScreenshot(const ScreenshotCommand& command);

} // namespace ringscope
