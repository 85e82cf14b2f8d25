// SPDX-License-Identifier: MIT
#include "core/ring/segment_mappers.h"

#include <charconv>
#include <filesystem>
#include <sstream>
#include <string>

#include "core/base/file_descriptor.h"
#include "core/ring/shared_object_users.h"

namespace ringscope {

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
            if (const MapsLine found = parseSharedMapsLine(line); found.isShared) {
                auto& pids = mappers[found.file];
                if (pids.empty() || pids.back() != pid) {
                    pids.push_back(pid);
                }
            }
        }
    }
    return mappers;
}

} // namespace ringscope
