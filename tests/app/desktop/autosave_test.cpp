// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/autosave.h"

#include <gtest/gtest.h>

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QTemporaryDir>

#include <unistd.h>

namespace ringscope {
namespace {

class AutosaveTest : public testing::Test {
protected:
    void touch(const QString& name, const QByteArray& bytes = "x") {
        QFile file(path(name));
        ASSERT_TRUE(file.open(QIODevice::WriteOnly));
        file.write(bytes);
    }
    [[nodiscard]] QString path(const QString& name) const { return m_folder.filePath(name); }

    QTemporaryDir m_folder;
    Autosave m_autosave{m_folder.path()};
};

TEST_F(AutosaveTest, NamesAreNewAndNotLeftOverWhileThisProcessLives) {
    const QString first = m_autosave.newFile();
    const QString second = m_autosave.newFile();
    EXPECT_NE(first, second);
    touch(QFileInfo(first).fileName());
    EXPECT_TRUE(m_autosave.takeStock().isEmpty());
    EXPECT_TRUE(QFile::exists(first));
}

TEST_F(AutosaveTest, FindsWhatAProcessThatIsGoneHasLeft) {
    // This pid with another start time is a process that is gone.
    const QString left = QStringLiteral("unsaved-%1-1-1.ringscope").arg(::getpid());
    touch(left);
    touch(QStringLiteral("notes.ringscope"));
    touch(QStringLiteral("unsaved-%1-1-2.ringscope").arg(::getpid()), ""); // nothing was written
    EXPECT_EQ(m_autosave.takeStock(), QStringList{path(left)});
    EXPECT_TRUE(QFile::exists(path(QStringLiteral("notes.ringscope"))));
    EXPECT_EQ(QDir(m_folder.path()).entryList(QDir::Files).size(), 2);
}

TEST_F(AutosaveTest, KeepsOnlyTheNewestFew) {
    for (int i = 0; i < Autosave::kMaxLeftOver + 2; ++i) {
        touch(QStringLiteral("unsaved-%1-1-%2.ringscope").arg(::getpid()).arg(i));
    }
    EXPECT_EQ(m_autosave.takeStock().size(), Autosave::kMaxLeftOver);
    EXPECT_EQ(QDir(m_folder.path()).entryList(QDir::Files).size(), Autosave::kMaxLeftOver);
}

TEST_F(AutosaveTest, SaysWhenTheFolderCannotBeWritten) {
    EXPECT_TRUE(Autosave(QStringLiteral("/proc/none")).newFile().isEmpty());
    EXPECT_TRUE(Autosave(QStringLiteral("/proc/none")).takeStock().isEmpty());
}

TEST(AutosaveFolder, IsInTheStateFolder) {
    const QByteArray before = qgetenv("XDG_STATE_HOME");
    qputenv("XDG_STATE_HOME", "/somewhere/state");
    EXPECT_EQ(Autosave::defaultFolder(), QStringLiteral("/somewhere/state/ringscope"));
    qputenv("XDG_STATE_HOME", "not/absolute");
    EXPECT_EQ(Autosave::defaultFolder(),
              QDir::homePath() + QStringLiteral("/.local/state/ringscope"));
    before.isEmpty() ? qunsetenv("XDG_STATE_HOME") : qputenv("XDG_STATE_HOME", before);
}

} // namespace
} // namespace ringscope
