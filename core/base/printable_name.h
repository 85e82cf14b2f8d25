// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

namespace ringscope {

// Names from outside may hold anything, also what a terminal obeys.

// Without control characters, also those of Unicode that turn the direction of text, and without
// bytes that are no UTF-8: "a\nb" becomes "a\012b" and a backslash "\134", so that it can be
// told what the name was.
[[nodiscard]] std::string printableName(std::string_view name);
// Of text in which the kernel has written newlines as \012 already: backslashes stay.
[[nodiscard]] std::string printableKernelName(std::string_view name);

} // namespace ringscope
