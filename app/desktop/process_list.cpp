// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/process_list.h"

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <map>
#include <optional>
#include <system_error>

#include "core/base/process_identity.h"
#include "core/memory/process_counters.h"

namespace ringscope {
namespace {

std::string nameOfUser(uid_t user) {
    passwd entry{};
    passwd* found = nullptr;
    std::array<char, 4096> text{};
    if (getpwuid_r(user, &entry, text.data(), text.size(), &found) == 0 && found != nullptr) {
        return found->pw_name;
    }
    return std::to_string(user);
}

std::optional<ListedProcess> describe(std::int32_t pid, std::map<uid_t, std::string>& users) {
    auto reader = ProcessCountersReader::open(pid);
    if (!reader) {
        return std::nullopt; // gone meanwhile, a zombie, or a kernel thread
    }
    const auto counters = reader->readFast();
    if (!counters) {
        return std::nullopt;
    }
    ListedProcess process;
    process.pid = pid;
    process.name = processName(pid);
    process.commandLine = processCommandLine(pid);
    process.rssBytes = counters->rss;
    struct stat owner {};
    const std::string directory = "/proc/" + std::to_string(pid);
    if (::stat(directory.c_str(), &owner) == 0) {
        auto& name = users[owner.st_uid];
        if (name.empty()) {
            name = nameOfUser(owner.st_uid);
        }
        process.user = name;
    }
    // What the kernel asks for is the same for all files that show another's memory.
    if (const auto slow = reader->readSlow(); !slow) {
        process.whyNotReadable = slow.error().message;
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
        if (parsed.ec != std::errc{} || parsed.ptr != name.data() + name.size() ||
            pid == ::getpid()) {
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

} // namespace ringscope
