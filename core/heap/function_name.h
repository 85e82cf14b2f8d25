// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace ringscope {

// The standard library's long names as they are written in source: "std::string" for
// "std::__cxx11::basic_string<char, ...>", and without default allocators and comparisons. To be
// read; what is searched, compared and exported is whole.
[[nodiscard]] std::string shortFunctionName(std::string name);

} // namespace ringscope
