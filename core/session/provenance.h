// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "core/session/session_view.h"

namespace ringscope {

// What can be said about where and when a session is made, starting now. scenario: its name, or
// what was attached to.
[[nodiscard]] Provenance makeProvenance(std::string scenario);

} // namespace ringscope
