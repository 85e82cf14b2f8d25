// SPDX-License-Identifier: MIT
#include "app/cli/output.h"

#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <optional>
#include <sys/stat.h>
#include <unistd.h>

#include "app/cli/console.h"
#include "core/base/file_descriptor.h"

namespace ringscope {

namespace {

namespace fs = std::filesystem;

using Write = std::function<Expected<void>(std::ostream&)>;

Error cannotWrite(const std::string& path, int reason) {
    return systemError(ErrorKind::failed, "cannot write " + path, reason);
}

// The file that path leads to, whether it is there or not; empty when it must be written in place:
// devices, pipes, and what the shell has opened for us, of which a new file would take the name
// only.
std::optional<std::string> replaceableFile(const std::string& path) {
    struct stat there {};
    const bool exists = ::stat(path.c_str(), &there) == 0;
    if (exists && !S_ISREG(there.st_mode)) {
        return std::nullopt;
    }
    for (const int open : {STDOUT_FILENO, STDERR_FILENO}) {
        struct stat ours {};
        if (exists && ::fstat(open, &ours) == 0 && ours.st_dev == there.st_dev &&
            ours.st_ino == there.st_ino) {
            return std::nullopt;
        }
    }
    fs::path file = path;
    std::error_code error;
    constexpr int kMostLinks = 40; // as the kernel follows
    for (int i = 0; i < kMostLinks && fs::is_symlink(fs::symlink_status(file, error)); ++i) {
        const fs::path target = fs::read_symlink(file, error);
        if (error) {
            return std::nullopt;
        }
        file = target.is_absolute() ? target : file.parent_path() / target;
    }
    // Links of /proc lead to open files, by names that these may have no more.
    return file.string().starts_with("/proc/") || (exists && !isSameFile(path, file.string()))
               ? std::nullopt
               : std::optional(file.string());
}

// A new file beside the one that it takes the place of when it is whole. Removed by the destructor
// or by an interrupt, until then.
class Replacement {
public:
    explicit Replacement(std::string file)
        : m_file(std::move(file)) {}
    Replacement(const Replacement&) = delete;
    Replacement& operator=(const Replacement&) = delete;
    ~Replacement() {
        if (!m_path.empty()) {
            ::unlink(m_path.c_str());
            removeWhenInterrupted("");
        }
    }

    // 0, or an errno.
    int create() {
        const auto slash = m_file.rfind('/');
        const std::string folder = m_file.substr(0, slash == std::string::npos ? 0 : slash + 1);
        constexpr int kMostTries = 100; // of names that something left behind
        for (int i = 0; i < kMostTries; ++i) {
            const std::string path = folder + ".ringscope-" + std::to_string(::getpid()) + "-" +
                                     std::to_string(i) + ".tmp";
            const InterruptPause pause; // it is removed as soon as it is there
            const FileDescriptor made(
                ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
            if (made.isOpen()) {
                m_path = path;
                removeWhenInterrupted(path);
                return 0;
            }
            if (errno != EEXIST) {
                return errno;
            }
        }
        return EEXIST;
    }

    // Keeps mode and owner of the file that was there. 0, or an errno.
    int takePlace() {
        struct stat before {};
        if (::stat(m_file.c_str(), &before) == 0) {
            // Who may not give a file away keeps it.
            [[maybe_unused]] const int owned =
                ::chown(m_path.c_str(), before.st_uid, before.st_gid);
            if (::chmod(m_path.c_str(), before.st_mode & 07777U) != 0) {
                return errno;
            }
        }
        const InterruptPause pause;
        if (::rename(m_path.c_str(), m_file.c_str()) != 0) {
            return errno;
        }
        m_path.clear();
        removeWhenInterrupted("");
        return 0;
    }

    [[nodiscard]] const std::string& path() const { return m_path; }

private:
    const std::string m_file;
    std::string m_path;
};

// path: for the user; file: what is opened.
Expected<void> writeInPlace(const std::string& path, const std::string& file, const Write& write) {
    errno = 0;
    std::ofstream out(file, std::ios::binary | std::ios::trunc);
    if (!out) {
        return cannotWrite(path, errno);
    }
    auto written = write(out);
    if (written && (out.close(), !out)) {
        return cannotWrite(path, errno);
    }
    return !written && written.error().kind == ErrorKind::failed ? cannotWrite(path, errno)
                                                                 : written;
}

} // namespace

bool isSameFile(const std::string& a, const std::string& b) {
    struct stat first {};
    struct stat second {};
    return ::stat(a.c_str(), &first) == 0 && ::stat(b.c_str(), &second) == 0 &&
           first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

Expected<void> writeOutput(const std::string& path, const Write& write) {
    if (path == "-") {
        return write(std::cout);
    }
    const auto file = replaceableFile(path);
    if (!file) {
        return writeInPlace(path, path, write);
    }
    const bool exists = ::access(file->c_str(), F_OK) == 0;
    if (exists && ::access(file->c_str(), W_OK) != 0) {
        return cannotWrite(path, errno);
    }
    Replacement replacement(*file);
    if (const int reason = replacement.create(); reason != 0) {
        // A file of ours may lie in a folder that is not.
        const bool isFolderClosed = reason == EACCES || reason == EPERM || reason == EROFS;
        return exists && isFolderClosed ? writeInPlace(path, *file, write)
                                        : cannotWrite(path, reason);
    }
    if (auto written = writeInPlace(path, replacement.path(), write); !written) {
        return written;
    }
    if (const int reason = replacement.takePlace(); reason != 0) {
        return cannotWrite(path, reason);
    }
    return {};
}

} // namespace ringscope
