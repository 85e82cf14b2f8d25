// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/slots/slot_facts.h"

#include <gtest/gtest.h>

#include "tests/widgets/slots/slot_snapshot_builder.h"
#include "widgets/slots/slot_counts.h"
#include "widgets/slots/slot_text.h"

namespace ringscope {
namespace {

constexpr std::int64_t kReadAt = 5'000'000'000;

std::vector<WorkerRow> workers() {
    WorkerRow producer;
    producer.role = "producer";
    producer.index = 2;
    producer.pid = 4711;
    producer.tid = 4715;
    WorkerRow consumer;
    consumer.role = "consumer";
    consumer.index = 0;
    consumer.pid = 4720;
    consumer.tid = 4720;
    return {producer, consumer};
}

std::string linesOf(const SlotSnapshot& snapshot, std::uint64_t slot,
                    std::int64_t nowNs = kReadAt) {
    const auto rows = workers();
    const auto facts = slotFacts(snapshot, slot, &rows, nowNs);
    return facts ? slotPlainText(*facts, snapshot).toStdString() : "nothing";
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

TEST(SlotFacts, PositionAndLapComeFromTheSequence) {
    // Capacity 8, lap 5: positions 40 to 44 are ready.
    const auto snapshot = SlotSnapshotBuilder(8, 40, 45).build();
    const auto ready = slotFacts(*snapshot, 3, nullptr, kReadAt);
    EXPECT_EQ(ready->position, 43U);
    EXPECT_EQ(ready->sequence, 44U);
    EXPECT_EQ(ready->lap, 5U);
    const auto free = slotFacts(*snapshot, 6, nullptr, kReadAt);
    EXPECT_EQ(free->position, 46U);
    EXPECT_EQ(free->lap, 5U);
}

TEST(SlotFacts, AgeIsCountedFromTheLastChangeToTheReading) {
    // Changed 3 s after the epoch at 1 s, read at 5 s: one second.
    const auto snapshot = SlotSnapshotBuilder(8, 0, 4).build();
    const auto facts = slotFacts(*snapshot, 1, nullptr, kReadAt + 250'000'000);
    EXPECT_EQ(facts->stateForNs, 1'000'000'000);
    EXPECT_EQ(facts->pictureAgeNs, 250'000'000);
    EXPECT_FALSE(facts->isSinceFirstSeen);
}

TEST(SlotFacts, UnchangedSinceTheBeginningIsAtLeast) {
    const auto snapshot = SlotSnapshotBuilder(8, 0, 4).changedAtMs(1, 0).build();
    EXPECT_TRUE(contains(linesOf(*snapshot, 1), "ready for at least 4 s"));
}

TEST(SlotFacts, HolderIsTheRosterEntryOfTheRightSide) {
    const auto snapshot = SlotSnapshotBuilder(8, 16, 21)
                              .set(5, SlotState::writing, 21)
                              .holder({21, 1, 4711, 4715, true, true})
                              .holder({21, 1, 4720, 4720, false, true})
                              .build();
    const std::string text = linesOf(*snapshot, 5);
    EXPECT_TRUE(contains(text, "Holder: P2 (producer), pid 4711, thread 4715")) << text;
}

TEST(SlotFacts, AConsumerHoldsWhatIsBeingRead) {
    const auto snapshot = SlotSnapshotBuilder(8, 16, 21)
                              .set(0, SlotState::reading, 17)
                              .holder({16, 2, 4720, 4720, false, true})
                              .build();
    EXPECT_TRUE(contains(linesOf(*snapshot, 0), "Holder: C0 (consumer), pid 4720"));
}

TEST(SlotFacts, AClaimedIntentBeatsAnUnconfirmedOne) {
    const auto snapshot = SlotSnapshotBuilder(8, 16, 21)
                              .set(5, SlotState::writing, 21)
                              .holder({21, 1, 9, 9, true, false})
                              .holder({21, 1, 4711, 4715, true, true})
                              .build();
    const auto facts = slotFacts(*snapshot, 5, nullptr, kReadAt);
    EXPECT_EQ(facts->holder->pid, 4711);
}

TEST(SlotFacts, WhoIsNotRegisteredIsNotNamed) {
    // The metadata of a slot being written is last lap's: its sender is not the holder.
    SlotMetadata metadata;
    metadata.senderPid = 4711;
    const auto snapshot = SlotSnapshotBuilder(8, 16, 21)
                              .set(5, SlotState::writing, 21)
                              .detail({5, 21, metadata, kReadAt})
                              .build();
    const std::string text = linesOf(*snapshot, 5);
    EXPECT_TRUE(contains(text, "Holder: held for 1 s, holder not registered")) << text;
    EXPECT_TRUE(contains(text, "Last sender: P2, pid 4711")) << text;
}

TEST(SlotFacts, StuckSaysWhatItIsStuckIn) {
    const auto writing = SlotSnapshotBuilder(8, 16, 21).set(5, SlotState::stuck, 21).build();
    EXPECT_TRUE(contains(linesOf(*writing, 5), "stuck: being written for 1 s"));
    const auto reading = SlotSnapshotBuilder(8, 16, 21).set(0, SlotState::stuck, 17).build();
    EXPECT_TRUE(contains(linesOf(*reading, 0), "stuck: being read for 1 s"));
}

TEST(SlotFacts, MessageIsToldInFull) {
    SlotMetadata metadata;
    metadata.messageId = 38587;
    metadata.messageType = 7;
    metadata.senderPid = 4711;
    metadata.payloadLength = 640;
    const auto snapshot = SlotSnapshotBuilder(8, 16, 21).detail({1, 18, metadata, kReadAt}).build();
    const std::string text = linesOf(*snapshot, 1, kReadAt + 40'000'000);
    EXPECT_TRUE(contains(text, "Slot 1 · lap 2 · sequence 18")) << text;
    EXPECT_TRUE(contains(text, "Message: id 38\u202F587 · type 7 · 640 bytes")) << text;
    EXPECT_TRUE(contains(text, "Sent by: P2, pid 4711")) << text;
    EXPECT_TRUE(contains(text, "Picture: read 40 ms ago")) << text;
}

TEST(SlotFacts, MetadataOfAnotherMessageIsNotShown) {
    const auto snapshot = SlotSnapshotBuilder(8, 16, 21).detail({1, 10, {}, kReadAt}).build();
    EXPECT_FALSE(slotFacts(*snapshot, 1, nullptr, kReadAt)->metadata.has_value());
}

TEST(SlotFacts, HostilePayloadLengthIsNamedAsDamage) {
    SlotMetadata metadata;
    metadata.payloadLength = 4'000'000;
    const auto snapshot = SlotSnapshotBuilder(8, 16, 21).detail({1, 18, metadata, kReadAt}).build();
    EXPECT_TRUE(contains(linesOf(*snapshot, 1), "(damaged: a slot holds 1\u202F024)"));
}

TEST(SlotFacts, HostileSequenceBelongsToNoPosition) {
    const auto snapshot = SlotSnapshotBuilder(8, 16, 21).set(3, SlotState::stuck, 77).build();
    const auto facts = slotFacts(*snapshot, 3, nullptr, kReadAt);
    EXPECT_FALSE(facts->position.has_value());
    EXPECT_FALSE(facts->holder.has_value());
    EXPECT_TRUE(contains(linesOf(*snapshot, 3), "damaged: its sequence belongs to no position"));
}

TEST(SlotFacts, OutsideOrUnreadThereAreNone) {
    const auto snapshot = SlotSnapshotBuilder(8192, 0, 10).unread(1).build();
    EXPECT_FALSE(slotFacts(*snapshot, 8192, nullptr, kReadAt).has_value());
    EXPECT_FALSE(slotFacts(*snapshot, 5000, nullptr, kReadAt).has_value());
}

TEST(SlotCounter, CountsAsANaiveLoopDoes) {
    SlotSnapshotBuilder builder(1 << 14, 100, 5000);
    builder.set(7, SlotState::stuck).set(9000, SlotState::writing).set(9001, SlotState::reading);
    SlotCounter counter;
    counter.update(builder.build());
    builder.set(9000, SlotState::free).unread(3);
    const auto snapshot = builder.build();
    const SlotCounts counts = counter.update(snapshot);
    SlotCounts expected;
    for (const auto& block : snapshot->blocks) {
        for (std::uint32_t i = 0; block && i < block->count; ++i) {
            ++expected.byState[static_cast<std::size_t>(block->states[i])];
        }
    }
    expected.unread = kSlotsPerBlock;
    EXPECT_EQ(counts, expected);
}

TEST(SlotText, DigitsAreGroupedInThrees) {
    EXPECT_EQ(groupedDigits(7), QStringLiteral("7"));
    EXPECT_EQ(groupedDigits(1000), QStringLiteral("1\u202F000"));
    EXPECT_EQ(groupedDigits(18446744073709551615ULL).remove(QChar(0x202F)),
              QStringLiteral("18446744073709551615"));
}

} // namespace
} // namespace ringscope
