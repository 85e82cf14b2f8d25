// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/map_plan_dialog.h"

#include <gtest/gtest.h>

#include <QDialogButtonBox>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QPushButton>
#include <QTest>

#include "core/base/clock.h"
#include "tests/support/session_builder.h"

namespace ringscope {
namespace {

class MapPlanDialogTest : public testing::Test {
protected:
    void open(const MapPlan& plan, std::shared_ptr<const SessionView> view = nullptr) {
        m_dialog = std::make_unique<MapPlanDialog>(plan, std::move(view));
        QObject::connect(m_dialog.get(), &MapPlanDialog::planChosen, m_dialog.get(),
                         [this](const MapPlan& chosen) { m_chosen = chosen; });
        m_dialog->show();
    }
    void press(QDialogButtonBox::StandardButton button) {
        QTest::mouseClick(m_dialog->findChild<QDialogButtonBox*>()->button(button), Qt::LeftButton);
    }
    void type(const char* value) {
        m_dialog->findChild<QLineEdit*>(QStringLiteral("mapPlanValue"))
            ->setText(QString::fromLatin1(value));
    }
    void add() {
        QTest::mouseClick(m_dialog->findChild<QPushButton*>(QStringLiteral("mapPlanAdd")),
                          Qt::LeftButton);
    }
    QListWidget& list() { return *m_dialog->findChild<QListWidget*>(); }
    QLabel& problem() { return *m_dialog->findChild<QLabel*>(QStringLiteral("mapPlanProblem")); }

    std::unique_ptr<MapPlanDialog> m_dialog;
    std::optional<MapPlan> m_chosen;
};

TEST_F(MapPlanDialogTest, GivesBackThePlanThatItShows) {
    MapPlan plan;
    plan.periodNs = 10 * kNsPerSecond;
    plan.triggers = {MapTrigger{}, MapTrigger{MapTrigger::Kind::below, "ring.fill", 5},
                     MapTrigger{MapTrigger::Kind::grown, "memory.rss", 64.0 * (1 << 20)}};
    open(plan);
    EXPECT_EQ(list().count(), 2);
    press(QDialogButtonBox::Ok);
    EXPECT_EQ(m_chosen, plan);
}

TEST_F(MapPlanDialogTest, AValueThatWasTypedAndNotAddedIsMeant) {
    open({});
    type("2 MiB");
    press(QDialogButtonBox::Ok);
    ASSERT_TRUE(m_chosen);
    EXPECT_EQ(m_chosen->triggers,
              (std::vector{MapTrigger{MapTrigger::Kind::grown, "memory.rss", 2.0 * (1 << 20)}}));
    EXPECT_FALSE(m_chosen->periodNs);
}

TEST_F(MapPlanDialogTest, EnterAddsAValueAndLeavesTheDialogOpen) {
    open({});
    auto* const value = m_dialog->findChild<QLineEdit*>(QStringLiteral("mapPlanValue"));
    for (const char* const text : {"64 MiB", "128 MiB"}) {
        type(text);
        QTest::keyClick(value, Qt::Key_Return);
    }
    EXPECT_EQ(list().count(), 2);
    EXPECT_TRUE(m_dialog->isVisible());
    EXPECT_FALSE(m_chosen);
    QTest::keyClick(value, Qt::Key_Return); // nothing more to add
    ASSERT_TRUE(m_chosen);
    EXPECT_EQ(m_chosen->triggers.size(), 2U);
}

TEST_F(MapPlanDialogTest, SaysWhatIsNoValueAndStaysOpen) {
    open({});
    type("much");
    press(QDialogButtonBox::Ok);
    EXPECT_FALSE(m_chosen);
    EXPECT_TRUE(m_dialog->isVisible());
    EXPECT_TRUE(problem().isVisible());
    type("3");
    add();
    EXPECT_FALSE(problem().isVisible());
    EXPECT_EQ(list().count(), 1);
}

TEST_F(MapPlanDialogTest, WritesValuesInTheUnitOfTheirTrackAndRemovesThem) {
    open({}, std::make_shared<SessionView>(
                 SessionBuilder()
                     .track("latency.p99", TrackKind::gauge, Unit::nanoseconds, {{1, 5}})
                     .build()));
    type("5ms");
    add();
    EXPECT_EQ(list().item(0)->text(), QStringLiteral("latency.p99 has grown by 5 ms"));
    list().setCurrentRow(0);
    for (QPushButton* const button : m_dialog->findChildren<QPushButton*>()) {
        if (button->text() == QStringLiteral("&Remove")) {
            QTest::mouseClick(button, Qt::LeftButton);
        }
    }
    press(QDialogButtonBox::Ok);
    EXPECT_EQ(m_chosen, MapPlan{});
}

TEST_F(MapPlanDialogTest, CancelChangesNothing) {
    open({});
    type("1 MiB");
    press(QDialogButtonBox::Cancel);
    EXPECT_FALSE(m_chosen);
}

} // namespace
} // namespace ringscope
