// SPDX-License-Identifier: MIT
#include "core/memory/self_cost.h"

#include <ctime>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/file_descriptor.h"
#include "core/memory/proc_text.h"

namespace ringscope {

Expected<SelfUsage> readSelfUsage() {
    const auto text = readFile("/proc/self/statm", 256);
    if (!text) {
        return makeError(ErrorKind::failed, text.error().message + ": mount /proc");
    }
    std::string_view words = *text;
    [[maybe_unused]] const auto virtualPages = proc::takeWord(words);
    const auto residentPages = proc::parseUnsigned(proc::takeWord(words));
    timespec cpu{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
    SelfUsage cost;
    cost.timeNs = monotonicNs();
    cost.cpuNs = cpu.tv_sec * kNsPerSecond + cpu.tv_nsec;
    cost.rss = residentPages.value_or(0) * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    return cost;
}

} // namespace ringscope
