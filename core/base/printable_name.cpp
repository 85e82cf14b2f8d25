// SPDX-License-Identifier: MIT
#include "core/base/printable_name.h"

#include <array>
#include <cstdio>

namespace ringscope {

namespace {

std::string escaped(std::string_view name, bool isBackslashKept) {
    std::string text;
    for (const char letter : name) {
        const auto byte = static_cast<unsigned char>(letter);
        if (byte >= 0x20 && byte != 0x7F && (letter != '\\' || isBackslashKept)) {
            text += letter;
            continue;
        }
        std::array<char, 8> octal{};
        std::snprintf(octal.data(), octal.size(), "\\%03o", static_cast<unsigned>(byte));
        text += octal.data();
    }
    return text;
}

} // namespace

std::string printableName(std::string_view name) {
    return escaped(name, false);
}

std::string printableKernelName(std::string_view name) {
    return escaped(name, true);
}

} // namespace ringscope
