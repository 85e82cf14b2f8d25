// SPDX-License-Identifier: MIT
#include "core/session/provenance.h"

#include <sys/utsname.h>
#include <unistd.h>
#include <utility>

#include "core/base/clock.h"
#include "core/base/file_descriptor.h"
#include "core/base/units.h"

namespace ringscope {

namespace {

// The first "model name" of /proc/cpuinfo; empty where there is none (other architectures).
std::string cpuModel() {
    const auto text = readFile("/proc/cpuinfo", 64 * 1024);
    if (!text) {
        return {};
    }
    const std::size_t key = text->find("model name");
    const std::size_t colon = text->find(": ", key);
    if (key == std::string::npos || colon == std::string::npos) {
        return {};
    }
    return text->substr(colon + 2, text->find('\n', colon) - colon - 2);
}

std::string machineDescription(const utsname& names) {
    const std::string model = cpuModel();
    const long cores = sysconf(_SC_NPROCESSORS_ONLN);
    const double bytes =
        static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGESIZE));
    return (model.empty() ? std::string(names.machine) : model) + ", " + std::to_string(cores) +
           (cores == 1 ? " core, " : " cores, ") + formatBytes(bytes);
}

} // namespace

Provenance makeProvenance(std::string scenario) {
    utsname names{};
    uname(&names);
    Provenance provenance;
    provenance.version = RINGSCOPE_VERSION;
    provenance.machine = machineDescription(names);
    provenance.kernel = std::string(names.sysname) + " " + names.release;
    provenance.scenario = std::move(scenario);
    provenance.startMonotonicNs = monotonicNs();
    provenance.startWallNs = wallClockNs();
    return provenance;
}

} // namespace ringscope
