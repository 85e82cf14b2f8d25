// SPDX-License-Identifier: MIT
#include "core/heap/tracker/announce.h"

#include "core/heap/ledger_layout.h"

#include <cerrno>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <linux/memfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

namespace ringscope::tracker {

namespace {

constexpr int kConnectTries = 20;
constexpr long kTryNs = 5'000'000;

// count: of descriptors, at most two.
bool announce(int socket, LedgerAnnouncement announcement, const int* descriptors,
              std::size_t count) noexcept {
    iovec part{&announcement, sizeof(announcement)};
    alignas(cmsghdr) char control[CMSG_SPACE(2 * sizeof(int))] = {};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = CMSG_SPACE(count * sizeof(int));
    cmsghdr* rights = CMSG_FIRSTHDR(&message);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(count * sizeof(int));
    std::memcpy(CMSG_DATA(rights), descriptors, count * sizeof(int));
    return ::syscall(SYS_sendmsg, socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL) ==
           static_cast<long>(sizeof(announcement));
}

} // namespace

int connectToReader(const char* socketName) noexcept {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::size_t length = std::strlen(socketName);
    if (length == 0 || length + 1 > sizeof(address.sun_path)) {
        return -1;
    }
    std::memcpy(address.sun_path + 1, socketName, length); // byte 0 stays zero: an abstract name
    const auto fd = static_cast<int>(
        ::syscall(SYS_socket, AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (fd < 0) {
        return -1;
    }
    for (int i = 0; i < kConnectTries; ++i) {
        if (::syscall(SYS_connect, fd, &address, offsetof(sockaddr_un, sun_path) + 1 + length) ==
            0) {
            return fd;
        }
        if (errno != EAGAIN && errno != EINTR) {
            break;
        }
        // The queue is full and such a socket cannot be polled for room.
        const timespec pause{0, kTryNs};
        ::syscall(SYS_nanosleep, &pause, nullptr);
    }
    closeDescriptor(fd);
    return -1;
}

bool announceLedger(int socket, int ledger, int profile, std::int32_t pid,
                    std::int64_t startedNs) noexcept {
    const int descriptors[] = {ledger, profile};
    return announce(socket,
                    {kLedgerMagic, kLedgerVersion, pid, AnnouncedFile::ledger, 0, startedNs},
                    descriptors, profile < 0 ? 1 : 2);
}

bool announceProfile(int socket, int profile, std::int32_t pid, std::int64_t startedNs) noexcept {
    return announce(socket,
                    {kLedgerMagic, kLedgerVersion, pid, AnnouncedFile::profile, 0, startedNs},
                    &profile, 1);
}

int makeSharedFile(const char* name, std::size_t bytes) noexcept {
    rlimit limit{};
    if (::getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur < bytes) {
        return -1;
    }
    const auto fd =
        static_cast<int>(::syscall(SYS_memfd_create, name, MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (fd < 0) {
        return -1;
    }
    if (::syscall(SYS_ftruncate, fd, bytes) != 0) {
        closeDescriptor(fd);
        return -1;
    }
    // Whoever receives it could otherwise cut it and so kill us by SIGBUS.
    ::syscall(SYS_fcntl, fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
    return fd;
}

void closeDescriptor(int fd) noexcept {
    ::syscall(SYS_close, fd);
}

std::uint64_t ownStartTicks() noexcept {
    const auto fd =
        static_cast<int>(::syscall(SYS_openat, AT_FDCWD, "/proc/self/stat", O_RDONLY | O_CLOEXEC));
    if (fd < 0) {
        return 0;
    }
    char text[1024];
    const long got = ::syscall(SYS_read, fd, text, sizeof(text) - 1);
    closeDescriptor(fd);
    if (got <= 0) {
        return 0;
    }
    text[got] = '\0';
    const char* at = std::strrchr(text, ')'); // ends the name, field 2, which may hold anything
    for (int field = 2; at != nullptr && field < 22; ++field) {
        at = std::strchr(at + 1, ' ');
    }
    std::uint64_t ticks = 0;
    for (at = at != nullptr ? at + 1 : ""; *at >= '0' && *at <= '9'; ++at) {
        ticks = ticks * 10 + static_cast<std::uint64_t>(*at - '0');
    }
    return ticks;
}

} // namespace ringscope::tracker
