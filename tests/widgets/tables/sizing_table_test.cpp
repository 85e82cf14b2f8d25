// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/tables/sizing_table.h"

#include <gtest/gtest.h>

namespace ringscope {
namespace {

ChannelSizing sizingWith(std::uint32_t channel, SizingAdvice advice) {
    ChannelSizing sizing;
    sizing.channel = channel;
    sizing.label = "ch" + std::to_string(channel);
    sizing.capacity = 256;
    sizing.maxFill = 200;
    sizing.observedNs = 1'000;
    sizing.atFullNs = 250;
    sizing.advice = advice;
    sizing.needed = 300;
    sizing.recommendedCapacity = 512;
    return sizing;
}

TEST(SizingTable, RowSaysWhatIsAdvisedAndWhy) {
    const SessionView view;
    const auto rows = sizingRows(view, {sizingWith(3, SizingAdvice::growAtLeast)}, 0);
    ASSERT_EQ(rows.size(), 1U);
    ASSERT_EQ(rows[0].cells.size(), sizingColumns().size());
    EXPECT_EQ(rows[0].cells[0].text, QStringLiteral("ch3"));
    EXPECT_EQ(rows[0].cells[1].text, QStringLiteral("△ ≥ 512"));
    EXPECT_EQ(rows[0].cells[1].tone, CellTone::warning);
    EXPECT_TRUE(rows[0].cells[1].help.contains(QStringLiteral("at least 300 slots")));
    EXPECT_EQ(rows[0].cells[3].number, 200);
    EXPECT_EQ(rows[0].cells[5].number, 25);
}

TEST(SizingTable, SentenceIsOfTheChannelThatAsksForMost) {
    const std::vector<ChannelSizing> all{sizingWith(0, SizingAdvice::suffices),
                                         sizingWith(1, SizingAdvice::grow),
                                         sizingWith(2, SizingAdvice::unpaced)};
    const QString text = sizingAdviceText(all);
    EXPECT_TRUE(text.startsWith(QStringLiteral("ch2: No capacity helps"))) << text.toStdString();
    EXPECT_TRUE(text.endsWith(QStringLiteral("lack room besides: 1."))) << text.toStdString();
    EXPECT_TRUE(sizingAdviceText({all[0]}).startsWith(QStringLiteral("No producer waited")));
    EXPECT_EQ(sizingAdviceText({}), QString());
}

TEST(SizingTable, BacklogNamesItsProducers) {
    SessionView view;
    EXPECT_EQ(backlogText(view), QString());
    WorkerRow producer;
    producer.role = "producer";
    producer.pid = 4711;
    WorkerRow other = producer;
    other.pid = 4713;
    other.index = 1;
    view.workers =
        std::make_shared<const std::vector<WorkerRow>>(std::vector<WorkerRow>{producer, other});
    ChannelBacklog backlog;
    backlog.channel = 2;
    backlog.waiting = 8;
    backlog.lookedAt = 5;
    // Itself; the one before its place was taken; one that a roster lists in another order; no
    // worker.
    backlog.senders = {{4711, 0, 2}, {4710, 0, 1}, {4713, 7, 1}, {4712, std::nullopt, 1}};
    view.backlogs = std::make_shared<const std::vector<ChannelBacklog>>(1, backlog);
    EXPECT_EQ(
        backlogText(view).toStdString(),
        "Last seen in channel 2: messages of P0 40 %, pid 4710 20 %, P1 20 %, pid 4712 20 %.");
}

} // namespace
} // namespace ringscope
