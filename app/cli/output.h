// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <iosfwd>
#include <string>

#include "core/base/expected.h"

namespace ringscope {

[[nodiscard]] bool isSameFile(const std::string& a, const std::string& b);

// Calls write with the file of that path, "-" being standard output. All or nothing: a file that
// was there stays as it is until the new one is whole, then that takes its place, with its mode and
// owner, also where a symbolic link leads; half a table looks like a whole one. Devices, pipes and
// what the shell has opened are written in place. Errors: write's, and failed with the path and the
// reason.
[[nodiscard]] Expected<void> writeOutput(const std::string& path,
                                         const std::function<Expected<void>(std::ostream&)>& write);

} // namespace ringscope
