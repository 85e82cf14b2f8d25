// SPDX-License-Identifier: MIT
#include "app/cli/map_target.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <sys/stat.h>

#include "core/base/clock.h"
#include "core/base/file_descriptor.h"
#include "core/base/units.h"
#include "core/memory/map_file.h"
#include "core/memory/map_reader.h"
#include "core/session/session_file.h"
#include "core/session/session_frame.h"
#include "core/session/sources/map_source.h"

namespace ringscope {

namespace {

Expected<MapSnapshot> readProcess(const std::string& target, NodePlaces nodePlaces) {
    std::int32_t pid = 0;
    const auto [end, error] = std::from_chars(target.data(), target.data() + target.size(), pid);
    if (error != std::errc{} || end != target.data() + target.size() || pid == 0) {
        return makeError(ErrorKind::usage, target +
                                               " is no process number: give a pid, or a saved "
                                               "map as a path (./" +
                                               target + ")");
    }
    ProcessIdentity process;
    process.pid = pid;
    return readMapSnapshot(process, KernelSums::read, nodePlaces);
}

bool exists(const std::string& path) {
    struct stat there {};
    return ::stat(path.c_str(), &there) == 0;
}

bool isSession(const std::string& path) {
    struct stat there {};
    if (::stat(path.c_str(), &there) != 0 || !S_ISREG(there.st_mode)) {
        return false; // a pipe would be waited for
    }
    const auto head = readFile(path, sizeof kSessionMagic);
    return head && *head == std::string_view(kSessionMagic, sizeof kSessionMagic);
}

// FILE@TIME:PROCESS taken apart.
struct SessionPlace {
    std::string file;
    std::int64_t sinceStartNs = std::numeric_limits<std::int64_t>::max();
    std::string process; // its label; empty: the first that has a map
};

Expected<SessionPlace> parsePlace(const std::string& target) {
    SessionPlace place;
    place.file = mapTargetFile(target);
    if (place.file == target) {
        return place;
    }
    std::string time = target.substr(place.file.size() + 1);
    if (const auto colon = time.find(':'); colon != std::string::npos) {
        place.process = time.substr(colon + 1);
        time.resize(colon);
    }
    if (!time.empty()) {
        const auto ns = parseDurationNs(time);
        if (!ns) {
            return ns.error();
        }
        place.sinceStartNs = *ns;
    }
    return place;
}

// As far as info prints the time: what it calls "12.3 s" is there at 12.3s.
bool isNotAfter(std::int64_t sinceStartNs, std::int64_t limitNs) {
    const auto printed = [](std::int64_t ns) { return formatDuration(ns / kNsPerMs * kNsPerMs); };
    return sinceStartNs <= limitNs || printed(sinceStartNs) == printed(limitNs);
}

Expected<MapSnapshot> readSession(const SessionPlace& place) {
    const auto file = SessionFile::open(place.file);
    if (!file) {
        return file.error();
    }
    const SessionView& view = *file->view;
    std::string labels;
    const MapRecord* chosen = nullptr;
    for (const auto& map : *view.maps) {
        if (labels.find(map->label + " ") == std::string::npos) {
            labels += map->label + " ";
        }
        const bool isMeant = place.process.empty() ? !chosen || chosen->label == map->label
                                                   : place.process == map->label;
        const bool isInTime =
            isNotAfter(map->timeNs - view.provenance->startMonotonicNs, place.sinceStartNs);
        if (isMeant && isInTime) {
            chosen = map.get();
        }
    }
    if (labels.empty()) {
        for (const Marker& marker : *view.markers) {
            if (marker.text.starts_with(kMapsHindered)) {
                return makeError(ErrorKind::target,
                                 place.file + " holds no memory maps: when it was recorded, " +
                                     marker.text);
            }
        }
        return makeError(ErrorKind::target, place.file + " holds no memory maps: record it again "
                                                         "with --map-every");
    }
    if (chosen == nullptr) {
        return makeError(ErrorKind::target,
                         place.file +
                             " has no memory map of that process and time: it has some of " +
                             labels.substr(0, labels.size() - 1) + "; write FILE@TIME:PROCESS");
    }
    const auto snapshot = chosen->unpack();
    if (!snapshot) {
        return makeError(ErrorKind::damaged, place.file + ": the memory map is damaged");
    }
    return *snapshot;
}

} // namespace

bool isProcessTarget(const std::string& target) {
    return !target.empty() &&
           std::all_of(target.begin(), target.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::string mapTargetFile(const std::string& target) {
    if (isProcessTarget(target)) {
        return "";
    }
    const auto at = exists(target) ? std::string::npos : target.rfind('@');
    return target.substr(0, at);
}

Expected<MapSnapshot> readMapTarget(const std::string& target, NodePlaces nodePlaces) {
    if (isProcessTarget(target)) {
        return readProcess(target, nodePlaces);
    }
    const auto place = parsePlace(target);
    if (!place) {
        return place.error();
    }
    return place->file != target || isSession(target) ? readSession(*place) : readMapFile(target);
}

} // namespace ringscope
