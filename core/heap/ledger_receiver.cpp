// SPDX-License-Identifier: MIT
#include "core/heap/ledger_receiver.h"

#include "core/heap/ledger_layout.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <random>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <utility>

namespace ringscope {

namespace {

// Connections that may be silent at a time; more wait in the kernel.
constexpr std::size_t kMaxConnected = 256;

constexpr int kBacklog = 4096; // the kernel cuts it to net.core.somaxconn

std::string hexadecimal(std::uint64_t value) {
    constexpr char kDigits[] = "0123456789abcdef";
    std::string text(16, '0');
    for (std::size_t i = 0; i < text.size(); ++i) {
        text[text.size() - 1 - i] = kDigits[(value >> (i * 4)) & 0xfU];
    }
    return text;
}

std::string newSocketName() {
    std::random_device random;
    const std::uint64_t nonce = (std::uint64_t{random()} << 32U) | random();
    return "ringscope-heap-" + std::to_string(::getpid()) + "-" + hexadecimal(nonce);
}

struct Message {
    LedgerAnnouncement announcement{};
    FileDescriptor ledger;
    FileDescriptor profile; // not open: none was sent
    std::size_t bytes = 0;  // 0: the other side closed without a word
};

// Takes every descriptor out of the message, so that none stays open when more were sent.
void takeDescriptors(msghdr& header, Message& message) {
    for (cmsghdr* part = CMSG_FIRSTHDR(&header); part != nullptr;
         part = CMSG_NXTHDR(&header, part)) {
        if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) {
            continue;
        }
        const std::size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (std::size_t i = 0; i < count; ++i) {
            int fd = -1;
            std::memcpy(&fd, CMSG_DATA(part) + i * sizeof(int), sizeof(fd));
            FileDescriptor received(fd);
            if (!message.ledger.isOpen()) {
                message.ledger = std::move(received);
            } else if (!message.profile.isOpen()) {
                message.profile = std::move(received);
            }
        }
    }
}

// Also when it can only tell of an error or an end.
bool isReadable(const FileDescriptor& file) {
    pollfd ready{file.get(), POLLIN, 0};
    return ::poll(&ready, 1, 0) != 0;
}

std::optional<Message> receiveMessage(int connection) {
    Message message;
    iovec part{&message.announcement, sizeof(message.announcement)};
    alignas(cmsghdr) char control[CMSG_SPACE(4 * sizeof(int))];
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = control;
    header.msg_controllen = sizeof(control);
    const ssize_t got = ::recvmsg(connection, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (got < 0) {
        return std::nullopt;
    }
    message.bytes = static_cast<std::size_t>(got);
    takeDescriptors(header, message);
    if (got == 0) {
        return message;
    }
    if (got != static_cast<ssize_t>(sizeof(message.announcement)) || !message.ledger.isOpen()) {
        return std::nullopt;
    }
    return message;
}

} // namespace

Expected<LedgerReceiver> LedgerReceiver::create() {
    LedgerReceiver receiver;
    receiver.m_socket.reset(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!receiver.m_socket.isOpen()) {
        return systemError(ErrorKind::failed, "cannot make a socket for heap ledgers", errno);
    }
    receiver.m_socketName = newSocketName();
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    // Byte 0 stays zero: an abstract name, which leaves nothing behind in the file system.
    std::memcpy(address.sun_path + 1, receiver.m_socketName.data(), receiver.m_socketName.size());
    const auto length =
        static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + receiver.m_socketName.size());
    if (::bind(receiver.m_socket.get(), reinterpret_cast<const sockaddr*>(&address), length) != 0 ||
        ::listen(receiver.m_socket.get(), kBacklog) != 0) {
        return systemError(ErrorKind::failed, "cannot listen for heap ledgers", errno);
    }
    return receiver;
}

void LedgerReceiver::acceptAll() {
    // Asked first, because accept4() makes a whole socket before it finds nobody there: 12 us.
    while (m_connected.size() < kMaxConnected && isReadable(m_socket)) {
        FileDescriptor connection(
            ::accept4(m_socket.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
        if (connection.isOpen()) {
            m_connected.push_back(std::move(connection));
        } else if (errno != EINTR && errno != ECONNABORTED) {
            return; // EAGAIN: taken all; EMFILE: the rest waits until we have descriptors
        }
    }
}

std::vector<LedgerReader> LedgerReceiver::poll() {
    acceptAll();
    std::vector<LedgerReader> ledgers;
    std::vector<FileDescriptor> silent;
    for (FileDescriptor& connection : m_connected) {
        if (!isReadable(connection)) {
            // Connected, and not sent yet: it is asked again next time.
            silent.push_back(std::move(connection));
            continue;
        }
        auto ledger = receiveFrom(connection);
        if (ledger) {
            if (ledger->has_value()) {
                ledgers.push_back(std::move(**ledger));
            }
        } else {
            ++m_refused;
            m_lastRefusal = ledger.error().message;
        }
    }
    m_connected = std::move(silent);
    return ledgers;
}

Expected<std::optional<LedgerReader>>
LedgerReceiver::receiveFrom(const FileDescriptor& connection) {
    ucred peer{};
    socklen_t length = sizeof(peer);
    if (::getsockopt(connection.get(), SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0 ||
        (peer.uid != ::geteuid() && peer.uid != 0)) {
        return makeError(ErrorKind::damaged, "a process of another user announced a heap ledger");
    }
    const std::string who = "process " + std::to_string(peer.pid);
    auto message = receiveMessage(connection.get());
    if (message.has_value() && message->bytes == 0) {
        return makeError(ErrorKind::damaged,
                         who + " could not make a heap ledger (a limit on its address space, file "
                               "size or open files); its heap is not counted");
    }
    if (!message || message->announcement.magic != kLedgerMagic) {
        return makeError(ErrorKind::damaged, who + " sent something that is not a heap ledger");
    }
    if (message->announcement.version != kLedgerVersion) {
        return makeError(ErrorKind::damaged, who + " runs a heap tracker of version " +
                                                 std::to_string(message->announcement.version) +
                                                 ", this program reads " +
                                                 std::to_string(kLedgerVersion));
    }
    if (message->announcement.pid != peer.pid) {
        return makeError(ErrorKind::damaged,
                         who + " announced the heap ledger of process " +
                             std::to_string(message->announcement.pid) +
                             "; processes of another pid namespace cannot be tracked");
    }
    // Any other kind of file could let pread wait (a device, a file system of the sender's own).
    if (::fcntl(message->ledger.get(), F_GET_SEALS) < 0 ||
        (message->profile.isOpen() && ::fcntl(message->profile.get(), F_GET_SEALS) < 0)) {
        return makeError(ErrorKind::damaged, who + " sent a file that is not a memfd");
    }
    if (message->announcement.file == AnnouncedFile::profile) {
        auto profile = ProfileReader::open(std::move(message->ledger));
        if (!profile) {
            return profile.error();
        }
        m_profiles.push_back({peer.pid, message->announcement.ledgerStartedNs,
                              std::make_shared<const ProfileReader>(std::move(*profile))});
        return std::optional<LedgerReader>();
    }
    // Start time comes from the ledger: the process may have ended since, its pid may be another's.
    const ProcessIdentity process{peer.pid, 0, selfProcess().pidNamespace};
    auto ledger =
        LedgerReader::open(std::move(message->ledger), process, std::move(message->profile));
    if (!ledger) {
        return ledger.error();
    }
    return std::optional(std::move(*ledger));
}

} // namespace ringscope
