// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace ringscope {

struct MapMappersOptions {
    std::string target; // a pid
    std::string object; // an address in it, or the name of an object or the end of its path
    std::string output = "-";
    bool isJson = false;
};
// map PID --mappers: prints every process that maps the object, with its share; returns the exit
// status.
[[nodiscard]] int showMappers(const MapMappersOptions& options);

} // namespace ringscope
