// SPDX-License-Identifier: MIT
#include "core/session/session_writer.h"

#include <csignal>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/file_descriptor.h"
#include "core/session/session.h"
#include "core/session/session_file.h"
#include "tests/support/patience.h"
#include "tests/support/temporary_folder.h"

namespace ringscope {
namespace {

class SessionWriterTest : public testing::Test {
protected:
    std::string path() const { return m_folder.path() + "/s.ringscope"; }
    void append(int rows) {
        for (int i = 0; i < rows; ++i) {
            ++m_time;
            m_session.append(m_group, m_time, std::vector<double>{static_cast<double>(m_time)});
        }
        m_session.publish(m_time, true, m_latest);
    }
    std::shared_ptr<const SessionView> last() { return m_session.makeView(m_time, false); }

    TemporaryFolder m_folder;
    Session m_session{Provenance{}};
    GroupId m_group =
        m_session.addGroup("one", {{"a", "a", Unit::count, TrackKind::counter, "Help."}});
    Latest<SessionView> m_latest;
    std::int64_t m_time = 0;
};

TEST_F(SessionWriterTest, RefusesAPathThatCannotBeWritten) {
    for (const std::string& bad :
         {m_folder.path(), m_folder.path() + "/no/such/folder.ringscope"}) {
        const auto writer = SessionWriter::create(bad);
        ASSERT_FALSE(writer.has_value());
        EXPECT_EQ(writer.error().kind, ErrorKind::failed);
        EXPECT_NE(writer.error().message.find(bad), std::string::npos);
    }
}

TEST_F(SessionWriterTest, LeavesNothingBehindWhenNothingWasRecorded) {
    ASSERT_TRUE(SessionWriter::create(path()).has_value());
    EXPECT_NE(access(path().c_str(), F_OK), 0);
}

TEST_F(SessionWriterTest, LeavesAnOlderFileAsItIsUntilItBegins) {
    {
        const FileDescriptor file(open(path().c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
        ASSERT_EQ(write(file.get(), "precious", 8), 8);
    }
    ASSERT_TRUE(SessionWriter::create(path()).has_value());
    EXPECT_EQ(*readFile(path()), "precious");
}

TEST_F(SessionWriterTest, RefusesAFileThatAnotherRecordingWrites) {
    const auto first = SessionWriter::create(path());
    ASSERT_TRUE(first.has_value());
    const auto second = SessionWriter::create(path());
    ASSERT_FALSE(second.has_value());
    EXPECT_NE(second.error().message.find("another recording"), std::string::npos);
}

TEST_F(SessionWriterTest, WritesWhatIsNewEachSecond) {
    append(100);
    auto writer = SessionWriter::create(path());
    ASSERT_TRUE(writer.has_value());
    ASSERT_TRUE((*writer)->begin(m_session.provenance(), m_latest).has_value());
    ASSERT_TRUE(eventually([&] { return (*writer)->status().rows >= 100; }));
    append(50);
    // As a kill leaves it: no index, but all that was written.
    const auto killed = SessionFile::open(path());
    ASSERT_TRUE(killed.has_value());
    EXPECT_EQ(killed->view->groups[0].samples.rows(), 100U);
    EXPECT_NE(killed->view->damage, "");
    (*writer)->finish(last(), {});
    const auto whole = SessionFile::open(path());
    ASSERT_TRUE(whole.has_value());
    EXPECT_EQ(whole->view->groups[0].samples.rows(), 150U);
    EXPECT_EQ(whole->view->damage, "");
}

// Bounds the size of files that this process may write, as a full disk would.
class FileSizeLimit {
public:
    explicit FileSizeLimit(rlim_t bytes) {
        std::signal(SIGXFSZ, SIG_IGN);
        getrlimit(RLIMIT_FSIZE, &m_before);
        const rlimit limit{bytes, m_before.rlim_max};
        setrlimit(RLIMIT_FSIZE, &limit);
    }
    FileSizeLimit(const FileSizeLimit&) = delete;
    FileSizeLimit& operator=(const FileSizeLimit&) = delete;
    ~FileSizeLimit() {
        setrlimit(RLIMIT_FSIZE, &m_before);
        std::signal(SIGXFSZ, SIG_DFL);
    }

private:
    rlimit m_before{};
};

TEST_F(SessionWriterTest, CountsWhatAFullDiskDidNotTakeAndKeepsTheRest) {
    auto writer = SessionWriter::create(path());
    ASSERT_TRUE(writer.has_value());
    append(1);
    std::size_t written = 0;
    {
        const FileSizeLimit limit(16 * 1024);
        ASSERT_TRUE((*writer)->begin(m_session.provenance(), m_latest).has_value());
        for (int i = 0; i < 300'000; ++i) { // varying steps, so that they do not compress away
            m_time += 1 + std::int64_t{i} * 7919 % 104'729;
            m_session.append(m_group, m_time, std::vector<double>{static_cast<double>(m_time)});
        }
        (*writer)->finish(last(), {});
        written = (*writer)->status().rows;
    }
    const SessionWriter::Status status = (*writer)->status();
    ASSERT_TRUE(status.error);
    EXPECT_EQ(status.error->kind, ErrorKind::failed);
    EXPECT_NE(status.error->message.find(path()), std::string::npos);
    EXPECT_EQ(status.rowsLost, 300'001U - written);
    EXPECT_GT(status.rowsLost, 0U);
    const auto file = SessionFile::open(path());
    ASSERT_TRUE(file.has_value());
    EXPECT_EQ(file->view->groups.empty() ? 0 : file->view->groups[0].samples.rows(), written);
}

TEST_F(SessionWriterTest, StaysWithinItsLimitAndSaysSo) {
    constexpr std::uint64_t kLimit = 16 * 1024;
    auto writer = SessionWriter::create(path(), kLimit);
    ASSERT_TRUE(writer.has_value());
    append(1);
    ASSERT_TRUE((*writer)->begin(m_session.provenance(), m_latest).has_value());
    for (int i = 0; i < 300'000; ++i) { // varying steps, so that they do not compress away
        m_time += 1 + std::int64_t{i} * 7919 % 104'729;
        m_session.append(m_group, m_time, std::vector<double>{static_cast<double>(m_time)});
    }
    (*writer)->finish(last(), {});
    const SessionWriter::Status status = (*writer)->status();
    ASSERT_TRUE(status.error);
    EXPECT_NE(status.error->message.find("its limit of 16 KiB"), std::string::npos)
        << status.error->message;
    EXPECT_LE(readFile(path())->size(), kLimit);
    EXPECT_TRUE(SessionFile::open(path()).has_value());
}

TEST_F(SessionWriterTest, GoesOnWhenTheDiskHasSpaceAgain) {
    auto writer = SessionWriter::create(path());
    ASSERT_TRUE(writer.has_value());
    append(1000);
    {
        const FileSizeLimit limit(128);
        ASSERT_TRUE((*writer)->begin(m_session.provenance(), m_latest).has_value());
        ASSERT_TRUE(eventually([&] { return (*writer)->status().error.has_value(); }));
    }
    EXPECT_TRUE((*writer)->status().error);
    (*writer)->finish(last(), {});
    EXPECT_EQ((*writer)->status().rowsLost, 0U);
    const auto file = SessionFile::open(path());
    ASSERT_TRUE(file.has_value());
    EXPECT_EQ(file->view->damage, "");
    EXPECT_EQ(file->view->groups[0].samples.rows(), 1000U);
}

TEST_F(SessionWriterTest, IsNotEndedByALimitOnFileSizes) {
    auto writer = SessionWriter::create(path());
    ASSERT_TRUE(writer.has_value());
    const FileSizeLimit limit(0);
    std::signal(SIGXFSZ, SIG_DFL); // as a program has it that does not think of it
    const auto begun = (*writer)->begin(m_session.provenance(), m_latest);
    ASSERT_FALSE(begun.has_value());
    EXPECT_EQ(begun.error().kind, ErrorKind::failed);
}

// A frame of slots holds what changed since the one before: none of them may count on a frame that
// the disk did not take.
TEST_F(SessionWriterTest, WritesSlotsAnewThatAFullDiskDidNotTake) {
    auto slots = std::make_shared<SlotSnapshot>();
    slots->cursors = {0, kSlotsPerBlock, 0, 0};
    auto block = std::make_shared<SlotBlock>();
    block->count = kSlotsPerBlock;
    for (std::size_t i = 0; i < kSlotsPerBlock; ++i) {
        block->sequences[i] = i * i * 2'654'435'761U; // does not compress into the limit
    }
    slots->blocks = {block};
    m_session.setSlotSnapshot(slots);
    append(1);
    auto writer = SessionWriter::create(path());
    ASSERT_TRUE(writer.has_value());
    {
        const FileSizeLimit limit(4096); // all but the slots
        ASSERT_TRUE((*writer)->begin(m_session.provenance(), m_latest).has_value());
        const std::int64_t giveUpNs = monotonicNs() + 5 * kNsPerSecond;
        while (!(*writer)->status().error && monotonicNs() < giveUpNs) {
            usleep(10'000);
        }
    }
    EXPECT_TRUE((*writer)->status().error);
    EXPECT_EQ((*writer)->status().rows, 1U);
    auto later = std::make_shared<SlotSnapshot>(*slots);
    later->timeNs = 1;
    m_session.setSlotSnapshot(later);
    (*writer)->finish(last(), {});
    const auto file = SessionFile::open(path());
    ASSERT_TRUE(file.has_value());
    ASSERT_TRUE(file->view->slotSnapshot);
    ASSERT_EQ(file->view->slotSnapshot->blocks.size(), 1U);
    ASSERT_TRUE(file->view->slotSnapshot->blocks[0]);
    EXPECT_EQ(file->view->slotSnapshot->blocks[0]->sequences, block->sequences);
}

// The recorder's thread never waits: publishing goes on at full speed while nobody reads the pipe,
// and what did not get through is counted in the end.
TEST_F(SessionWriterTest, NeverMakesTheRecorderWaitForASlowReader) {
    ASSERT_EQ(mkfifo(path().c_str(), 0600), 0);
    const FileDescriptor reader(open(path().c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    append(1);
    auto writer = SessionWriter::create(path());
    ASSERT_TRUE(writer.has_value()) << writer.error().message;
    ASSERT_TRUE((*writer)->begin(m_session.provenance(), m_latest).has_value());
    std::int64_t slowestNs = 0;
    for (int i = 0; i < 400'000; ++i) {
        m_time += 1 + std::int64_t{i} * 7919 % 104'729;
        const std::int64_t beforeNs = ThreadCpuClock().nowNs();
        m_session.append(m_group, m_time, std::vector<double>{static_cast<double>(m_time)});
        if (i % 100 == 0) {
            m_session.publish(m_time, true, m_latest);
        }
        slowestNs = std::max(slowestNs, ThreadCpuClock().nowNs() - beforeNs);
    }
    EXPECT_LT(slowestNs, 50 * kNsPerMs);
    (*writer)->finish(last(), {}, 300 * kNsPerMs);
    EXPECT_GT((*writer)->status().rowsLost, 0U);
    EXPECT_TRUE((*writer)->status().error);
}

} // namespace
} // namespace ringscope
