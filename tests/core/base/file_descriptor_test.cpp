// SPDX-License-Identifier: MIT
#include "core/base/file_descriptor.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace ringscope {
namespace {

TEST(FileDescriptor, ClosesWhenDestroyed) {
    int raw = -1;
    {
        const FileDescriptor file(::open("/dev/null", O_RDONLY | O_CLOEXEC));
        raw = file.get();
        ASSERT_GE(::fcntl(raw, F_GETFD), 0);
    }
    EXPECT_EQ(::fcntl(raw, F_GETFD), -1);
}

TEST(FileDescriptor, MovingLeavesTheSourceClosedWithoutClosingTheFile) {
    FileDescriptor first(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    const int raw = first.get();
    const FileDescriptor second = std::move(first);
    EXPECT_FALSE(
        first.isOpen()); // NOLINT(bugprone-use-after-move): the state after a move is the claim
    EXPECT_EQ(second.get(), raw);
    EXPECT_GE(::fcntl(raw, F_GETFD), 0);
}

TEST(ReadFile, ReadsProcFilesWhoseSizeIsZero) {
    const auto text = readFile("/proc/self/status");
    ASSERT_TRUE(text);
    EXPECT_NE(text->find("VmRSS:"), std::string::npos);
}

TEST(ReadFile, NamesTheMissingPath) {
    const auto text = readFile("/nonexistent/file");
    ASSERT_FALSE(text);
    EXPECT_EQ(text.error().kind, ErrorKind::target);
    EXPECT_NE(text.error().message.find("/nonexistent/file"), std::string::npos);
}

TEST(ReadFile, StopsAtTheBoundGiven) {
    const auto text = readFile("/dev/zero", 100'000);
    ASSERT_TRUE(text);
    EXPECT_EQ(text->size(), 100'000U);
}

} // namespace
} // namespace ringscope
