// SPDX-License-Identifier: MIT
#include "app/cli/output.h"

#include <cerrno>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <sys/stat.h>

namespace ringscope {

bool isSameFile(const std::string& a, const std::string& b) {
    struct stat first {};
    struct stat second {};
    return ::stat(a.c_str(), &first) == 0 && ::stat(b.c_str(), &second) == 0 &&
           first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

Expected<void> writeOutput(const std::string& path,
                           const std::function<Expected<void>(std::ostream&)>& write) {
    if (path == "-") {
        return write(std::cout);
    }
    struct stat there {};
    // A device or pipe is not ours to remove, and root could.
    const bool isFile = ::stat(path.c_str(), &there) != 0 || S_ISREG(there.st_mode);
    errno = 0;
    std::ofstream out(path, std::ios::binary | std::ios::trunc);
    if (!out) {
        return systemError(ErrorKind::failed, "cannot write " + path, errno);
    }
    auto written = write(out);
    if (written && !out.flush()) {
        written = makeError(ErrorKind::failed, "");
    }
    if (!written) {
        const int reason = errno;
        out.close();
        if (isFile) {
            std::remove(path.c_str());
        }
        return written.error().kind == ErrorKind::failed
                   ? systemError(ErrorKind::failed, "cannot write " + path, reason)
                   : written;
    }
    return written;
}

} // namespace ringscope
