// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "core/base/file_descriptor.h"
#include "core/memory/address_space.h"
#include "core/memory/smaps_parser.h"

namespace ringscope::testing {

// Text of tests/core/memory/smaps/, as Linux 6.18 wrote it for real programs.
inline std::string smapsText(const std::string& name) {
    return readFile(RINGSCOPE_SMAPS_FIXTURES "/" + name + ".smaps").value();
}

inline AddressSpace addressSpaceOf(std::string_view smaps) {
    AddressSpace space;
    space.map = parseSmaps(smaps);
    return space;
}

} // namespace ringscope::testing
