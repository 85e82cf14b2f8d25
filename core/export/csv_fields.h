// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

// Pieces of CSV, for the units of this folder.
namespace ringscope::csv {

// As RFC 4180 says: in quotes where a field holds a comma, a quote or a line's end.
[[nodiscard]] inline std::string quoted(std::string_view field) {
    if (field.find_first_of(",\"\r\n") == std::string_view::npos) {
        return std::string(field);
    }
    std::string text = "\"";
    for (const char c : field) {
        text += c;
        if (c == '"') {
            text += '"';
        }
    }
    return text + '"';
}

// A comment must stay one line whatever a name holds.
[[nodiscard]] inline std::string oneLine(std::string text) {
    std::replace_if(
        text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
    return text;
}

} // namespace ringscope::csv
