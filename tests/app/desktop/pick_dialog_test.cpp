// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/pick_dialog.h"

#include <gtest/gtest.h>

#include <QLineEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QTest>

namespace ringscope {
namespace {

PickRow row(const char* name, int value) {
    PickRow made;
    made.cells = {{QString::fromLatin1(name), {}}};
    made.value = value;
    return made;
}

TEST(PickDialog, EnterInTheFilterPicksTheRowThatIsFound) {
    PickDialog dialog(
        {QStringLiteral("Pick"), {}, QStringLiteral("Take"), {}, {QStringLiteral("Name")}, 0});
    dialog.show(); // the rows come later, as they do from a background job
    dialog.setRows({row("apple", 1), row("pear", 2)});
    QSignalSpy picked(&dialog, &PickDialog::picked);
    auto* const filter = dialog.findChild<QLineEdit*>();
    QTest::keyClicks(filter, QStringLiteral("pear"));
    QTest::keyClick(filter, Qt::Key_Return);
    ASSERT_EQ(picked.size(), 1);
    EXPECT_EQ(picked[0][0].toInt(), 2);
}

TEST(PickDialog, OtherButtonIsThereOnlyWhenNamedAndClosesTheDialog) {
    PickDialog::Wording wording{QStringLiteral("Pick"),   {}, QStringLiteral("Take"), {},
                                {QStringLiteral("Name")}, 0};
    EXPECT_EQ(PickDialog(wording).findChild<QPushButton*>(QStringLiteral("other")), nullptr);
    wording.other = QStringLiteral("Another…");
    PickDialog dialog(wording);
    dialog.show();
    QSignalSpy asked(&dialog, &PickDialog::otherRequested);
    QTest::mouseClick(dialog.findChild<QPushButton*>(QStringLiteral("other")), Qt::LeftButton);
    EXPECT_EQ(asked.size(), 1);
    EXPECT_FALSE(dialog.isVisible());
}

} // namespace
} // namespace ringscope
