// SPDX-License-Identifier: MIT
#include "core/base/file_descriptor.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

namespace ringscope {

void FileDescriptor::reset(int fd) noexcept {
    if (m_fd >= 0) {
        ::close(m_fd);
    }
    m_fd = fd;
}

Expected<std::string> readFile(const std::string& path, std::size_t maxBytes) {
    const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.isOpen()) {
        return systemError(ErrorKind::target, "cannot open " + path, errno);
    }
    std::string content;
    std::size_t used = 0;
    while (used < maxBytes) {
        content.resize(std::min(maxBytes, std::max<std::size_t>(used * 2, 16384)));
        const ssize_t got = ::read(file.get(), content.data() + used, content.size() - used);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return systemError(ErrorKind::target, "cannot read " + path, errno);
        }
        if (got == 0) {
            break;
        }
        used += static_cast<std::size_t>(got);
    }
    content.resize(used);
    return content;
}

} // namespace ringscope
