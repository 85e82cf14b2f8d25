// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <iosfwd>
#include <string>

#include "core/base/expected.h"

namespace ringscope {

[[nodiscard]] bool isSameFile(const std::string& a, const std::string& b);

// Calls write with the file of that path, "-" being standard output. A file that could not be
// written whole is removed: half a table looks like a whole one. Errors: write's, and failed with
// the path and the reason.
[[nodiscard]] Expected<void> writeOutput(const std::string& path,
                                         const std::function<Expected<void>(std::ostream&)>& write);

} // namespace ringscope
