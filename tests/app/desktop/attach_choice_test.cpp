// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/attach_choice.h"

#include <gtest/gtest.h>

#include <QComboBox>

namespace ringscope {
namespace {

TEST(AttachChoice, RecordsNothingUnlessAskedTo) {
    AttachChoice choice;
    EXPECT_EQ(choice.mode(), HeapMode::off);
    EXPECT_TRUE(choice.help().contains(QStringLiteral("does not notice")));
}

TEST(AttachChoice, EachWayToRecordSaysTheRisk) {
    AttachChoice choice;
    for (int i = 1; i < choice.modes().count(); ++i) {
        choice.modes().setCurrentIndex(i);
        EXPECT_NE(choice.mode(), HeapMode::off);
        EXPECT_TRUE(choice.help().contains(QStringLiteral("try it on one that may be restarted")));
    }
    EXPECT_EQ(choice.modes().count(), 4);
}

} // namespace
} // namespace ringscope
