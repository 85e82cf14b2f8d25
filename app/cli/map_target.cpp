// SPDX-License-Identifier: MIT
#include "app/cli/map_target.h"

#include <algorithm>
#include <charconv>

#include "core/memory/map_file.h"
#include "core/memory/map_reader.h"

namespace ringscope {

Expected<MapSnapshot> readMapTarget(const std::string& target) {
    const bool isNumber = !target.empty() && std::all_of(target.begin(), target.end(), [](char c) {
        return c >= '0' && c <= '9';
    });
    if (!isNumber) {
        return readMapFile(target);
    }
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
    return readMapSnapshot(process);
}

} // namespace ringscope
