// SPDX-License-Identifier: MIT
#include "core/memory/proc_process.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/memory/smaps_parser.h"

namespace ringscope::proc {

namespace {

// "process 123 (name)"; bytes of the name that are not printable ASCII become '?', because any
// program may put what it likes there.
std::string nameForMessage(std::int32_t pid) {
    std::string name = processName(pid);
    std::replace_if(
        name.begin(), name.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
    return "process " + std::to_string(pid) + (name.empty() ? "" : " (" + name + ")");
}

// A thread that has not ended; 0: there is none. /proc/TID is there also of threads, with the
// memory of the whole process, though no listing shows it.
std::int32_t livingThread(std::int32_t pid) {
    std::error_code error;
    const std::string tasks = "/proc/" + std::to_string(pid) + "/task";
    for (std::filesystem::directory_iterator task(tasks, error), end; !error && task != end;
         task.increment(error)) {
        const auto text = readFile(task->path().string() + "/stat", 4096);
        const auto stat = text ? parseStat(*text) : std::nullopt;
        if (stat && !stat->isZombie()) {
            const auto tid = parseUnsigned(task->path().filename().string());
            return static_cast<std::int32_t>(tid.value_or(0));
        }
    }
    return 0;
}

// Why a process that stat describes has no memory to read; empty when it has.
std::optional<Error> reasonNotReadable(std::int32_t pid, const StatLine& stat) {
    if (stat.isKernelThread) {
        return makeError(ErrorKind::target,
                         nameForMessage(pid) +
                             " is a kernel thread and has no memory of its own: choose a program");
    }
    if (stat.isZombie() && stat.threads > 1) {
        const std::int32_t thread = livingThread(pid);
        return makeError(ErrorKind::target,
                         nameForMessage(pid) +
                             " has ended its main thread, through which its memory is read, while "
                             "other threads go on: " +
                             (thread == 0
                                  ? "choose another process"
                                  : "choose its thread " + std::to_string(thread) + " instead"));
    }
    if (stat.isZombie()) {
        return makeError(ErrorKind::target, nameForMessage(pid) +
                                                " has ended and only waits for its parent to "
                                                "notice (zombie): choose a running process");
    }
    return std::nullopt;
}

} // namespace

Error processEnded(std::int32_t pid) {
    return makeError(ErrorKind::target, "process " + std::to_string(pid) +
                                            " does not exist or has ended: choose a running one");
}

Error readError(std::int32_t pid, const std::string& file, int errnoValue) {
    if (errnoValue == ENOENT && pid > 0 && (::kill(pid, 0) == 0 || errno == EPERM)) {
        if (::access(("/proc/" + std::to_string(pid)).c_str(), F_OK) != 0) {
            return makeError(ErrorKind::target,
                             "process " + std::to_string(pid) +
                                 " is hidden from this user (/proc is mounted with hidepid): run "
                                 "Ringscope as the user of that process or as root");
        }
        return makeError(ErrorKind::target,
                         "this kernel has no /proc/PID/" + file + ", without which the memory of " +
                             nameForMessage(pid) + " cannot be read: use a kernel that has");
    }
    if (errnoValue == ESRCH || errnoValue == ENOENT) {
        return processEnded(pid);
    }
    if ((errnoValue == EACCES || errnoValue == EPERM) && ::geteuid() == 0) {
        return makeError(ErrorKind::target,
                         nameForMessage(pid) + " does not permit even this root to read its " +
                             file +
                             ": run Ringscope with CAP_SYS_PTRACE, outside of the container that "
                             "takes it away");
    }
    if (errnoValue == EACCES || errnoValue == EPERM) {
        return makeError(ErrorKind::target,
                         nameForMessage(pid) + " does not permit reading its " + file +
                             ": run Ringscope as the user of that process, or as root or with "
                             "CAP_SYS_PTRACE if it is another user's or not dumpable");
    }
    return systemError(ErrorKind::target, "cannot read " + file + " of " + nameForMessage(pid),
                       errnoValue);
}

WholeText readWhole(int fd, std::string& buffer) {
    constexpr std::size_t kFirstSize = 4096;
    buffer.resize(std::max(buffer.size(), kFirstSize));
    for (;;) {
        // From offset 0 each time: the kernel writes the text anew, so two halves of two readings
        // would not fit together.
        const ssize_t got = ::pread(fd, buffer.data(), buffer.size(), 0);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return WholeText{{}, errno};
        }
        if (static_cast<std::size_t>(got) < buffer.size()) {
            return WholeText{std::string_view(buffer).substr(0, static_cast<std::size_t>(got)), 0};
        }
        buffer.resize(buffer.size() * 2);
    }
}

Expected<StatLine> readStat(const ProcessIdentity& process, int fd, std::string& buffer) {
    const auto whole = readWhole(fd, buffer);
    if (whole.errnoValue != 0) {
        return readError(process.pid, "stat", whole.errnoValue);
    }
    const auto stat = parseStat(whole.text);
    if (!stat || (process.startTicks != 0 && stat->startTicks != process.startTicks)) {
        return processEnded(process.pid);
    }
    if (auto reason = reasonNotReadable(process.pid, *stat)) {
        return *reason;
    }
    return *stat;
}

FileDescriptor openFile(const FileDescriptor& directory, const char* name) {
    return FileDescriptor(::openat(directory.get(), name, O_RDONLY | O_CLOEXEC));
}

Expected<ProcessDirectory> openProcess(const ProcessIdentity& process) {
    ProcessDirectory opened;
    const std::string path = "/proc/" + std::to_string(process.pid);
    opened.identity = process;
    opened.directory.reset(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!opened.directory.isOpen()) {
        return readError(process.pid, "directory in /proc", errno);
    }
    opened.stat = openFile(opened.directory, "stat");
    if (!opened.stat.isOpen()) {
        return readError(process.pid, "stat", errno);
    }
    std::string buffer;
    const auto stat = readStat(process, opened.stat.get(), buffer);
    if (!stat) {
        return stat.error();
    }
    opened.identity.startTicks = stat->startTicks;
    struct stat pidNamespace {};
    if (::fstatat(opened.directory.get(), "ns/pid", &pidNamespace, 0) == 0) {
        opened.identity.pidNamespace = pidNamespace.st_ino;
    }
    return opened;
}

Error addressSpaceGone(std::int32_t pid, const std::string& what) {
    return makeError(ErrorKind::target, "process " + std::to_string(pid) +
                                            " ended or started another program " + what +
                                            ": choose a running process or try again");
}

Expected<MemoryMap> readMap(std::int32_t pid, int fd, const std::string& file) {
    // The kernel hands out at most a few kilobytes at a time, whatever is asked for.
    constexpr std::size_t kPieceSize = 65536;
    SmapsParser parser;
    std::string piece(kPieceSize, '\0');
    off_t at = 0;
    for (;;) {
        const ssize_t got = ::pread(fd, piece.data(), piece.size(), at);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return readError(pid, file, errno);
        }
        if (got == 0) {
            break;
        }
        parser.feed(std::string_view(piece).substr(0, static_cast<std::size_t>(got)));
        at += got;
    }
    // A process that exits or execs while it is read looks like a shorter map: the text just ends.
    if (!isMapReadable(fd)) {
        return addressSpaceGone(pid, "while its memory map was read");
    }
    return parser.finish();
}

// The descriptor names the address space, so when it can be read now it could be all along.
bool isMapReadable(int fd) {
    char byte = 0;
    ssize_t got = 0;
    do {
        got = ::pread(fd, &byte, 1, 0);
    } while (got < 0 && errno == EINTR);
    return got == 1;
}

std::int64_t threadCpuNs() noexcept {
    timespec time{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return time.tv_sec * kNsPerSecond + time.tv_nsec;
}

} // namespace ringscope::proc
