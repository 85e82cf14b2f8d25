// SPDX-License-Identifier: MIT
#include "core/memory/working_set.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <limits>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>
#include <vector>

#include "core/memory/proc_process.h"
#include "core/memory/system_memory.h"

namespace ringscope {

namespace {

Error cannotWrite(std::int32_t pid, const std::string& what, int errnoValue) {
    if (errnoValue == EACCES || errnoValue == EPERM) {
        return makeError(ErrorKind::target, "not permitted to " + what + " of process " +
                                                std::to_string(pid) +
                                                ": run Ringscope as its user or as root");
    }
    if (errnoValue == ESRCH || errnoValue == ENOENT) {
        return proc::processEnded(pid);
    }
    return systemError(ErrorKind::target, "cannot " + what + " of process " + std::to_string(pid),
                       errnoValue);
}

// Writes text to the file in one piece; an errno, or 0.
int writeWhole(int fd, const std::string& text) {
    for (;;) {
        const ssize_t written = ::write(fd, text.data(), text.size());
        if (written >= 0) {
            return static_cast<std::size_t>(written) == text.size() ? 0 : EIO;
        }
        if (errno != EINTR) {
            return errno;
        }
    }
}

// what: "clear the references", for the error.
Expected<void> writeClearRefs(const ProcessIdentity& process, const std::string& value,
                              const std::string& what) {
    const auto directory = proc::openProcess(process);
    if (!directory) {
        return directory.error();
    }
    const FileDescriptor file(
        ::openat(directory->directory.get(), "clear_refs", O_WRONLY | O_CLOEXEC));
    if (!file.isOpen()) {
        return cannotWrite(process.pid, what, errno);
    }
    if (const int error = writeWhole(file.get(), value); error != 0) {
        return cannotWrite(process.pid, what, error);
    }
    // Of a process that has just ended the kernel clears nothing and says nothing.
    std::string buffer;
    const auto stat = proc::readStat(directory->identity, directory->stat.get(), buffer);
    return stat ? Expected<void>() : stat.error();
}

// A descriptor of this process, not of a later one with its pid: the pid was its own still after
// the descriptor was there.
Expected<FileDescriptor> openPidfd(const proc::ProcessDirectory& directory) {
    const std::int32_t pid = directory.identity.pid;
    FileDescriptor pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0U)));
    if (!pidfd.isOpen()) {
        return errno == ESRCH ? proc::processEnded(pid)
                              : systemError(ErrorKind::failed,
                                            "cannot hold process " + std::to_string(pid) +
                                                " (pidfd_open, Linux 5.3)",
                                            errno);
    }
    std::string buffer;
    const auto stat = proc::readStat(directory.identity, directory.stat.get(), buffer);
    if (!stat) {
        return stat.error();
    }
    return pidfd;
}

// Without [vsyscall], for which the kernel would refuse all of them.
std::vector<iovec> wholePages(std::span<const AddressRange> ranges) {
    constexpr std::uint64_t kKernelHalf = std::uint64_t{1} << 63U;
    const auto inPage = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)) - 1;
    std::vector<iovec> pages;
    for (const AddressRange& range : ranges) {
        const std::uint64_t start = (range.start + inPage) & ~inPage;
        const std::uint64_t end = range.end & ~inPage;
        if (start < end && end <= kKernelHalf) {
            pages.push_back({reinterpret_cast<void*>(start), end - start});
        }
    }
    return pages;
}

// What ends all of it rather than being the refusal of a range.
std::optional<Error> pageOutError(std::int32_t pid, int errnoValue) {
    switch (errnoValue) {
    case ESRCH:
        return proc::processEnded(pid);
    case EPERM:
    case EACCES:
        return makeError(ErrorKind::target,
                         "not permitted to put out pages of process " + std::to_string(pid) +
                             ": run Ringscope as root, or with CAP_SYS_NICE and the right to trace "
                             "that process");
    case ENOSYS:
        return makeError(ErrorKind::failed, "this kernel cannot put out pages of another process "
                                            "(process_madvise, Linux 5.10): use a newer one");
    case ENOMEM:
    case EINVAL:
    case EAGAIN:
        return std::nullopt;
    default:
        return systemError(ErrorKind::target,
                           "cannot put out pages of process " + std::to_string(pid), errnoValue);
    }
}

std::string refusalOf(const iovec& range, int errnoValue) {
    const auto start = reinterpret_cast<std::uintptr_t>(range.iov_base);
    const auto hex = [](std::uint64_t value) {
        std::string digits;
        do {
            digits.insert(digits.begin(), "0123456789abcdef"[value & 0xfU]);
            value >>= 4U;
        } while (value != 0);
        return digits;
    };
    const std::string what = hex(start) + "-" + hex(start + range.iov_len);
    if (errnoValue == EINVAL) {
        return what + " is locked, of huge pages or of a device, which cannot be put out";
    }
    if (errnoValue == ENOMEM) {
        return what + " is not mapped throughout any more";
    }
    return systemError(ErrorKind::target, "cannot put out " + what, errnoValue).message;
}

Expected<void> pageOutAll(std::int32_t pid, int pidfd, std::vector<iovec> pages, PageOut& done) {
    constexpr std::size_t kMostAtOnce = 1024; // IOV_MAX
    for (std::size_t at = 0; at < pages.size();) {
        const std::size_t count = std::min(kMostAtOnce, pages.size() - at);
        const auto advised =
            ::syscall(SYS_process_madvise, pidfd, &pages[at], count, MADV_PAGEOUT, 0U);
        if (advised < 0 && errno == EINTR) {
            continue;
        }
        if (advised <= 0) {
            const int errnoValue = advised < 0 ? errno : EINVAL;
            if (auto error = pageOutError(pid, errnoValue)) {
                return *error;
            }
            done.refusedBytes += pages[at].iov_len;
            if (done.refusal.empty()) {
                done.refusal = refusalOf(pages[at], errnoValue);
            }
            ++at;
            continue;
        }
        // It stops at the first range that it refuses, and says so when that is the first.
        auto left = static_cast<std::uint64_t>(advised);
        done.advisedBytes += left;
        while (at < pages.size() && left >= pages[at].iov_len) {
            left -= pages[at].iov_len;
            ++at;
        }
        if (left > 0) {
            pages[at].iov_base = static_cast<char*>(pages[at].iov_base) + left;
            pages[at].iov_len -= left;
        }
    }
    return {};
}

Expected<CgroupMemory> cgroupToReclaim(const ProcessIdentity& process, const std::string& root) {
    const auto directory = proc::openProcess(process);
    if (!directory) {
        return directory.error();
    }
    const auto cgroup = readCgroupMemory(process.pid, root);
    std::string buffer;
    const auto stat = proc::readStat(directory->identity, directory->stat.get(), buffer);
    if (!stat) {
        return stat.error();
    }
    const std::string pid = std::to_string(process.pid);
    if (!cgroup) {
        return makeError(ErrorKind::failed,
                         "process " + pid +
                             " is in no cgroup that counts memory, so none can be told to give "
                             "some back: put out pages of the process instead");
    }
    if (cgroup->version != 2) {
        return makeError(ErrorKind::failed, "the cgroup of process " + pid +
                                                " is of version 1, which cannot be told to give "
                                                "back memory: put out pages of the process "
                                                "instead");
    }
    if (cgroup->directory.empty() ||
        ::access((cgroup->directory + "/memory.reclaim").c_str(), F_OK) != 0) {
        return makeError(ErrorKind::failed,
                         "the cgroup of process " + pid +
                             " has no memory.reclaim here (memory controller, Linux 5.19): put "
                             "out pages of the process instead");
    }
    return *cgroup;
}

ReclaimScope scopeOf(const CgroupMemory& cgroup) {
    ReclaimScope scope;
    scope.cgroup = cgroup.path;
    scope.usage = cgroup.usage;
    const auto processes = readFile(cgroup.directory + "/cgroup.procs");
    if (processes) {
        scope.processes =
            static_cast<std::uint64_t>(std::count(processes->begin(), processes->end(), '\n'));
    }
    return scope;
}

} // namespace

Expected<ReferencesCleared> clearReferenced(const ProcessIdentity& process,
                                            ReferencesCleared wanted) {
    const auto cleared = writeClearRefs(process, "1", "clear what was referenced");
    if (!cleared) {
        return cleared.error();
    }
    // Of what may be written there, only 4 (soft-dirty) flushes the TLB, also on kernels without
    // soft-dirty marks.
    const bool isFlushed = wanted == ReferencesCleared::exact &&
                           writeClearRefs(process, "4", "clear what was referenced");
    return isFlushed ? ReferencesCleared::exact : ReferencesCleared::atLeast;
}

Expected<void> resetPeak(const ProcessIdentity& process) {
    return writeClearRefs(process, "5", "set back the peak");
}

Expected<PageOut> pageOut(const ProcessIdentity& process, std::span<const AddressRange> ranges) {
    const auto directory = proc::openProcess(process);
    if (!directory) {
        return directory.error();
    }
    const auto pidfd = openPidfd(*directory);
    if (!pidfd) {
        return pidfd.error();
    }
    PageOut done;
    if (const auto system = readSystemMemory()) {
        done.swapFree = system->swapFree;
    }
    const auto advised = pageOutAll(process.pid, pidfd->get(), wholePages(ranges), done);
    return advised ? Expected<PageOut>(std::move(done)) : advised.error();
}

Expected<ReclaimScope> reclaimScope(const ProcessIdentity& process, const std::string& root) {
    const auto cgroup = cgroupToReclaim(process, root);
    return cgroup ? Expected<ReclaimScope>(scopeOf(*cgroup)) : cgroup.error();
}

Expected<CgroupReclaim> reclaimCgroup(const ProcessIdentity& process, std::uint64_t bytes,
                                      const std::string& root) {
    const auto cgroup = cgroupToReclaim(process, root);
    if (!cgroup) {
        return cgroup.error();
    }
    CgroupReclaim done;
    done.scope = scopeOf(*cgroup);
    const std::string path = cgroup->directory + "/memory.reclaim";
    const FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    const int error = file.isOpen() ? writeWhole(file.get(), std::to_string(bytes)) : errno;
    if (error == EACCES || error == EPERM || error == EROFS) {
        return makeError(ErrorKind::target, "not permitted to write " + path +
                                                ": run Ringscope as root or as the user to whom "
                                                "this cgroup is delegated");
    }
    if (error != 0 && error != EAGAIN) { // EAGAIN: found less than that
        return systemError(ErrorKind::failed, "cannot write " + path, error);
    }
    done.isComplete = error == 0;
    const auto after = readCgroupMemory(process.pid, root);
    done.usageAfter = after && after->path == cgroup->path ? after->usage : std::nullopt;
    return done;
}

} // namespace ringscope
