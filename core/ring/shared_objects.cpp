// SPDX-License-Identifier: MIT
#include "core/ring/shared_objects.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <map>
#include <optional>
#include <sstream>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <tuple>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/file_descriptor.h"
#include "core/base/printable_name.h"
#include "core/ring/segment_list.h"
#include "core/ring/shared_object_users.h"

namespace ringscope {

namespace {

constexpr const char* kFolder = "/dev/shm";
// The inode of the first pid namespace's file (PROC_PID_INIT_INO of linux/proc_ns.h): in any other
// one there may be processes that cannot be seen from here.
constexpr std::uint64_t kFirstPidNamespace = 0xEFFFFFFC;

const std::vector<std::int32_t>& usersOf(const std::map<FileKey, std::vector<std::int32_t>>& by,
                                         const FileKey& file) {
    static const std::vector<std::int32_t> nobody;
    const auto found = by.find(file);
    return found == by.end() ? nobody : found->second;
}

std::string who(const std::vector<std::int32_t>& pids) {
    const std::string name = printableName(processName(pids.front()));
    std::string text = "pid " + std::to_string(pids.front()) + (name.empty() ? "" : " " + name);
    if (pids.size() > 1) {
        text += " and " + std::to_string(pids.size() - 1) + " more";
    }
    return text;
}

std::string creatorText(const SharedObject& object) {
    if (object.creator == Liveness::dead) {
        return "its creator (pid " + std::to_string(object.creatorPid) + ") is dead";
    }
    return {};
}

// Whether somebody may use it who cannot be seen.
std::string hiddenUsersOf(const SharedObject& object, const SharedObjectUsers& users) {
    if (selfProcess().pidNamespace != kFirstPidNamespace) {
        return "processes outside this container cannot be seen";
    }
    if (::access("/proc/1", F_OK) != 0) { // /proc is mounted with hidepid
        return "processes of other users cannot be seen; ask again as root";
    }
    if ((object.mode & 0077U) != 0 && !users.hiddenUsers.empty()) {
        return "processes of other users may not be read; ask again as root";
    }
    return users.hiddenUsers.count(object.uid) != 0
               ? "processes of its owner may not be read; ask again as root"
               : std::string();
}

void judge(SharedObject& object, const SharedObjectUsers& users) {
    const bool isMapped = !object.mappedBy.empty() || object.attaches > 0;
    if (!object.mappedBy.empty()) {
        object.state = "mapped by " + who(object.mappedBy);
    } else if (object.attaches > 0) {
        object.state = "attached " + std::to_string(object.attaches) +
                       " times, by nobody that can "
                       "be seen";
    } else if (!object.heldBy.empty()) {
        object.state = "nobody maps it; " + who(object.heldBy) + " has it open";
    } else {
        object.state = "nobody maps it or has it open";
    }
    if (object.keptBecause.empty() && (isMapped || !object.heldBy.empty())) {
        object.keptBecause = isMapped ? object.state : who(object.heldBy) + " has it open";
    }
    // System V counts its attaches itself.
    const std::string hidden =
        object.kind == SharedObjectKind::systemV ? std::string() : hiddenUsersOf(object, users);
    if (!isMapped && !hidden.empty()) {
        object.state += " (" + hidden + ")";
        if (object.keptBecause.empty()) {
            object.keptBecause = hidden;
        }
    }
    if (const std::string creator = creatorText(object); !creator.empty()) {
        object.state += "; " + creator;
    }
    object.isOrphaned = isMapped ? object.creator == Liveness::dead : hidden.empty();
    if (object.kind == SharedObjectKind::unnamed) {
        object.keptBecause = "it has no name and ends with the last who has it (" +
                             who(isMapped ? object.mappedBy : object.heldBy) + ")";
    }
}

void addTimes(SharedObject& object, const std::string& path) {
    struct statx status {};
    if (::statx(AT_FDCWD, path.c_str(), AT_SYMLINK_NOFOLLOW, STATX_BTIME | STATX_CTIME, &status) !=
        0) {
        return;
    }
    object.isSinceCreation = (status.stx_mask & STATX_BTIME) != 0;
    const struct statx_timestamp& time =
        object.isSinceCreation ? status.stx_btime : status.stx_ctime;
    object.sinceNs = time.tv_sec * kNsPerSecond + time.tv_nsec;
}

// What its roster knows is more than what /proc tells.
void addRing(SharedObject& object, const SegmentSummary& ring) {
    object.isRing = true;
    object.creatorPid = ring.creator.pid;
    object.creator = ring.creator.pid == 0 ? Liveness::unknown : ring.creatorLiveness;
    object.isSwept = ring.isOrphaned;
    if (ring.liveParticipants > 0) {
        object.keptBecause = "a live participant is registered in its roster";
    } else if (object.creator == Liveness::alive || object.creator == Liveness::stopped) {
        object.keptBecause =
            "its creator (pid " + std::to_string(ring.creator.pid) + ") is running";
    }
}

std::optional<SharedObject> posixObject(const std::string& name, const SharedObjectUsers& users) {
    const std::string path = std::string(kFolder) + "/" + name;
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) {
        return std::nullopt;
    }
    SharedObject object;
    object.name = name;
    object.file = {status.st_dev, status.st_ino};
    object.bytes = static_cast<std::uint64_t>(status.st_size);
    object.residentBytes = static_cast<std::uint64_t>(status.st_blocks) * 512;
    object.uid = status.st_uid;
    object.mode = status.st_mode & 0777U;
    addTimes(object, path);
    object.mappedBy = usersOf(users.mappedBy, object.file);
    object.heldBy = usersOf(users.heldBy, object.file);
    return object;
}

void addPosix(const SharedObjectUsers& users, std::vector<SharedObject>& objects) {
    std::map<std::string, SegmentSummary> rings;
    for (SegmentSummary& ring : listSegments()) {
        rings.emplace(ring.name, std::move(ring));
    }
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(kFolder, error)) {
        auto object = posixObject(entry.path().filename().string(), users);
        if (!object) {
            continue;
        }
        if (const auto ring = rings.find(object->name); ring != rings.end()) {
            addRing(*object, ring->second);
        }
        judge(*object, users);
        objects.push_back(std::move(*object));
    }
}

void addUnnamed(const SharedObjectUsers& users, std::vector<SharedObject>& objects) {
    for (const auto& [file, unnamed] : users.unnamed) {
        // A file may be called "x (deleted)", and is there.
        const auto isIt = [&key = file](const SharedObject& other) { return other.file == key; };
        if (std::any_of(objects.begin(), objects.end(), isIt)) {
            continue;
        }
        SharedObject object;
        object.kind = SharedObjectKind::unnamed;
        object.name = unnamed.name.substr(unnamed.name.front() == '/' ? 1 : 0);
        object.file = file;
        object.bytes = unnamed.bytes;
        object.isSizeLeast = unnamed.isSizeLeast;
        object.residentBytes = unnamed.residentBytes;
        object.sinceNs = unnamed.changedNs;
        object.uid = unnamed.uid;
        object.mappedBy = usersOf(users.mappedBy, file);
        object.heldBy = usersOf(users.heldBy, file);
        judge(object, users);
        objects.push_back(std::move(object));
    }
}

// Unix time at which the process began; empty when it is not there.
std::optional<std::int64_t> startedAtNs(std::int32_t pid) {
    const auto process = processOf(pid);
    if (!process) {
        return std::nullopt;
    }
    const std::int64_t ticks = ::sysconf(_SC_CLK_TCK);
    timespec sinceBoot{};
    ::clock_gettime(CLOCK_BOOTTIME, &sinceBoot);
    const std::int64_t bootNs =
        wallClockNs() - (sinceBoot.tv_sec * kNsPerSecond + sinceBoot.tv_nsec);
    return bootNs + static_cast<std::int64_t>(process->startTicks) * (kNsPerSecond / ticks);
}

// A process that began after the object was made is a later one with the same pid. The kernel keeps
// the object's time in whole seconds.
Liveness creatorOf(std::int32_t pid, std::int64_t createdNs) {
    if (pid == 0) {
        return Liveness::unknown;
    }
    const auto startNs = startedAtNs(pid);
    return !startNs || *startNs > createdNs + 2 * kNsPerSecond ? Liveness::dead : Liveness::alive;
}

// The columns that this kernel's /proc/sysvipc/shm has, by name; numbers only.
std::map<std::string, long long> columnsOf(const std::vector<std::string>& names,
                                           const std::string& line) {
    std::map<std::string, long long> columns;
    std::istringstream values(line);
    long long value = 0;
    for (const std::string& name : names) {
        if (name == "perms") { // octal
            std::string text;
            values >> text;
            columns[name] = std::strtoll(text.c_str(), nullptr, 8);
        } else if (values >> value) {
            columns[name] = value;
        }
    }
    return columns;
}

void addSystemV(const SharedObjectUsers& users, std::vector<SharedObject>& objects) {
    std::istringstream text(readFile("/proc/sysvipc/shm").value_or(""));
    std::string line;
    std::getline(text, line);
    std::istringstream heading(line);
    std::vector<std::string> names;
    for (std::string name; heading >> name;) {
        names.push_back(name);
    }
    while (std::getline(text, line)) {
        auto columns = columnsOf(names, line);
        SharedObject object;
        object.kind = SharedObjectKind::systemV;
        const auto id = static_cast<int>(columns["shmid"]);
        object.name = "shmid:" + std::to_string(id);
        object.file.inode = static_cast<std::uint64_t>(id);
        object.bytes = static_cast<std::uint64_t>(columns["size"]);
        object.residentBytes = static_cast<std::uint64_t>(columns["rss"]);
        object.uid = static_cast<std::uint32_t>(columns["uid"]);
        object.mode = static_cast<std::uint32_t>(columns["perms"]) & 0777U;
        object.attaches = static_cast<std::uint64_t>(columns["nattch"]);
        object.sinceNs = columns["ctime"] * kNsPerSecond;
        object.creatorPid = static_cast<std::int32_t>(columns["cpid"]);
        object.creator = creatorOf(object.creatorPid, object.sinceNs);
        if (const auto found = users.attachedTo.find(id); found != users.attachedTo.end()) {
            object.mappedBy = found->second;
        }
        judge(object, users);
        objects.push_back(std::move(object));
    }
}

Error cannotRemove(const SharedObject& object) {
    return systemError(ErrorKind::target,
                       "shared object " + printableName(object.name) + ": cannot be removed",
                       errno);
}

// The scan takes some milliseconds: the kernel's own count is asked once more. Who attaches after
// that keeps the memory; only the key goes.
Expected<void> removeSystemV(const SharedObject& object) {
    const auto id = static_cast<int>(object.file.inode);
    struct shmid_ds now {};
    if (::shmctl(id, IPC_STAT, &now) != 0) {
        return cannotRemove(object);
    }
    if (now.shm_nattch > 0 || now.shm_ctime != object.sinceNs / kNsPerSecond) {
        return makeError(ErrorKind::failed,
                         "shared object " + object.name +
                             " was left alone: somebody attached or changed it just now");
    }
    return ::shmctl(id, IPC_RMID, nullptr) == 0 ? Expected<void>() : cannotRemove(object);
}

// Who opens it between the scan and here keeps the memory; only the name goes.
Expected<void> removePosix(const SharedObject& object) {
    const std::string path = std::string(kFolder) + "/" + object.name;
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0) {
        return cannotRemove(object);
    }
    if (FileKey{status.st_dev, status.st_ino} != object.file) {
        return makeError(ErrorKind::failed, "shared object " + printableName(object.name) +
                                                " was left alone: another one just took its name");
    }
    return ::unlink(path.c_str()) == 0 ? Expected<void>() : cannotRemove(object);
}

} // namespace

std::vector<SharedObject> listSharedObjects() {
    const SharedObjectUsers users = readSharedObjectUsers();
    std::vector<SharedObject> objects;
    addPosix(users, objects);
    addUnnamed(users, objects);
    addSystemV(users, objects);
    std::sort(objects.begin(), objects.end(), [](const SharedObject& a, const SharedObject& b) {
        return std::tie(a.kind, a.name, a.file) < std::tie(b.kind, b.name, b.file);
    });
    return objects;
}

Expected<void> removeSharedObject(const SharedObject& object) {
    const std::vector<SharedObject> objects = listSharedObjects();
    const auto now =
        std::find_if(objects.begin(), objects.end(), [&object](const SharedObject& other) {
            return other.kind == object.kind && other.name == object.name;
        });
    if (now == objects.end()) {
        return makeError(ErrorKind::target,
                         "shared object " + printableName(object.name) + " is gone");
    }
    if (now->file != object.file || now->sinceNs != object.sinceNs || now->bytes != object.bytes) {
        return makeError(ErrorKind::target, "shared object " + printableName(object.name) +
                                                " has become another one; look at it again");
    }
    if (!now->keptBecause.empty()) {
        return makeError(ErrorKind::failed, "shared object " + printableName(object.name) +
                                                " was left alone: " + now->keptBecause);
    }
    return object.kind == SharedObjectKind::systemV ? removeSystemV(object) : removePosix(object);
}

std::string sharedObjectKindName(const SharedObject& object) {
    switch (object.kind) {
    case SharedObjectKind::posix:
        return object.isRing ? "ring" : object.name.rfind("sem.", 0) == 0 ? "semaphore" : "POSIX";
    case SharedObjectKind::systemV:
        return "System V";
    case SharedObjectKind::unnamed:
        return object.name.rfind("memfd:", 0) == 0 ? "memfd" : "removed";
    }
    return "unknown";
}

} // namespace ringscope
