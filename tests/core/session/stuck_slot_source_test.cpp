// SPDX-License-Identifier: MIT
#include "core/session/sources/stuck_slot_source.h"

#include <gtest/gtest.h>

#include "core/ring/consumer.h"
#include "core/ring/producer.h"
#include "core/ring/repair.h"
#include "tests/core/ring/hostile_roster.h"
#include "tests/core/ring/ring_builders.h"
#include "tests/core/ring/ring_child.h"

namespace ringscope {
namespace {

std::vector<Marker> markersOf(Session& session) {
    const auto view = session.makeView(0, true);
    return view->markers ? *view->markers : std::vector<Marker>{};
}

TEST(StuckSlotSource, FindingNamesAKilledConsumerOnceAndItsReturn) {
    const Segment segment = makeSegment(8, 16);
    auto producer = Producer::join(segment, 0);
    ASSERT_TRUE(producer->try_push({}, {}));
    Child child([&](const auto& ready) {
        auto consumer = Consumer::join(segment, 0);
        const auto peek = consumer->try_peek();
        ready();
    });
    const pid_t pid = child.pid();
    auto observer = RingObserver::open(segment.name());
    ASSERT_TRUE(observer);
    StuckSlotSource source(std::make_shared<RingObserver>(std::move(*observer)));
    Session session{Provenance{}};
    source.sample(1'000, session);
    EXPECT_TRUE(markersOf(session).empty());

    child.kill();
    source.sample(250'000'000, session);
    source.sample(500'000'000, session);
    auto markers = markersOf(session);
    ASSERT_EQ(markers.size(), 1U) << "said once";
    EXPECT_EQ(markers[0].kind, MarkerKind::finding);
    EXPECT_EQ(markers[0].timeNs, 250'000'000);
    EXPECT_NE(markers[0].text.find("consumer pid " + std::to_string(pid)), std::string::npos)
        << markers[0].text;

    ASSERT_TRUE(repairRing(segment));
    source.sample(750'001'000, session);
    markers = markersOf(session);
    ASSERT_EQ(markers.size(), 2U);
    EXPECT_NE(markers[1].text.find("passed on again after 750 ms"), std::string::npos)
        << markers[1].text;
}

TEST(StuckSlotSource, ParticipantsNameWhoHoldsWhatAndWhomItBlocks) {
    const Segment segment = makeSegment(8, 16);
    auto producer = Producer::join(segment, 0);
    Child child([&](const auto& ready) {
        auto dying = Producer::join(segment, 0);
        const auto reserved = dying->try_reserve();
        ready();
    });
    for (int i = 0; i < 3; ++i) {
        ASSERT_TRUE(producer->try_push({}, {}));
    }
    auto observer = RingObserver::open(segment.name());
    StuckSlotSource source(std::make_shared<RingObserver>(std::move(*observer)));
    Session session{Provenance{}};
    source.sample(1, session);
    const pid_t pid = child.pid();
    auto rows = *session.makeView(0, true)->participants;
    ASSERT_EQ(rows.size(), 2U);
    EXPECT_EQ(rows[0].pid, getpid());
    EXPECT_EQ(rows[0].claims, 3U);
    EXPECT_EQ(rows[1].liveness, Liveness::alive);
    EXPECT_EQ(rows[1].heldCount, 0U) << "what is held for an instant is not stuck";
    EXPECT_EQ(rows[1].command, processName(getpid()));

    child.kill();
    source.sample(250'000'000, session);
    rows = *session.makeView(0, true)->participants;
    ASSERT_EQ(rows.size(), 2U);
    EXPECT_EQ(rows[1].pid, pid);
    EXPECT_TRUE(rows[1].isProducer);
    EXPECT_EQ(rows[1].liveness, Liveness::dead);
    EXPECT_EQ(rows[1].command, processName(getpid())) << "as it was while it lived";
    EXPECT_EQ(rows[1].heldCount, 1U);
    EXPECT_EQ(rows[1].heldFirst, 0U);
    EXPECT_EQ(rows[1].blocked, Blocked::consumers);
    EXPECT_EQ(rows[1].distance, 3U);

    ASSERT_TRUE(repairRing(segment));
    source.sample(500'000'000, session);
    rows = *session.makeView(0, true)->participants;
    ASSERT_EQ(rows.size(), 1U) << "at once, not a second later";
    EXPECT_EQ(rows[0].heldCount, 0U);
}

TEST(StuckSlotSource, KeepsAPictureOfTheRingAtTheFinding) {
    const Segment segment = makeSegment(8, 16);
    auto producer = Producer::join(segment, 0);
    ASSERT_TRUE(producer->try_push({}, {}));
    Child child([&](const auto& ready) {
        auto dying = Producer::join(segment, 0);
        const auto reserved = dying->try_reserve();
        ready();
    });
    ASSERT_TRUE(producer->try_push({}, {}));
    auto observer = RingObserver::open(segment.name());
    StuckSlotSource source(std::make_shared<RingObserver>(std::move(*observer)));
    Session session{Provenance{}};
    const pid_t pid = child.pid();
    child.kill();
    source.sample(250'000'000, session);
    ASSERT_TRUE(repairRing(segment)); // what comes later does not change it
    source.sample(500'000'000, session);

    const auto view = session.makeView(0, true);
    ASSERT_TRUE(view->stalls);
    ASSERT_EQ(view->stalls->size(), 1U);
    EXPECT_EQ(view->stallAt(500'000'000), nullptr);
    const auto stall = view->stallAt(250'000'000);
    ASSERT_NE(stall, nullptr);
    EXPECT_EQ(stall->text, markersOf(session).at(0).text);
    ASSERT_EQ(stall->participants.size(), 2U);
    EXPECT_EQ(stall->participants[1].pid, pid);
    EXPECT_EQ(stall->participants[1].heldCount, 1U);
    const SlotBlock& block = *stall->slotSnapshot->blocks.at(0);
    EXPECT_EQ(block.states[0], SlotState::ready);
    EXPECT_EQ(block.states[1], SlotState::stuck);
    EXPECT_EQ(block.states[2], SlotState::ready);
    EXPECT_EQ(block.states[3], SlotState::free);
    EXPECT_EQ(stall->slotSnapshot->cursors.tail, 3U);
}

TEST(StuckSlotSource, AHolderThatNobodyRegisteredHasARow) {
    const Segment segment = makeSegment(8, 16);
    auto producer = Producer::join(segment, 0);
    auto& channel = *segment.channel(0).shared;
    const std::uint64_t tail = detail::shared(channel.tail).fetch_add(1); // knows no roster
    auto observer = RingObserver::open(segment.name());
    StuckSlotSource source(std::make_shared<RingObserver>(std::move(*observer)));
    Session session{Provenance{}};
    source.sample(1, session);
    source.sample(1'500'000'000, session);
    const auto rows = *session.makeView(0, true)->participants;
    ASSERT_EQ(rows.size(), 2U);
    EXPECT_FALSE(rows[1].isRegistered);
    EXPECT_EQ(rows[1].pid, 0);
    EXPECT_EQ(rows[1].heldFirst, tail);
    EXPECT_GE(rows[1].heldNs, 1'000'000'000);
    EXPECT_EQ(rows[1].blocked, Blocked::consumers);
}

TEST(StuckSlotSource, CrashOfEverybodyDoesNotBuryTheTimeAxis) {
    const Segment segment = makeSegment(64, 16);
    Child child([&](const auto& ready) {
        std::vector<Producer> producers;
        for (int i = 0; i < 30; ++i) {
            producers.push_back(std::move(*Producer::join(segment, 0)));
        }
        std::vector<std::unique_ptr<Producer::Reservation>> held;
        for (Producer& one : producers) {
            // Not make_unique: a reservation cannot be moved.
            held.emplace_back(new Producer::Reservation(one.try_reserve()));
        }
        ready();
    });
    child.kill();
    auto observer = RingObserver::open(segment.name());
    StuckSlotSource source(std::make_shared<RingObserver>(std::move(*observer)));
    Session session{Provenance{}};
    source.sample(1, session);
    const auto markers = markersOf(session);
    ASSERT_EQ(markers.size(), 17U);
    EXPECT_NE(markers.back().text.find("14 more"), std::string::npos) << markers.back().text;
}

TEST(StuckSlotSource, FullRosterIsShownInPart) {
    const Segment segment = segmentFullOfTheDead(8, 8);
    auto observer = RingObserver::open(segment.name());
    ASSERT_TRUE(observer);
    StuckSlotSource source(std::make_shared<RingObserver>(std::move(*observer)));
    Session session{Provenance{}};
    source.sample(1, session);
    const auto rows = *session.makeView(0, true)->participants;
    EXPECT_EQ(rows.size(), 4096U);
    EXPECT_EQ(rows.front().heldCount, 8U);
}

} // namespace
} // namespace ringscope
