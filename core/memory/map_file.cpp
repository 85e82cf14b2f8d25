// SPDX-License-Identifier: MIT
#include "core/memory/map_file.h"

#include <filesystem>
#include <string_view>
#include <system_error>

#include "core/base/file_descriptor.h"
#include "core/memory/core_dump.h"
#include "core/memory/map_json.h"
#include "core/memory/vmmap_csv.h"

namespace ringscope {

namespace {

constexpr std::size_t kMaxBytes = std::size_t{4} << 30U; // of a saved map: a million regions
constexpr std::size_t kHeadBytes = 4096;

bool startsAsJson(std::string_view text) {
    const auto first = text.find_first_not_of(" \t\r\n");
    return first != std::string_view::npos && text[first] == '{';
}

bool isPacked(std::string_view head) {
    return head.starts_with("\x1f\x8b") || head.starts_with("\x28\xb5\x2f\xfd");
}

bool isMap(std::string_view head) {
    return startsAsElf(head) || startsAsJson(head) || startsAsVmmapCsv(head);
}

} // namespace

bool isMapFile(const std::string& path) {
    std::error_code error;
    if (!std::filesystem::is_regular_file(path, error)) {
        return false;
    }
    const auto head = readFile(path, kHeadBytes);
    return head && isMap(*head);
}

Expected<MapSnapshot> readMapFile(const std::string& path) {
    std::error_code error;
    if (const auto there = std::filesystem::status(path, error);
        std::filesystem::exists(there) && !std::filesystem::is_regular_file(there)) {
        return makeError(ErrorKind::target, path + " is a folder, pipe or device and no file: save "
                                                   "the map to a file and open that");
    }
    const auto head = readFile(path, kHeadBytes);
    if (!head) {
        return head.error();
    }
    if (startsAsElf(*head)) {
        return readCoreDump(path);
    }
    if (isPacked(*head)) {
        return makeError(ErrorKind::damaged,
                         path + " is compressed: unpack it with gunzip or unzstd and open what "
                                "comes out");
    }
    if (head->starts_with("RINGSESS")) {
        return makeError(ErrorKind::damaged, path + " is a session and no single map: open it as "
                                                    "a session, or one of its maps as FILE@TIME");
    }
    const auto text = readFile(path, kMaxBytes);
    if (!text) {
        return text.error();
    }
    if (!startsAsJson(*head) && startsAsVmmapCsv(*head)) {
        return mapFromVmmapCsv(*text, path);
    }
    if (head->starts_with("# Ringscope memory map")) {
        return makeError(ErrorKind::damaged,
                         path + " is a table that Ringscope wrote as CSV, which lacks what a map "
                                "needs: save the map as JSON to open it again");
    }
    return mapFromJson(*text, path);
}

} // namespace ringscope
