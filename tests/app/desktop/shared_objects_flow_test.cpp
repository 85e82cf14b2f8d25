// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/shared_objects_flow.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <QLineEdit>
#include <QMessageBox>
#include <QPushButton>
#include <QTest>

#include <fcntl.h>
#include <functional>
#include <sys/mman.h>
#include <unistd.h>

#include "app/desktop/background_jobs.h"
#include "app/desktop/message_bar.h"
#include "app/desktop/pick_dialog.h"
#include "core/base/file_descriptor.h"
#include "core/ring/segment.h"
#include "widgets/theme/theme.h"

namespace ringscope {
namespace {

class SharedObjectsFlowTest : public testing::Test {
protected:
    SharedObjectsFlowTest() {
        EXPECT_TRUE(m_file.isOpen());
        EXPECT_EQ(::ftruncate(m_file.get(), 8192), 0);
    }
    ~SharedObjectsFlowTest() override { ::shm_unlink(("/" + m_name).c_str()); }

    static bool waitFor(const std::function<bool()>& holds) {
        return QTest::qWaitFor(holds, 30'000);
    }
    [[nodiscard]] bool isThere() const {
        return ::access(("/dev/shm/" + m_name).c_str(), F_OK) == 0;
    }
    // The list with the object chosen; its button.
    QPushButton* chooseObject() {
        m_flow.begin();
        auto* const dialog = m_window.findChild<PickDialog*>(QStringLiteral("sharedObjects"));
        dialog->findChild<QLineEdit*>()->setText(QString::fromStdString(m_name));
        EXPECT_TRUE(waitFor([dialog] { return dialog->rowCount() == 1; }));
        for (auto* const button : dialog->findChildren<QPushButton*>()) {
            if (button->text() == QStringLiteral("Remove…")) {
                return button;
            }
        }
        return nullptr;
    }

    // Presses the box's button and waits for what is said then.
    void agree(const QMessageBox& box) {
        for (QAbstractButton* const choice : box.buttons()) {
            if (box.buttonRole(choice) == QMessageBox::AcceptRole) {
                choice->click();
            }
        }
        EXPECT_TRUE(waitFor([this] { return !m_messages.history().empty(); }));
    }

    std::string m_name = segmentName("flow_test");
    FileDescriptor m_file{::shm_open(("/" + m_name).c_str(), O_RDWR | O_CREAT | O_EXCL, 0600)};
    Theme m_theme{lightTokens()};
    QWidget m_window;
    BackgroundJobs m_jobs;
    MessageBar m_messages{m_theme};
    SharedObjectsFlow m_flow{m_window, m_jobs, m_messages};
};

TEST_F(SharedObjectsFlowTest, RemovesWhatNobodyUsesAfterAsking) {
    m_file = FileDescriptor();
    QPushButton* const button = chooseObject();
    ASSERT_NE(button, nullptr);
    if (!button->isEnabled()) {
        GTEST_SKIP() << "not the first pid namespace: others may use it, so the button is off";
    }
    button->click();
    auto* const box = m_window.findChild<QMessageBox*>(QStringLiteral("removeObject"));
    ASSERT_NE(box, nullptr);
    EXPECT_THAT(box->text().toStdString(), testing::HasSubstr(m_name + " (POSIX, 8 KiB)"));
    EXPECT_TRUE(isThere()) << "asking changes nothing";
    agree(*box);
    EXPECT_FALSE(isThere());
    EXPECT_EQ(m_messages.history().back().kind, MessageBar::Kind::remark);
}

TEST_F(SharedObjectsFlowTest, WhatIsOpenCannotBeRemovedAndSaysWhoHasIt) {
    QPushButton* const button = chooseObject();
    ASSERT_NE(button, nullptr);
    EXPECT_FALSE(button->isEnabled());
    auto* const dialog = m_window.findChild<PickDialog*>(QStringLiteral("sharedObjects"));
    EXPECT_THAT(dialog->reason().toStdString(),
                testing::HasSubstr("pid " + std::to_string(::getpid())));
}

TEST_F(SharedObjectsFlowTest, LooksAgainBeforeItRemoves) {
    m_file = FileDescriptor();
    QPushButton* const button = chooseObject();
    ASSERT_NE(button, nullptr);
    if (!button->isEnabled()) {
        GTEST_SKIP() << "not the first pid namespace: others may use it, so the button is off";
    }
    button->click();
    const FileDescriptor opened(::shm_open(("/" + m_name).c_str(), O_RDWR, 0));
    auto* const box = m_window.findChild<QMessageBox*>(QStringLiteral("removeObject"));
    ASSERT_NE(box, nullptr);
    agree(*box);
    EXPECT_TRUE(isThere());
    EXPECT_EQ(m_messages.history().back().kind, MessageBar::Kind::problem);
}

} // namespace
} // namespace ringscope
