// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

namespace ringscope {

// Why nothing can be shown on this X display (the text of DISPLAY), in words; empty when something
// listens there, or when only Qt can tell, as of one on another machine. Qt itself ends the program
// with an abort.
[[nodiscard]] std::string whyNoDisplay(const std::string& display);

} // namespace ringscope
