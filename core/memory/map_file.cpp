// SPDX-License-Identifier: MIT
#include "core/memory/map_file.h"

#include <string_view>

#include "core/base/file_descriptor.h"
#include "core/memory/map_json.h"

namespace ringscope {

namespace {

constexpr std::size_t kMaxBytes = std::size_t{4} << 30U; // of a saved map: a million regions

bool startsAsJson(std::string_view text) {
    const auto first = text.find_first_not_of(" \t\r\n");
    return first != std::string_view::npos && text[first] == '{';
}

} // namespace

bool isMapFile(const std::string& path) {
    const auto head = readFile(path, 64);
    return head && startsAsJson(*head);
}

Expected<MapSnapshot> readMapFile(const std::string& path) {
    const auto text = readFile(path, kMaxBytes);
    if (!text) {
        return text.error();
    }
    return mapFromJson(*text, path);
}

} // namespace ringscope
