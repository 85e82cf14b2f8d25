// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace ringscope {

// Whether the desktop asks for dark windows, as its palette said when the program started. Call
// once before the first palette of ours is set, so that it is remembered. GUI thread.
[[nodiscard]] bool isSystemDark();

} // namespace ringscope
