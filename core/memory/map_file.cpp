// SPDX-License-Identifier: MIT
#include "core/memory/map_file.h"

#include <filesystem>
#include <optional>
#include <string_view>
#include <system_error>

#include "core/base/file_descriptor.h"
#include "core/base/units.h"
#include "core/memory/core_dump.h"
#include "core/memory/map_json.h"
#include "core/memory/vmmap_csv.h"

namespace ringscope {

namespace {

// Of a saved map: half a million regions, eight times what Linux allows a process unless told.
constexpr std::size_t kMaxBytes = std::size_t{512} << 20U;
constexpr std::size_t kHeadBytes = 4096;
// Where a saved map says that it is one, also when another program has sorted its fields: the
// longest of those before is the command.
constexpr std::size_t kFormatBytes = std::size_t{1} << 20U;

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

// Before a file is read whole that somebody took for a map.
std::optional<Error> whyNotRead(const std::string& path, std::string_view head) {
    const auto refused = [&](const std::string& why) {
        return makeError(ErrorKind::damaged, path + " is no memory map that Ringscope can read: " +
                                                 why + "; save the map again");
    };
    if (!startsAsVmmapCsv(head)) {
        const auto start = readFile(path, kFormatBytes);
        if (!start) {
            return start.error();
        }
        if (!startsAsJson(head) || start->find(kMapFormat) == std::string::npos) {
            return refused("it does not say that it is one");
        }
    }
    std::error_code error;
    const auto bytes = std::filesystem::file_size(path, error);
    if (!error && bytes > kMaxBytes) {
        return refused("it has " + formatBytes(static_cast<double>(bytes)) + ", and " +
                       formatBytes(static_cast<double>(kMaxBytes)) + " are the most there can be");
    }
    return std::nullopt;
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
    if (head->starts_with("# Ringscope memory map")) {
        return makeError(ErrorKind::damaged,
                         path + " is a table that Ringscope wrote as CSV, which lacks what a map "
                                "needs: save the map as JSON to open it again");
    }
    if (const auto refused = whyNotRead(path, *head)) {
        return *refused;
    }
    const auto text = readFile(path, kMaxBytes);
    if (!text) {
        return text.error();
    }
    if (!startsAsJson(*head) && startsAsVmmapCsv(*head)) {
        return mapFromVmmapCsv(*text, path);
    }
    return mapFromJson(*text, path);
}

} // namespace ringscope
