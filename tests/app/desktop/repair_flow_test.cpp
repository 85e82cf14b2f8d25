// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/repair_flow.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <QDialog>
#include <QPushButton>
#include <QSettings>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>

#include "app/desktop/background_jobs.h"
#include "app/desktop/main_window.h"
#include "app/desktop/message_bar.h"
#include "app/desktop/pane_dock.h"
#include "app/desktop/participants_pane.h"
#include "app/desktop/window_panes.h"
#include "tests/app/desktop/recorded_session.h"
#include "widgets/slots/slot_map.h"
#include "widgets/slots/slots_pane.h"
#include "widgets/tables/data_table.h"
#include "widgets/tables/participant_table.h"

namespace ringscope {
namespace {

// A consumer is killed with a slot in its hands, in a ring that producers go around in no time.
Scenario killedConsumer() {
    Scenario scenario = shortScenario(60 * kNsPerSecond);
    scenario.ring.capacity = 64;
    scenario.workers.consumers = 2;
    scenario.kill.emplace();
    scenario.kill->afterNs = kNsPerSecond / 2;
    scenario.kill->isHolding = true;
    return scenario;
}

std::uint64_t received(const SessionView& view) {
    std::uint64_t all = 0;
    for (const WorkerRow& worker : *view.workers) {
        all += worker.role == "consumer" ? worker.messages : 0;
    }
    return all;
}

TEST(RepairFlow, GivesBackWhatAKilledConsumerHeldAndTrafficGoesOn) {
    QTemporaryDir folder;
    QSettings::setPath(QSettings::IniFormat, QSettings::UserScope, folder.path());
    BackgroundJobs jobs;
    MainWindow window(jobs);
    window.restoreDefaultLayout();
    window.show();
    const auto waitFor = [](const std::function<bool()>& holds) {
        return QTest::qWaitFor(holds, static_cast<int>(kPatienceNs / kNsPerMs));
    };
    window.panes().showPane(QStringLiteral("Participants"));
    auto* const pane = window.findChild<ParticipantsPane*>();
    auto* const button = pane->findChild<QPushButton*>();
    ASSERT_NE(button, nullptr);
    window.controller().runScenario(killedConsumer());
    ASSERT_TRUE(waitFor([&] {
        const auto& view = window.controller().view();
        return view != nullptr && hasRepairableSlots(*view) && button->isVisible();
    }));
    EXPECT_THAT(window.messages().history().back().text.toStdString(),
                testing::HasSubstr("left slots stuck"));
    const auto text = [&](const char* column) {
        const auto rows = participantRows(*window.controller().view());
        const auto columns = participantColumns();
        for (std::size_t i = 0; i < columns.size(); ++i) {
            if (columns[i].title == QLatin1String(column)) {
                return rows.front().cells[i].text.toStdString();
            }
        }
        return std::string();
    };
    EXPECT_EQ(text("State"), "✕ dead");
    EXPECT_THAT(text("Stuck"), testing::StartsWith("slot "));

    QTest::mouseClick(button, Qt::LeftButton);
    QDialog* dialog = nullptr;
    ASSERT_TRUE(waitFor([&] {
        dialog = window.findChild<QDialog*>(QStringLiteral("repairDialog"));
        return dialog != nullptr && dialog->isVisible();
    }));
    ASSERT_TRUE(hasRepairableSlots(*window.controller().view())) << "asking changes nothing";
    const std::uint64_t before = received(*window.controller().view());
    dialog->accept();
    EXPECT_TRUE(waitFor([&] { return !hasRepairableSlots(*window.controller().view()); }));
    EXPECT_TRUE(waitFor([&] { return received(*window.controller().view()) > before + 200; }))
        << "three laps";
    EXPECT_THAT(window.messages().history().back().text.toStdString(),
                testing::HasSubstr("1 slot repaired (0 tombstones, 1 message lost)"));
    EXPECT_TRUE(waitFor([&] {
        const auto& markers = *window.controller().view()->markers;
        return std::any_of(markers.begin(), markers.end(), [](const Marker& marker) {
            return marker.text.find("repair: 1 dead participant") != std::string::npos;
        });
    }));

    // The finding still shows the ring as it was.
    auto* const slotsPane = window.findChild<SlotsPane*>();
    auto& markers =
        dynamic_cast<DataTable&>(*window.panes().dock(QStringLiteral("markers"))->widget());
    window.panes().showPane(QStringLiteral("Markers"));
    ASSERT_TRUE(waitFor([&] { return !markers.shownKeys().empty(); }));
    const auto stalls = window.controller().view()->stalls;
    ASSERT_TRUE(stalls);
    ASSERT_FALSE(stalls->empty());
    Q_EMIT markers.rowActivated(QStringLiteral("0"), stalls->front()->timeNs);
    EXPECT_EQ(slotsPane->map().snapshot(), stalls->front()->slotSnapshot.get());
    const auto& then = stalls->front()->participants;
    const auto holder = std::find_if(then.begin(), then.end(),
                                     [](const ParticipantRow& row) { return row.heldCount > 0; });
    ASSERT_NE(holder, then.end());
    EXPECT_EQ(slotsPane->map().selectedSlot(), holder->firstSlot);
    QTest::qWait(200); // views go on coming
    EXPECT_EQ(slotsPane->map().snapshot(), stalls->front()->slotSnapshot.get());
    QToolButton* now = nullptr;
    for (auto* const one : slotsPane->findChildren<QToolButton*>()) {
        now = one->text() == QLatin1String("Show now") ? one : now;
    }
    ASSERT_NE(now, nullptr);
    EXPECT_TRUE(now->isVisible());
    now->click();
    EXPECT_NE(slotsPane->map().snapshot(), stalls->front()->slotSnapshot.get());
    EXPECT_FALSE(now->isVisible());

    window.close();
    EXPECT_TRUE(waitFor([&] { return !window.controller().isBusy(); }));
    const auto& summary = window.controller().summary();
    ASSERT_TRUE(summary && summary->messages);
    EXPECT_EQ(summary->messages->sent,
              summary->messages->received + summary->messages->lost + summary->messages->inRing);
}

} // namespace
} // namespace ringscope
