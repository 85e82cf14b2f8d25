// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/process_list.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <map>
#include <string_view>
#include <system_error>

#include "core/base/clock.h"
#include "core/base/file_descriptor.h"
#include "core/base/printable_name.h"
#include "core/memory/process_counters.h"

namespace ringscope {
namespace {

struct Owner {
    uid_t uid = 0;
    std::string name;
};

std::string nameOfUser(uid_t user) {
    passwd entry{};
    passwd* found = nullptr;
    std::array<char, 4096> text{};
    if (getpwuid_r(user, &entry, text.data(), text.size(), &found) == 0 && found != nullptr) {
        return found->pw_name;
    }
    return std::to_string(user);
}

std::optional<Owner> ownerOf(const std::string& directory, std::map<uid_t, std::string>& users) {
    struct stat owner {};
    if (::stat(directory.c_str(), &owner) != 0) {
        return std::nullopt;
    }
    auto& name = users[owner.st_uid];
    if (name.empty()) {
        name = nameOfUser(owner.st_uid);
    }
    return Owner{owner.st_uid, name};
}

// 0 when it can be opened; the right to read is judged then.
int errnoOfOpening(const std::string& path) {
    const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    return file.isOpen() ? 0 : errno;
}

bool isRefusal(int errnoValue) {
    return errnoValue == EACCES || errnoValue == EPERM;
}

std::string setcapCommand() {
    std::error_code ignored;
    const std::string program =
        std::filesystem::read_symlink("/proc/self/exe", ignored).filename().string();
    return "sudo setcap cap_sys_ptrace+ep \"$(command -v " +
           (program.empty() ? "ringscope" : program) + ")\"";
}

bool canReadOthers() {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> sets{};
    return ::syscall(SYS_capget, &header, sets.data()) == 0 &&
           (sets[CAP_TO_INDEX(CAP_SYS_PTRACE)].effective & CAP_TO_MASK(CAP_SYS_PTRACE)) != 0;
}

// Yama's ptrace_scope is no reason: it restricts tracing, not the reading of what memory is used.
std::string whyRefused(const Owner& owner) {
    if (canReadOthers()) {
        return "A security module of this system (such as SELinux or AppArmor) protects it, also "
               "from root: choose another process, or allow it there.";
    }
    if (::geteuid() == 0) {
        return "This root has no right to look into it (CAP_SYS_PTRACE), as in a container: run "
               "Ringscope outside, or start the container with --cap-add=SYS_PTRACE.";
    }
    if (owner.uid == ::geteuid()) {
        return "It belongs to you but is protected, as setuid programs are: run Ringscope as root, "
               "or allow it with: " +
               setcapCommand();
    }
    return "It belongs to " + owner.name + ": run Ringscope as " +
           (owner.name == "root" ? "" : owner.name + " or as ") +
           "root, or allow it with: " + setcapCommand();
}

const char* const kHidepidAdvice =
    ": run Ringscope as root, or show them with: sudo mount -o remount,hidepid=0 /proc";

// With hidepid=1 another user's directory stands in /proc and nothing in it can be read.
std::optional<ListedProcess> describeHidden(std::int32_t pid, std::map<uid_t, std::string>& users) {
    const std::string directory = "/proc/" + std::to_string(pid);
    const auto owner = ownerOf(directory, users);
    if (!owner || !isRefusal(errnoOfOpening(directory + "/stat"))) {
        return std::nullopt; // gone meanwhile, a zombie, or a kernel thread
    }
    ListedProcess process;
    process.identity.pid = pid;
    process.name = "(hidden)";
    process.user = owner->name;
    process.whyNotReadable =
        std::string("/proc is mounted with hidepid, which hides what others run") + kHidepidAdvice;
    return process;
}

std::optional<ListedProcess> describe(std::int32_t pid, std::map<uid_t, std::string>& users) {
    auto reader = ProcessCountersReader::open(pid);
    if (!reader) {
        return describeHidden(pid, users);
    }
    const auto counters = reader->readFast();
    const std::string directory = "/proc/" + std::to_string(pid);
    const auto owner = ownerOf(directory, users);
    if (!counters || !owner) {
        return std::nullopt;
    }
    ListedProcess process;
    process.identity = reader->identity();
    process.parentPid = parentOf(process.identity).value_or(0);
    process.name = processName(pid);
    process.commandLine = printableName(processCommandLine(pid));
    process.user = owner->name;
    process.rssBytes = counters->rss;
    // What the kernel asks for is the same for all files that show another's memory.
    if (pid == ::getpid()) {
        process.whyNotReadable = "This is Ringscope itself: choose another process.";
    } else if (isRefusal(errnoOfOpening(directory + "/smaps"))) {
        process.whyNotReadable = whyRefused(*owner);
    }
    return process;
}

} // namespace

std::vector<ListedProcess> listProcesses() {
    std::vector<ListedProcess> processes;
    std::map<uid_t, std::string> users;
    std::error_code ignored;
    for (std::filesystem::directory_iterator entry("/proc", ignored), end; entry != end;
         entry.increment(ignored)) {
        const std::string name = entry->path().filename().string();
        std::int32_t pid = 0;
        const auto parsed = std::from_chars(name.data(), name.data() + name.size(), pid);
        if (parsed.ec != std::errc{} || parsed.ptr != name.data() + name.size()) {
            continue;
        }
        if (auto process = describe(pid, users)) {
            processes.push_back(std::move(*process));
        }
    }
    std::ranges::stable_sort(processes, [](const ListedProcess& a, const ListedProcess& b) {
        return a.rssBytes > b.rssBytes;
    });
    return processes;
}

std::string whyProcessesAreHidden() {
    // hidepid 2 (invisible) and 4 (ptraceable) take the directories away; 1 leaves rows that say so
    // themselves. Whom the mount's gid or a capability exempts sees init.
    if (::access("/proc/1", F_OK) == 0) {
        return {};
    }
    const std::string mounts = readFile("/proc/self/mounts", std::size_t{1} << 20U).value_or("");
    for (std::size_t at = 0; at < mounts.size();) {
        const std::size_t end = std::min(mounts.find('\n', at), mounts.size());
        const std::string_view line = std::string_view(mounts).substr(at, end - at);
        at = end + 1;
        if (line.find(" /proc proc ") == std::string_view::npos) {
            continue;
        }
        for (const char* const option :
             {"hidepid=2", "hidepid=invisible", "hidepid=4", "hidepid=ptraceable"}) {
            if (line.find(option) != std::string_view::npos) {
                return std::string(
                           "Processes of others are not listed, as /proc is mounted with ") +
                       option + kHidepidAdvice;
            }
        }
    }
    return {};
}

std::vector<ProcessPss> readPss(const std::vector<ProcessIdentity>& processes, std::size_t from,
                                std::int64_t timeNs) {
    std::vector<ProcessPss> read;
    const std::int64_t endNs = monotonicNs() + timeNs;
    for (std::size_t index = from; index < processes.size(); ++index) {
        ProcessPss one{processes[index], std::nullopt};
        if (auto reader = ProcessCountersReader::open(one.process)) {
            if (const auto counters = reader->readSlow()) {
                one.bytes = counters->pss;
            }
        }
        read.push_back(one);
        if (monotonicNs() >= endNs) {
            break;
        }
    }
    return read;
}

} // namespace ringscope
