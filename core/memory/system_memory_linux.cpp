// SPDX-License-Identifier: MIT
#include "core/memory/system_memory.h"

#include <algorithm>
#include <array>
#include <sched.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/file_descriptor.h"
#include "core/memory/proc_text.h"

namespace ringscope {

namespace {

// Where the memory controller is mounted, and which cgroup lies there.
struct Hierarchy {
    int version = 0;
    std::string mountPoint;
    std::string mountRoot;
};

bool hasOption(std::string_view options, std::string_view wanted) {
    while (!options.empty()) {
        const auto comma = options.find(',');
        if (options.substr(0, comma) == wanted) {
            return true;
        }
        options.remove_prefix(comma == std::string_view::npos ? options.size() : comma + 1);
    }
    return false;
}

// A line of mountinfo (proc(5)): "36 35 98:0 /root /mount/point rw,noatime shared:1 - type source
// options". Version 2 may be mounted beside version 1 without the memory controller, so version 1
// is preferred where it has it.
std::optional<Hierarchy> findHierarchy(std::string_view mountinfo) {
    std::optional<Hierarchy> unified;
    while (!mountinfo.empty()) {
        std::string_view line = proc::takeLine(mountinfo);
        const auto dash = line.find(" - ");
        if (dash == std::string_view::npos) {
            continue;
        }
        std::string_view type = line.substr(dash + 3);
        line = line.substr(0, dash);
        std::array<std::string_view, 5> words;
        std::generate(words.begin(), words.end(), [&] { return proc::takeWord(line); });
        const std::string_view name = proc::takeWord(type);
        [[maybe_unused]] const auto source = proc::takeWord(type);
        if (name == "cgroup" && hasOption(proc::takeWord(type), "memory")) {
            return Hierarchy{1, std::string(words[4]), std::string(words[3])};
        }
        if (name == "cgroup2" && !unified) {
            unified = Hierarchy{2, std::string(words[4]), std::string(words[3])};
        }
    }
    return unified;
}

// A line of /proc/PID/cgroup: "4:memory:/path" (version 1) or "0::/path" (version 2).
std::optional<std::string> cgroupPath(std::string_view text, int version) {
    while (!text.empty()) {
        std::string_view line = proc::takeLine(text);
        const auto first = line.find(':');
        const auto second = first == std::string_view::npos ? first : line.find(':', first + 1);
        if (second == std::string_view::npos) {
            continue;
        }
        const auto controllers = line.substr(first + 1, second - first - 1);
        if (version == 1 ? hasOption(controllers, "memory") : controllers.empty()) {
            return std::string(line.substr(second + 1));
        }
    }
    return std::nullopt;
}

std::optional<std::uint64_t> readNumber(const std::string& path) {
    const auto text = readFile(path, 256);
    if (!text) {
        return std::nullopt;
    }
    std::string_view line = *text;
    return proc::parseUnsigned(proc::takeLine(line)); // "max" is no number: no limit
}

// The number behind key in a file of "key number" lines.
std::optional<std::uint64_t> readKey(const std::string& path, std::string_view key) {
    const auto text = readFile(path, 65536);
    std::string_view rest = text ? std::string_view(*text) : std::string_view();
    while (!rest.empty()) {
        std::string_view line = proc::takeLine(rest);
        if (proc::takeWord(line) == key) {
            return proc::parseUnsigned(proc::takeWord(line));
        }
    }
    return std::nullopt;
}

std::optional<std::uint64_t> smallerOf(std::optional<std::uint64_t> a,
                                       std::optional<std::uint64_t> b) {
    return a && b ? std::min(*a, *b) : a ? a : b;
}

void readVersion1(const std::string& directory, CgroupMemory& memory) {
    // Without a limit the kernel reports the largest multiple of a page that fits.
    constexpr std::uint64_t kNoLimit = std::uint64_t{1} << 62U;
    memory.usage = readNumber(directory + "/memory.usage_in_bytes");
    memory.limit = smallerOf(readNumber(directory + "/memory.limit_in_bytes"),
                             readKey(directory + "/memory.stat", "hierarchical_memory_limit"));
    if (memory.limit && *memory.limit >= kNoLimit) {
        memory.limit.reset();
    }
    memory.oomKills = readKey(directory + "/memory.oom_control", "oom_kill");
}

void readVersion2(std::string directory, const std::string& top, CgroupMemory& memory) {
    memory.usage = readNumber(directory + "/memory.current");
    memory.oomKills = readKey(directory + "/memory.events", "oom_kill");
    while (directory.size() >= top.size() && !directory.empty()) {
        memory.limit = smallerOf(memory.limit, readNumber(directory + "/memory.max"));
        directory.resize(std::min(directory.rfind('/'), directory.size() - 1));
    }
}

// "[always] madvise never" -> "always"
std::string chosenIn(const std::string& path) {
    const std::string text = readFile(path, 256).value_or("");
    const auto open = text.find('[');
    const auto close = text.find(']', open);
    return close == std::string::npos ? "" : text.substr(open + 1, close - open - 1);
}

std::string cpuModel() {
    std::string model;
    proc::forEachField(readFile("/proc/cpuinfo", 8192).value_or(""), [&](std::string_view key,
                                                                         std::string_view rest) {
        if (model.empty() && key.starts_with("model name")) {
            rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
            model = rest;
        }
    });
    return model;
}

std::uint32_t usableCpus() {
    cpu_set_t set;
    CPU_ZERO(&set);
    if (::sched_getaffinity(0, sizeof set, &set) == 0) {
        return static_cast<std::uint32_t>(CPU_COUNT(&set));
    }
    return static_cast<std::uint32_t>(std::max(1L, ::sysconf(_SC_NPROCESSORS_ONLN)));
}

} // namespace

Expected<SystemMemory> readSystemMemory() {
    const auto text = readFile("/proc/meminfo", 65536);
    auto memory = text ? parseMeminfo(*text) : std::nullopt;
    if (!memory) {
        return makeError(ErrorKind::failed,
                         "cannot read the machine's memory from /proc/meminfo: mount /proc");
    }
    memory->timeNs = monotonicNs();
    return *memory;
}

std::optional<CgroupMemory> readCgroupMemory(std::int32_t pid, const std::string& root) {
    const auto mountinfo = readFile(root + "/proc/self/mountinfo");
    const auto cgroups = readFile(root + "/proc/" + std::to_string(pid) + "/cgroup", 65536);
    const auto hierarchy = mountinfo ? findHierarchy(*mountinfo) : std::nullopt;
    const auto path =
        hierarchy && cgroups ? cgroupPath(*cgroups, hierarchy->version) : std::nullopt;
    if (!path) {
        return std::nullopt;
    }
    // In a container only a part of the tree may be mounted.
    std::string below = *path;
    if (hierarchy->mountRoot != "/" && below.starts_with(hierarchy->mountRoot)) {
        below.erase(0, hierarchy->mountRoot.size());
    }
    const std::string top = root + hierarchy->mountPoint;
    std::string directory = below == "/" ? top : top + below;
    CgroupMemory memory;
    memory.version = hierarchy->version;
    memory.path = *path;
    if (path->starts_with("/..")) {
        return memory; // outside of our cgroup namespace: not visible from here
    }
    memory.directory = directory;
    if (hierarchy->version == 1) {
        readVersion1(directory, memory);
    } else {
        readVersion2(std::move(directory), top, memory);
    }
    return memory;
}

MachineDescription describeMachine() {
    MachineDescription machine;
    utsname names{};
    if (::uname(&names) == 0) {
        machine.kernel = std::string(names.sysname) + " " + names.release;
        machine.architecture = names.machine;
    }
    machine.cpuModel = cpuModel();
    machine.cpus = usableCpus();
    machine.pageSize = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    const auto memory = readSystemMemory();
    machine.memoryTotal = memory ? memory->total : 0;
    machine.transparentHugePages = chosenIn("/sys/kernel/mm/transparent_hugepage/enabled");
    machine.shmemHugePages = chosenIn("/sys/kernel/mm/transparent_hugepage/shmem_enabled");
    return machine;
}

std::string hostName() {
    utsname names{};
    return ::uname(&names) == 0 ? names.nodename : "";
}

} // namespace ringscope
