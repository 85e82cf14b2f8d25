// SPDX-License-Identifier: MIT
#include "core/ring/shared_object_users.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <dirent.h>
#include <filesystem>
#include <memory>
#include <optional>
#include <sstream>
#include <string_view>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/file_descriptor.h"

namespace ringscope {

namespace {

constexpr std::string_view kShm = "/dev/shm/";
constexpr std::string_view kMemfd = "/memfd:";
constexpr std::string_view kSystemV = "/SYSV";
constexpr std::string_view kDeleted = " (deleted)";

bool startsWith(std::string_view text, std::string_view with) {
    return text.substr(0, with.size()) == with;
}

// Cuts " (deleted)" off. A file may be named so itself, hence the last one only.
bool cutDeleted(std::string& path) {
    if (path.size() < kDeleted.size() ||
        std::string_view(path).substr(path.size() - kDeleted.size()) != kDeleted) {
        return false;
    }
    path.resize(path.size() - kDeleted.size());
    return true;
}

void addPid(std::vector<std::int32_t>& pids, std::int32_t pid) {
    if (pids.empty() || pids.back() != pid) {
        pids.push_back(pid);
    }
}

std::optional<std::string> linkOf(const std::string& path) {
    std::string text(4096, '\0');
    const ssize_t length = ::readlink(path.c_str(), text.data(), text.size());
    if (length < 0) {
        return std::nullopt;
    }
    text.resize(static_cast<std::size_t>(length));
    return text;
}

UnnamedObject unnamedOf(std::string name, const struct stat& status) {
    UnnamedObject object;
    object.name = std::move(name);
    object.bytes = static_cast<std::uint64_t>(status.st_size);
    object.residentBytes = static_cast<std::uint64_t>(status.st_blocks) * 512;
    object.changedNs = status.st_ctim.tv_sec * kNsPerSecond + status.st_ctim.tv_nsec;
    object.uid = status.st_uid;
    return object;
}

// False: not permitted.
bool readDescriptors(const std::string& folder, std::int32_t pid, SharedObjectUsers& users) {
    errno = 0;
    const std::unique_ptr<DIR, int (*)(DIR*)> open(::opendir(folder.c_str()), &::closedir);
    if (!open) {
        return errno != EACCES && errno != EPERM;
    }
    while (const dirent* const entry = ::readdir(open.get())) {
        const std::string path = folder + "/" + entry->d_name;
        auto link = linkOf(path);
        struct stat status {};
        if (!link || !(startsWith(*link, kShm) || startsWith(*link, kMemfd)) ||
            ::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) {
            continue;
        }
        const FileKey key{status.st_dev, status.st_ino};
        addPid(users.heldBy[key], pid);
        // The count of names decides, not the text: a file may be called "x (deleted)".
        if (status.st_nlink == 0 || startsWith(*link, kMemfd)) {
            cutDeleted(*link);
            users.unnamed[key] = unnamedOf(std::move(*link), status);
        }
    }
    return true;
}

void readMaps(const std::string& path, std::int32_t pid, SharedObjectUsers& users) {
    std::istringstream maps(readFile(path).value_or(""));
    for (std::string line; std::getline(maps, line);) {
        const MapsLine found = parseSharedMapsLine(line);
        if (!found.isShared) {
            continue;
        }
        if (found.isSystemV) {
            addPid(users.attachedTo[static_cast<int>(found.file.inode)], pid);
            continue;
        }
        addPid(users.mappedBy[found.file], pid);
        if (found.isRemoved) {
            UnnamedObject& object = users.unnamed[found.file];
            if (object.name.empty() || object.isSizeLeast) {
                object.name = found.path;
                object.isSizeLeast = true;
                object.bytes = std::max(object.bytes, found.endInFile);
            }
        }
    }
}

} // namespace

MapsLine parseSharedMapsLine(const std::string& line) {
    MapsLine found;
    unsigned long long start = 0;
    unsigned long long end = 0;
    unsigned long long offset = 0;
    unsigned deviceMajor = 0;
    unsigned deviceMinor = 0;
    unsigned long inode = 0;
    int pathAt = 0;
    if (std::sscanf(line.c_str(), "%llx-%llx %*s %llx %x:%x %lu %n", &start, &end, &offset,
                    &deviceMajor, &deviceMinor, &inode, &pathAt) < 6 ||
        pathAt <= 0 || static_cast<std::size_t>(pathAt) >= line.size() || end < start) {
        return found;
    }
    found.path = line.substr(static_cast<std::size_t>(pathAt));
    found.isSystemV = startsWith(found.path, kSystemV);
    found.isShared =
        found.isSystemV || startsWith(found.path, kShm) || startsWith(found.path, kMemfd);
    found.isRemoved = cutDeleted(found.path);
    found.file = FileKey{makedev(deviceMajor, deviceMinor), inode};
    found.endInFile = offset + (end - start);
    return found;
}

SharedObjectUsers readSharedObjectUsers() {
    SharedObjectUsers users;
    std::vector<std::int32_t> pids;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
        const std::string name = entry.path().filename().string();
        std::int32_t pid = 0;
        const auto [end, code] = std::from_chars(name.data(), name.data() + name.size(), pid);
        if (code == std::errc() && end == name.data() + name.size()) {
            pids.push_back(pid);
        }
    }
    std::sort(pids.begin(), pids.end());
    for (const std::int32_t pid : pids) {
        const std::string folder = "/proc/" + std::to_string(pid);
        readMaps(folder + "/maps", pid, users);
        struct stat status {};
        // Who may not read the descriptors may not read the maps either.
        if (!readDescriptors(folder + "/fd", pid, users) && ::stat(folder.c_str(), &status) == 0 &&
            status.st_uid != 0) {
            users.hiddenUsers.insert(status.st_uid);
        }
    }
    return users;
}

} // namespace ringscope
