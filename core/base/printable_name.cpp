// SPDX-License-Identifier: MIT
#include "core/base/printable_name.h"

#include <array>
#include <cstdint>
#include <cstdio>

namespace ringscope {

namespace {

// The bytes of the UTF-8 letter that text starts with; 0: it starts with none, by Table 3-7 of the
// Unicode standard.
std::size_t letterBytes(std::string_view text) {
    const auto at = [text](std::size_t i) {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
    };
    const unsigned first = at(0);
    if (first < 0x80) {
        return 1;
    }
    const std::size_t bytes = first >= 0xC2 && first <= 0xDF   ? 2
                              : first >= 0xE0 && first <= 0xEF ? 3
                              : first >= 0xF0 && first <= 0xF4 ? 4
                                                               : 0;
    for (std::size_t i = 1; i < bytes; ++i) {
        if ((at(i) & 0xC0U) != 0x80U) {
            return 0;
        }
    }
    const bool isOtherwise = (first == 0xE0 && at(1) < 0xA0) || (first == 0xED && at(1) > 0x9F) ||
                             (first == 0xF0 && at(1) < 0x90) || (first == 0xF4 && at(1) > 0x8F);
    return isOtherwise ? 0 : bytes;
}

std::uint32_t codePoint(std::string_view letter) {
    constexpr std::array<unsigned, 5> kFirstBits = {0, 0x7F, 0x1F, 0x0F, 0x07};
    std::uint32_t value = static_cast<unsigned char>(letter[0]) & kFirstBits[letter.size()];
    for (const char c : letter.substr(1)) {
        value = value << 6U | (static_cast<unsigned char>(c) & 0x3FU);
    }
    return value;
}

// What a terminal obeys, or what turns the direction of the text behind it.
bool isControl(std::uint32_t letter) {
    return letter < 0x20 || (letter >= 0x7F && letter < 0xA0) || letter == 0x200E ||
           letter == 0x200F || (letter >= 0x202A && letter <= 0x202E) ||
           (letter >= 0x2066 && letter <= 0x2069);
}

std::string escaped(std::string_view name, bool isBackslashKept) {
    std::string text;
    while (!name.empty()) {
        const std::size_t bytes = letterBytes(name);
        const std::string_view letter = name.substr(0, bytes == 0 ? 1 : bytes);
        name.remove_prefix(letter.size());
        if (bytes != 0 && !isControl(codePoint(letter)) && (letter != "\\" || isBackslashKept)) {
            text += letter;
            continue;
        }
        for (const char c : letter) {
            std::array<char, 8> octal{};
            std::snprintf(octal.data(), octal.size(), "\\%03o",
                          static_cast<unsigned>(static_cast<unsigned char>(c)));
            text += octal.data();
        }
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
