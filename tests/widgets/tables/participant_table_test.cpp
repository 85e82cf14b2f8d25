// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/tables/participant_table.h"

#include <gtest/gtest.h>

#include "widgets/tables/cell_text.h"

namespace ringscope {
namespace {

std::string shown(const TableRow& row, const char* title) {
    const std::vector<TableColumn> columns = participantColumns();
    for (std::size_t at = 0; at < columns.size(); ++at) {
        if (columns[at].title == QLatin1String(title)) {
            return cellText(columns[at], row.cells.at(at), ByteScale::automatic).toStdString();
        }
    }
    return "no such column";
}

ParticipantRow participant(std::uint32_t entry, bool isProducer, Liveness liveness) {
    ParticipantRow row;
    row.entry = entry;
    row.isProducer = isProducer;
    row.liveness = liveness;
    row.pid = 4711;
    row.tid = 4712;
    row.claims = 12'345;
    row.command = "writer";
    return row;
}

ParticipantRow holding(ParticipantRow row, Blocked blocked, std::uint64_t distance) {
    row.heldFirst = 8197;
    row.heldCount = 1;
    row.firstSlot = 5;
    row.heldNs = 2'500'000'000;
    row.blocked = blocked;
    row.distance = distance;
    return row;
}

SessionView viewOf(std::vector<ParticipantRow> rows) {
    SessionView view;
    view.isLive = true;
    view.ring = std::make_shared<const RingTarget>();
    view.participants = std::make_shared<const std::vector<ParticipantRow>>(std::move(rows));
    return view;
}

std::string sentence(const SessionView& view) {
    return participantSentence(view).toStdString();
}

TEST(ParticipantTable, AWorkerHasItsName) {
    SessionView view =
        viewOf({participant(0, true, Liveness::alive), participant(1, false, Liveness::alive)});
    WorkerRow worker;
    worker.role = "producer";
    worker.index = 3;
    worker.pid = 4711;
    worker.tid = 4712;
    view.workers = std::make_shared<const std::vector<WorkerRow>>(1, worker);
    EXPECT_EQ(shown(participantRows(view)[0], "Who"), "P3 producer");
    view.workers = nullptr;
    EXPECT_EQ(shown(participantRows(view)[0], "Who"), "producer");
}

TEST(ParticipantTable, AStuckDeadOneStandsFirstAndIsToldInFull) {
    const SessionView view =
        viewOf({participant(0, true, Liveness::alive), participant(1, false, Liveness::stopped),
                holding(participant(2, false, Liveness::dead), Blocked::producers, 0)});
    const auto rows = participantRows(view);
    ASSERT_EQ(rows.size(), 3U);
    EXPECT_EQ(rows[0].cells.size(), participantColumns().size());
    EXPECT_EQ(shown(rows[0], "Who"), "consumer");
    EXPECT_EQ(shown(rows[0], "State"), "✕ dead");
    EXPECT_EQ(shown(rows[0], "Stuck"), "slot 5");
    EXPECT_EQ(shown(rows[0], "Held"), "2.50 s");
    EXPECT_EQ(shown(rows[0], "Blocks"), "producers; full for them");
    EXPECT_EQ(shown(rows[0], "Claims"), "12.3 k");
    EXPECT_EQ(shown(rows[0], "PID"), "4711");
    EXPECT_EQ(shown(rows[0], "Thread"), "4712");
    EXPECT_EQ(shown(rows[0], "Command"), "writer");
    EXPECT_EQ(shown(rows[0], "Channel"), "0");
    EXPECT_EQ(rows[0].value, 5);
    EXPECT_EQ(shown(rows[1], "Who"), "producer");
    EXPECT_EQ(shown(rows[1], "Stuck"), "");
    EXPECT_EQ(rows[1].value, -1);
    EXPECT_EQ(shown(rows[2], "State"), "◫ stopped");
}

TEST(ParticipantTable, SaysWhomItWillBlockAndWhen) {
    const auto rows = participantRows(
        viewOf({holding(participant(0, true, Liveness::stopped), Blocked::consumers, 12),
                holding(participant(1, false, Liveness::stopped), Blocked::nothingYet, 90)}));
    EXPECT_EQ(shown(rows[0], "Blocks"), "consumers; 12 messages wait");
    EXPECT_EQ(shown(rows[1], "Blocks"), "producers in 90 messages");
}

TEST(ParticipantTable, SentenceSaysWhetherARepairHelps) {
    EXPECT_EQ(sentence(SessionView{}), "") << "no ring";
    EXPECT_EQ(sentence(viewOf({participant(0, true, Liveness::alive)})),
              "Nobody is dead and nothing is stuck.");

    const SessionView stopped =
        viewOf({holding(participant(0, true, Liveness::stopped), Blocked::consumers, 1)});
    EXPECT_NE(sentence(stopped).find("let them go on"), std::string::npos);
    EXPECT_FALSE(hasDeadParticipant(stopped));
    EXPECT_FALSE(hasRepairableSlots(stopped));

    const SessionView idle = viewOf({participant(0, true, Liveness::dead)});
    EXPECT_NE(sentence(idle).find("1 participant is dead and held nothing"), std::string::npos);
    EXPECT_TRUE(hasDeadParticipant(idle));
    EXPECT_FALSE(hasRepairableSlots(idle));

    const SessionView stuck =
        viewOf({holding(participant(0, true, Liveness::dead), Blocked::consumers, 1)});
    EXPECT_NE(sentence(stuck).find("A repair gives them back"), std::string::npos);
    EXPECT_TRUE(hasRepairableSlots(stuck));
}

TEST(ParticipantTable, AHolderWithoutARosterEntryCannotBeRepaired) {
    ParticipantRow unknown = holding({}, Blocked::consumers, 3);
    unknown.isRegistered = false;
    unknown.isProducer = true;
    const SessionView view = viewOf({unknown});
    EXPECT_EQ(shown(participantRows(view).at(0), "State"), "? not registered");
    EXPECT_EQ(shown(participantRows(view).at(0), "PID"), "");
    EXPECT_NE(sentence(view).find("cannot be repaired"), std::string::npos);
    EXPECT_FALSE(hasDeadParticipant(view));
}

} // namespace
} // namespace ringscope
