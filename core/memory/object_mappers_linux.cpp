// SPDX-License-Identifier: MIT
#include "core/memory/object_mappers.h"

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <utility>

#include "core/base/file_descriptor.h"
#include "core/memory/address_space.h"
#include "core/memory/proc_process.h"
#include "core/memory/region_classifier.h"

namespace ringscope {

namespace {

bool isOf(const MemoryRegion& region, const MemoryRegion& object) {
    return region.inode == object.inode && region.deviceMajor == object.deviceMajor &&
           region.deviceMinor == object.deviceMinor;
}

enum class Answer { maps, mapsNot, unknown };

// maps is far cheaper than smaps, and most processes map none of a given object.
Answer doesMap(std::int32_t pid, const MemoryRegion& object) {
    ProcessIdentity process;
    process.pid = pid;
    const auto directory = proc::openProcess(process);
    if (!directory) {
        return Answer::mapsNot; // gone, a zombie or a kernel thread
    }
    const FileDescriptor maps = proc::openFile(directory->directory, "maps");
    const auto map = maps.isOpen() ? proc::readMap(pid, maps.get(), "maps")
                                   : Expected<MemoryMap>(proc::processEnded(pid));
    if (!map) {
        return Answer::unknown;
    }
    const bool isMapped =
        std::any_of(map->regions.begin(), map->regions.end(),
                    [&](const MemoryRegion& region) { return isOf(region, object); });
    return isMapped ? Answer::maps : Answer::mapsNot;
}

} // namespace

ObjectMappers findObjectMappers(const MemoryRegion& region) {
    ObjectMappers found;
    if (region.inode == 0 && region.deviceMajor == 0 && region.deviceMinor == 0) {
        return found;
    }
    std::error_code error;
    for (std::filesystem::directory_iterator entry("/proc", error), end; !error && entry != end;
         entry.increment(error)) {
        const auto pid = proc::parseUnsigned(entry->path().filename().string());
        if (!pid) {
            continue;
        }
        const auto number = static_cast<std::int32_t>(*pid);
        const Answer answer = doesMap(number, region);
        found.unreadable += answer == Answer::unknown ? 1U : 0U;
        if (answer != Answer::maps) {
            continue;
        }
        ObjectMapper mapper;
        mapper.process.pid = number;
        mapper.name = processName(number);
        if (const auto space = readAddressSpace(mapper.process)) {
            mapper.process = space->process;
            const auto types = classifyRegions(*space);
            for (std::size_t i = 0; i < types.size(); ++i) {
                if (isOf(space->map.regions[i], region)) {
                    mapper.sums += sumsOf(space->map, space->map.regions[i], types[i]);
                }
            }
        }
        found.mappers.push_back(std::move(mapper));
    }
    std::sort(found.mappers.begin(), found.mappers.end(),
              [](const ObjectMapper& a, const ObjectMapper& b) {
                  return a.sums.pss != b.sums.pss ? a.sums.pss > b.sums.pss
                                                  : a.process.pid < b.process.pid;
              });
    return found;
}

} // namespace ringscope
