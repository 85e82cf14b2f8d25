// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/session_saving.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <QDir>
#include <QTemporaryDir>

#include "core/session/session_file.h"
#include "tests/app/desktop/recorded_session.h"

namespace ringscope {
namespace {

TEST(SessionSaving, WritesAFileThatOpensWithTheSameSamples) {
    const auto original = SessionFile::open(recordedSession());
    ASSERT_TRUE(original) << original.error().message;
    const QTemporaryDir folder;
    const std::string path = folder.filePath(QStringLiteral("copy.ringscope")).toStdString();
    const auto saved = saveSession(original->view, original->summary, path);
    ASSERT_TRUE(saved) << saved.error().message;
    const auto copy = SessionFile::open(path);
    ASSERT_TRUE(copy) << copy.error().message;
    EXPECT_EQ(copy->view->damage, "");
    EXPECT_EQ(copy->values, original->values);
    ASSERT_TRUE(copy->summary);
    EXPECT_EQ(copy->summary->messages->sent, original->summary->messages->sent);
    EXPECT_EQ(QDir(folder.path()).entryList(QDir::Files).size(), 1);
}

TEST(SessionSaving, SaysWhereItCannotWrite) {
    const auto original = SessionFile::open(recordedSession());
    ASSERT_TRUE(original) << original.error().message;
    const auto saved = saveSession(original->view, original->summary, "/nowhere/a.ringscope");
    ASSERT_FALSE(saved);
    EXPECT_EQ(saved.error().kind, ErrorKind::failed);
    EXPECT_THAT(saved.error().message, testing::HasSubstr("/nowhere/a.ringscope"));
}

} // namespace
} // namespace ringscope
