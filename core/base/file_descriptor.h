// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <utility>

#include "core/base/expected.h"

namespace ringscope {

// Owns one file descriptor and closes it. One thread at a time.
class FileDescriptor {
public:
    FileDescriptor() = default;
    explicit FileDescriptor(int fd)
        : m_fd(fd) {}
    FileDescriptor(const FileDescriptor&) = delete;
    FileDescriptor& operator=(const FileDescriptor&) = delete;
    FileDescriptor(FileDescriptor&& other) noexcept
        : m_fd(other.release()) {}
    FileDescriptor& operator=(FileDescriptor&& other) noexcept {
        reset(other.release());
        return *this;
    }
    ~FileDescriptor() { reset(); }

    [[nodiscard]] int get() const noexcept { return m_fd; }
    [[nodiscard]] bool isOpen() const noexcept { return m_fd >= 0; }
    int release() noexcept { return std::exchange(m_fd, -1); }
    void reset(int fd = -1) noexcept;

private:
    int m_fd = -1;
};

// Reads a whole file, also one of /proc whose size reads 0. At most maxBytes are kept.
// Errors (kind target): cannot open, cannot read; the message names the path.
[[nodiscard]] Expected<std::string> readFile(const std::string& path,
                                             std::size_t maxBytes = std::size_t{256} << 20U);

} // namespace ringscope
