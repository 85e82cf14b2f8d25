// SPDX-License-Identifier: MIT
#include "core/heap/ledger_receiver.h"

#include "tests/core/heap/hand_made_ledger.h"

#include <cstddef>
#include <cstring>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <vector>

namespace ringscope {
namespace {

// What a tracker does, with a message of the test's choice.
void announce(const LedgerReceiver& receiver, const void* message, std::size_t bytes,
              const std::vector<int>& descriptors) {
    const FileDescriptor socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string& name = receiver.socketName();
    std::memcpy(address.sun_path + 1, name.data(), name.size());
    ASSERT_EQ(::connect(socket.get(), reinterpret_cast<sockaddr*>(&address),
                        static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size())),
              0);
    iovec part{const_cast<void*>(message), bytes};
    alignas(cmsghdr) char control[CMSG_SPACE(8 * sizeof(int))] = {};
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    if (!descriptors.empty()) {
        header.msg_control = control;
        header.msg_controllen = CMSG_SPACE(descriptors.size() * sizeof(int));
        cmsghdr* rights = CMSG_FIRSTHDR(&header);
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN(descriptors.size() * sizeof(int));
        std::memcpy(CMSG_DATA(rights), descriptors.data(), descriptors.size() * sizeof(int));
    }
    ASSERT_EQ(::sendmsg(socket.get(), &header, 0), static_cast<ssize_t>(bytes));
}

void announce(const LedgerReceiver& receiver, const LedgerAnnouncement& message,
              const std::vector<int>& descriptors) {
    announce(receiver, &message, sizeof(message), descriptors);
}

LedgerAnnouncement ownAnnouncement() {
    return {kLedgerMagic, kLedgerVersion, ::getpid(), AnnouncedFile::ledger, 0, 0};
}

int openDescriptors() {
    int count = 0;
    for (int fd = 0; fd < 1024; ++fd) {
        count += ::fcntl(fd, F_GETFD) >= 0 ? 1 : 0;
    }
    return count;
}

class LedgerReceiverTest : public testing::Test {
protected:
    void expectRefusal(const std::string& says) {
        const int before = openDescriptors();
        EXPECT_TRUE(m_receiver.poll().empty());
        EXPECT_EQ(m_receiver.refused(), 1U);
        EXPECT_NE(m_receiver.lastRefusal().find(says), std::string::npos)
            << m_receiver.lastRefusal();
        EXPECT_EQ(openDescriptors(), before);
    }

    LedgerReceiver m_receiver = LedgerReceiver::create().value();
    HandMadeLedger m_ledger;
};

TEST_F(LedgerReceiverTest, TakesALedgerThatWasAnnounced) {
    m_ledger.header().startTicks = selfProcess().startTicks;
    const FileDescriptor file = m_ledger.file();
    announce(m_receiver, ownAnnouncement(), {file.get()});
    const std::vector<LedgerReader> ledgers = m_receiver.poll();
    ASSERT_EQ(ledgers.size(), 1U);
    EXPECT_EQ(ledgers[0].process(), selfProcess());
    EXPECT_TRUE(m_receiver.poll().empty());
    EXPECT_EQ(m_receiver.refused(), 0U);
}

TEST_F(LedgerReceiverTest, NamesDifferEachTime) {
    EXPECT_NE(m_receiver.socketName(), LedgerReceiver::create()->socketName());
}

TEST_F(LedgerReceiverTest, RefusesALedgerOfAnotherProcess) {
    LedgerAnnouncement message = ownAnnouncement();
    message.pid = ::getppid();
    announce(m_receiver, message, {m_ledger.file().get()});
    expectRefusal("announced the heap ledger of process " + std::to_string(::getppid()));
}

TEST_F(LedgerReceiverTest, RefusesAnotherVersion) {
    LedgerAnnouncement message = ownAnnouncement();
    message.version = 9;
    announce(m_receiver, message, {m_ledger.file().get()});
    expectRefusal("version 9");
}

TEST_F(LedgerReceiverTest, RefusesAMessageWithoutALedger) {
    announce(m_receiver, ownAnnouncement(), {});
    expectRefusal("not a heap ledger");
}

TEST_F(LedgerReceiverTest, RefusesANonsenseMessage) {
    announce(m_receiver, "hello", 5, {m_ledger.file().get()});
    expectRefusal("not a heap ledger");
}

TEST_F(LedgerReceiverTest, RefusesADamagedLedger) {
    m_ledger.header().slotCount = 1'000'000;
    announce(m_receiver, ownAnnouncement(), {m_ledger.file().get()});
    expectRefusal("thread slots");
}

TEST_F(LedgerReceiverTest, RefusesAFileThatIsNoFile) {
    int ends[2] = {-1, -1};
    ASSERT_EQ(::pipe(ends), 0);
    const FileDescriptor in(ends[0]);
    const FileDescriptor out(ends[1]);
    announce(m_receiver, ownAnnouncement(), {ends[0]});
    expectRefusal("not a memfd");
}

TEST_F(LedgerReceiverTest, ClosesWhatItDidNotAskFor) {
    const FileDescriptor file = m_ledger.file();
    const int before = openDescriptors();
    announce(m_receiver, ownAnnouncement(),
             {file.get(), file.get(), file.get(), file.get(), file.get(), file.get()});
    (void)m_receiver.poll();
    EXPECT_EQ(openDescriptors(), before);
}

TEST_F(LedgerReceiverTest, TakesLedgersOfProcessesThatAreGone) {
    const pid_t child = ::fork();
    if (child == 0) {
        announce(m_receiver, ownAnnouncement(), {m_ledger.file().get()});
        ::_exit(0);
    }
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);
    auto ledgers = m_receiver.poll();
    ASSERT_EQ(ledgers.size(), 1U);
    EXPECT_EQ(ledgers[0].process().pid, child);
    EXPECT_TRUE(ledgers[0].read());
}

} // namespace
} // namespace ringscope
