// SPDX-License-Identifier: MIT
#include "core/ring/roster.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <vector>

#include "core/ring/consumer.h"
#include "core/ring/producer.h"
#include "core/ring/ring_observer.h"
#include "tests/core/ring/ring_builders.h"

namespace ringscope {
namespace {

TEST(Roster, FullOneIsRefusedWithASentence) {
    SegmentSpec spec = specOf(8, 16);
    spec.rosterEntries = 2;
    const Segment segment = makeSegment(spec);
    const auto first = Producer::join(segment, 0);
    {
        const auto second = Producer::join(segment, 0);
        ASSERT_TRUE(second);
        const auto third = Consumer::join(segment, 0);
        ASSERT_FALSE(third);
        EXPECT_EQ(third.error().kind, ErrorKind::failed);
        EXPECT_NE(third.error().message.find("roster is full (2 "), std::string::npos);
    }
    EXPECT_TRUE(Consumer::join(segment, 0)); // a place was given back
}

// Entries of a process that is gone, made by hand: no process has this start time.
layout::RosterEntry entryOfTheDead(std::uint64_t intent) {
    const ProcessIdentity self = selfProcess();
    layout::RosterEntry entry{};
    entry.pid = self.pid;
    entry.tid = self.pid;
    entry.processStartTicks = self.startTicks + 1;
    entry.threadStartTicks = self.startTicks + 1;
    entry.pidNamespace = self.pidNamespace;
    entry.owner = layout::packTicket(entry.tid, entry.threadStartTicks, entry.pidNamespace);
    entry.confirmed = entry.owner;
    entry.role = layout::Role::producer;
    entry.intent = intent;
    return entry;
}

TEST(Roster, EntryOfTheDeadIsTakenOverOnlyWithAClearIntent) {
    SegmentSpec spec = specOf(8, 16);
    spec.rosterEntries = 2;
    const Segment segment = makeSegment(spec);
    segment.rosterEntries()[0] = entryOfTheDead(1 | layout::kIntentClaimed);
    segment.rosterEntries()[1] = entryOfTheDead(0);

    const auto producer = Producer::join(segment, 0);
    ASSERT_TRUE(producer);
    EXPECT_EQ(segment.rosterEntries()[1].tid, selfThread().tid);
    EXPECT_EQ(segment.rosterEntries()[1].threadStartTicks, selfThread().startTicks);
    EXPECT_EQ(segment.rosterEntries()[0].intent, 1 | layout::kIntentClaimed);
    EXPECT_FALSE(Producer::join(segment, 0)); // the other one's intent is kept
}

TEST(Roster, HalfRegisteredEntryIsShownAndNeverTakenOver) {
    SegmentSpec spec = specOf(8, 16);
    spec.rosterEntries = 1;
    const Segment segment = makeSegment(spec);
    const ProcessIdentity self = selfProcess();
    const ThreadIdentity thread = selfThread();
    layout::RosterEntry& entry = segment.rosterEntries()[0];
    entry.owner = layout::packTicket(thread.tid, thread.startTicks, self.pidNamespace);
    EXPECT_FALSE(Producer::join(segment, 0));

    auto half = participantsIn(&entry, 1);
    ASSERT_EQ(half.size(), 1U);
    EXPECT_FALSE(half[0].isConfirmed);
    EXPECT_EQ(half[0].thread.tid, thread.tid);
    EXPECT_EQ(livenessOf(half[0]), Liveness::alive);

    entry.owner = layout::packTicket(thread.tid, thread.startTicks + 1, self.pidNamespace);
    EXPECT_EQ(livenessOf(participantsIn(&entry, 1)[0]), Liveness::dead);
    entry.owner = layout::packTicket(thread.tid, thread.startTicks, self.pidNamespace + 1);
    EXPECT_EQ(livenessOf(participantsIn(&entry, 1)[0]), Liveness::unknown);
}

TEST(Roster, TicketHoldsTheLargestThreadIdTheKernelGives) {
    const std::uint64_t ticket = layout::packTicket(4'194'303, ~std::uint64_t{0}, 0);
    EXPECT_EQ(ticket >> 42U, 4'194'303U);
    EXPECT_EQ(ticket & 0xFFFFU, 0U);
}

TEST(Roster, MovedHandleKeepsItsPlace) {
    SegmentSpec spec = specOf(8, 16);
    spec.rosterEntries = 1;
    const Segment segment = makeSegment(spec);
    {
        auto joined = Producer::join(segment, 0);
        Producer moved = std::move(*joined);
        EXPECT_TRUE(moved.try_push({}, {}));
        EXPECT_FALSE(Producer::join(segment, 0));
    }
    EXPECT_TRUE(Producer::join(segment, 0));
}

TEST(Roster, IntentIsStoredBeforeAndClearedAfterAClaim) {
    const Segment segment = makeSegment(8, 16);
    auto producer = Producer::join(segment, 0);
    const layout::RosterEntry& entry = segment.rosterEntries()[0];
    {
        const auto batch = producer->try_reserve_batch(3);
        EXPECT_EQ(entry.intentFirst, 0U);
        EXPECT_EQ(entry.intent, 3U | layout::kIntentClaimed);
    }
    EXPECT_EQ(entry.intent, 0U);
    EXPECT_EQ(entry.activity, 1U);
    auto consumer = Consumer::join(segment, 0);
    {
        const auto peek = consumer->try_peek_batch(3); // tombstones only: nothing is held
        EXPECT_FALSE(peek);
        EXPECT_EQ(segment.rosterEntries()[1].intent, 0U);
    }
}

} // namespace
} // namespace ringscope
