// SPDX-License-Identifier: MIT
#include "core/ring/segment_mappers.h"

#include <charconv>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <sstream>
#include <string>
#include <sys/sysmacros.h>

#include "core/base/file_descriptor.h"

namespace ringscope {

namespace {

// One line of /proc/PID/maps: "start-end prot offset major:minor inode  path".
std::optional<FileKey> keyOfMapsLine(const std::string& line) {
    unsigned deviceMajor = 0;
    unsigned deviceMinor = 0;
    unsigned long inode = 0;
    if (std::sscanf(line.c_str(), "%*s %*s %*s %x:%x %lu", &deviceMajor, &deviceMinor, &inode) !=
            3 ||
        inode == 0) {
        return std::nullopt;
    }
    return FileKey{makedev(deviceMajor, deviceMinor), inode};
}

} // namespace

SegmentMappers readSegmentMappers() {
    SegmentMappers mappers;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
        const std::string name = entry.path().filename().string();
        std::int32_t pid = 0;
        const auto [end, code] = std::from_chars(name.data(), name.data() + name.size(), pid);
        if (code != std::errc() || end != name.data() + name.size()) {
            continue;
        }
        std::istringstream maps(readFile(entry.path().string() + "/maps").value_or(""));
        for (std::string line; std::getline(maps, line);) {
            if (line.find(" /dev/shm/") == std::string::npos) {
                continue;
            }
            if (const auto key = keyOfMapsLine(line)) {
                auto& pids = mappers[*key];
                if (pids.empty() || pids.back() != pid) {
                    pids.push_back(pid);
                }
            }
        }
    }
    return mappers;
}

} // namespace ringscope
