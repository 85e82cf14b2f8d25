// SPDX-License-Identifier: MIT
#include "app/cli/map_mappers.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>
#include <vector>

#include "app/cli/console.h"
#include "app/cli/map_target.h"
#include "app/cli/output.h"
#include "core/base/printable_name.h"
#include "core/base/units.h"
#include "core/memory/map_columns.h"
#include "core/memory/map_objects.h"
#include "core/memory/object_mappers.h"

namespace ringscope {

namespace {

using Json = nlohmann::ordered_json;

// "0x7f..", or as the table of regions prints it.
std::optional<std::uint64_t> addressIn(std::string_view text) {
    const bool isMarked = text.starts_with("0x") || text.starts_with("0X");
    text.remove_prefix(isMarked ? 2 : 0);
    std::uint64_t address = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), address, 16);
    const bool isWhole = error == std::errc{} && end == text.data() + text.size();
    return isWhole && (isMarked || text.size() >= 8) ? std::optional(address) : std::nullopt;
}

bool isCalled(const std::string& name, const std::string& wanted) {
    return name == wanted || name.ends_with("/" + wanted) ||
           name.ends_with("/" + wanted + " (deleted)");
}

// The first region of the object that is meant.
Expected<std::uint32_t> findRegion(const MapSnapshot& snapshot, const std::string& wanted) {
    const auto& regions = snapshot.space.map.regions;
    if (const auto address = addressIn(wanted)) {
        for (std::uint32_t i = 0; i < regions.size(); ++i) {
            if (regions[i].start <= *address && *address < regions[i].end) {
                return i;
            }
        }
        return makeError(ErrorKind::usage, wanted + " lies in no mapping of the process; "
                                                    "ringscope-cli map PID --by region lists them");
    }
    std::optional<std::uint32_t> found;
    for (const MapObject& object : groupByObject(snapshot).objects) {
        if (!isCalled(object.name, wanted)) {
            continue;
        }
        const std::uint32_t region = object.regions.front();
        if (found && regions[*found].inode != regions[region].inode) {
            return makeError(ErrorKind::usage, "several objects of the process are called " +
                                                   wanted + ": give an address in one of them");
        }
        found = found.value_or(region);
    }
    if (!found) {
        return makeError(ErrorKind::usage, "the process maps nothing that is called " + wanted +
                                               "; ringscope-cli map PID --by object lists what "
                                               "it maps");
    }
    return *found;
}

Json toJson(const std::string& name, const ObjectMappers& found) {
    Json json{{"object", name}, {"mappers", Json::array()}, {"unreadable", found.unreadable}};
    for (const ObjectMapper& mapper : found.mappers) {
        Json row{{"pid", mapper.process.pid}, {"name", mapper.name}};
        for (const MapColumn& column : mapColumns()) {
            row[std::string(column.key)] = column.value(mapper.sums);
        }
        json["mappers"].push_back(std::move(row));
    }
    return json;
}

void printText(const std::string& name, const ObjectMappers& found, std::ostream& out) {
    const auto text = [](std::uint64_t bytes) { return formatBytes(static_cast<double>(bytes)); };
    std::vector<std::vector<std::string>> rows{
        {"PID", "NAME", "SIZE", "RSS", "PRIVATE RSS", "SHARED RSS", "PSS"}};
    for (const ObjectMapper& mapper : found.mappers) {
        const MemorySums& sums = mapper.sums;
        rows.push_back({std::to_string(mapper.process.pid), printableName(mapper.name),
                        text(sums.size), text(sums.rss), text(sums.privateBytes),
                        text(sums.sharedBytes), text(sums.pss)});
    }
    out << "Who maps " << printableKernelName(name) << "\n\n" << alignedTable(rows, 2);
    if (found.unreadable > 0) {
        out << "\nOf " << found.unreadable
            << " other processes the maps may not be read: any of them may map it too.\n";
    }
}

} // namespace

int showMappers(const MapMappersOptions& options) {
    if (!isProcessTarget(options.target)) {
        return reportError(makeError(ErrorKind::usage,
                                     "--mappers asks running processes: give a pid, not a file"));
    }
    const auto snapshot = readMapTarget(options.target);
    if (!snapshot) {
        return reportError(snapshot.error());
    }
    const auto index = findRegion(*snapshot, options.object);
    if (!index) {
        return reportError(index.error());
    }
    const MemoryRegion& region = snapshot->space.map.regions[*index];
    const std::string name(snapshot->space.map.nameOf(region));
    if (region.inode == 0 && region.deviceMajor == 0 && region.deviceMinor == 0) {
        return reportError(makeError(
            ErrorKind::target, options.object + " is anonymous memory, which only processes that "
                                                "were forked share: nothing names it to others"));
    }
    const ObjectMappers found = findObjectMappers(region);
    const auto write = [&](std::ostream& out) -> Expected<void> {
        if (options.isJson) {
            out << toJson(name, found).dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
        } else {
            printText(name, found, out);
        }
        if (!out) {
            return makeError(ErrorKind::failed, "the output cannot be written");
        }
        return {};
    };
    if (const auto done = writeOutput(options.output, write); !done) {
        return reportError(done.error());
    }
    return kExitDone;
}

} // namespace ringscope
