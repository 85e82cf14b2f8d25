// SPDX-License-Identifier: MIT
#include "core/ring/ring_observer.h"

#include <chrono>
#include <cstddef>
#include <gtest/gtest.h>
#include <thread>

#include "core/base/clock.h"
#include "core/ring/consumer.h"
#include "core/ring/producer.h"
#include "tests/core/ring/ring_builders.h"

namespace ringscope {
namespace {

RingObserver observe(const Segment& segment) {
    auto observer = RingObserver::open(segment.name());
    if (!observer) {
        ADD_FAILURE() << observer.error().message;
        std::abort();
    }
    return std::move(*observer);
}

std::shared_ptr<const SlotSnapshot> scanned(RingObserver& observer, std::int64_t nowNs,
                                            std::uint64_t budget = std::uint64_t{1} << 30U) {
    auto snapshot = observer.scan(0, budget, nowNs);
    EXPECT_TRUE(snapshot) << snapshot.error().message;
    return *snapshot;
}

TEST(RingObserver, DerivesEveryStateOfASlot) {
    const ChannelCursors cursors{0, 8, 10, 14}; // head 10, tail 14
    EXPECT_EQ(slotStateOf(7, 15, cursors), SlotState::free);
    EXPECT_EQ(slotStateOf(5, 13, cursors), SlotState::writing);
    EXPECT_EQ(slotStateOf(3, 12, cursors), SlotState::ready);   // position 11
    EXPECT_EQ(slotStateOf(1, 10, cursors), SlotState::reading); // position 9
    EXPECT_EQ(slotStateOf(2, 18, cursors), SlotState::free);    // released for the next lap
    EXPECT_EQ(slotStateOf(2, 0xDEAD, cursors), SlotState::stuck);
}

TEST(RingObserver, StatesSurviveAWrapOfPositions) {
    const std::uint64_t top = ~std::uint64_t{0};
    const ChannelCursors cursors{0, 8, top - 1, 2}; // tail has wrapped
    EXPECT_EQ(slotStateOf(1, 1, cursors), SlotState::writing);
    EXPECT_EQ(slotStateOf(7, 0, cursors), SlotState::ready); // position 2^64 - 1
    EXPECT_EQ(slotStateOf(2, 2, cursors), SlotState::free);
}

TEST(RingObserver, WaitsForACreatorThatHasNotFinished) {
    const Segment segment = makeSegment(8, 16);
    poke<std::uint32_t>(segment.name(), offsetof(layout::Header, ready), 0);
    EXPECT_FALSE(RingObserver::open(segment.name()));
    std::thread creator([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(30));
        poke<std::uint32_t>(segment.name(), offsetof(layout::Header, ready), 1);
    });
    const auto observer = RingObserver::open(segment.name(), std::chrono::seconds(20));
    creator.join();
    EXPECT_TRUE(observer) << observer.error().message;
}

TEST(RingObserver, ShowsWhatParticipantsHold) {
    const Segment segment = makeSegment(8, 16);
    auto producer = Producer::join(segment, 0);
    auto consumer = Consumer::join(segment, 0);
    for (int i = 0; i < 3; ++i) {
        ASSERT_TRUE(producer->try_push({}, bytesOf("x")));
    }
    const auto peek = consumer->try_peek();
    const auto reserved = producer->try_reserve_batch(2);
    RingObserver observer = observe(segment);
    const auto snapshot = scanned(observer, 5);

    const auto& states = snapshot->blocks.at(0)->states;
    EXPECT_EQ(snapshot->blocks[0]->count, 8U);
    EXPECT_EQ(states[0], SlotState::reading);
    EXPECT_EQ(states[1], SlotState::ready);
    EXPECT_EQ(states[2], SlotState::ready);
    EXPECT_EQ(states[3], SlotState::writing);
    EXPECT_EQ(states[4], SlotState::writing);
    EXPECT_EQ(states[5], SlotState::free);
    EXPECT_EQ(snapshot->cursors.head, 1U);
    EXPECT_EQ(snapshot->cursors.tail, 5U);
    EXPECT_EQ(snapshot->channelName, "only");
    ASSERT_EQ(snapshot->holders.size(), 2U);
    EXPECT_TRUE(snapshot->holders[0].isProducer);
    EXPECT_TRUE(snapshot->holders[0].isClaimed);
    EXPECT_EQ(snapshot->holders[0].firstPosition, 3U);
    EXPECT_EQ(snapshot->holders[0].count, 2U);
    EXPECT_EQ(snapshot->holders[0].pid, selfProcess().pid);
    EXPECT_FALSE(snapshot->holders[1].isProducer);
    EXPECT_EQ(snapshot->holders[1].firstPosition, 0U);
}

TEST(RingObserver, HeldSlotIsStuckOnceTwoReadingsAThresholdApartAgree) {
    const Segment segment = makeSegment(8, 16);
    auto producer = Producer::join(segment, 0);
    RingObserver observer = observe(segment);
    std::int64_t now = 7 * kNsPerSecond;
    EXPECT_EQ(scanned(observer, now)->blocks[0]->states[0], SlotState::free);
    // Free for long before: that time must not count.
    now += 5 * kNsPerSecond;
    auto reserved = producer->try_reserve();
    EXPECT_EQ(scanned(observer, now)->blocks[0]->states[0], SlotState::writing);
    now += 999 * kNsPerMs;
    EXPECT_EQ(scanned(observer, now)->blocks[0]->states[0], SlotState::writing);
    now += kNsPerMs;
    EXPECT_EQ(scanned(observer, now)->blocks[0]->states[0], SlotState::stuck);
    reserved.commit({}, 0);
    EXPECT_EQ(scanned(observer, now)->blocks[0]->states[0], SlotState::ready);
}

TEST(RingObserver, SharesBlocksThatWereNotReadAgainAndReachesAllOfThem) {
    const Segment segment = makeSegment(8 * kSlotsPerBlock, 16);
    RingObserver observer = observe(segment);
    auto before = scanned(observer, 0, 2 * kSlotsPerBlock);
    for (int turn = 1; turn < 8; ++turn) {
        const auto after = scanned(observer, turn, 2 * kSlotsPerBlock);
        std::size_t fresh = 0;
        for (std::size_t i = 0; i < 8; ++i) {
            fresh += after->blocks[i] != before->blocks[i] ? 1U : 0U;
        }
        EXPECT_EQ(fresh, 2U);
        before = after;
    }
    for (const auto& block : before->blocks) {
        ASSERT_TRUE(block);
        EXPECT_EQ(block->count, kSlotsPerBlock);
    }
}

TEST(RingObserver, KnowsWhichSlotsItNeverSawChange) {
    const Segment segment = makeSegment(4 * kSlotsPerBlock, 16);
    auto producer = Producer::join(segment, 0);
    RingObserver observer = observe(segment);
    std::int64_t nowNs = kNsPerSecond;
    auto snapshot = scanned(observer, nowNs, 1);
    for (int i = 0; i < 20; ++i) { // the last blocks are read for the first time much later
        snapshot = scanned(observer, nowNs += kNsPerSecond, 1);
    }
    for (const auto& block : snapshot->blocks) {
        ASSERT_TRUE(block);
        EXPECT_TRUE(block->isSinceFirstRead(7)) << block->firstReadMs;
    }
    ASSERT_TRUE(producer->try_push({}, bytesOf("x")));
    for (int i = 0; i < 20; ++i) {
        snapshot = scanned(observer, nowNs += kNsPerSecond, 1);
    }
    EXPECT_FALSE(snapshot->blocks[0]->isSinceFirstRead(0));
    EXPECT_TRUE(snapshot->blocks[0]->isSinceFirstRead(1));
}

TEST(RingObserver, SmallestBudgetStillReachesEveryBlock) {
    const Segment segment = makeSegment(4 * kSlotsPerBlock, 16);
    RingObserver observer = observe(segment);
    for (int turn = 0; turn < 8; ++turn) {
        (void)scanned(observer, turn, 1);
    }
    for (const auto& block : scanned(observer, 9, 1)->blocks) {
        EXPECT_TRUE(block);
    }
}

TEST(RingObserver, ReadsLargeAndSmallSlotsAlike) {
    for (const std::uint32_t payload : {16U, 400U, 1024U, 5000U}) {
        const Segment segment = makeSegment(64, payload);
        auto producer = Producer::join(segment, 0);
        for (int i = 0; i < 64; ++i) {
            ASSERT_TRUE(producer->try_push({}, bytesOf("x")));
        }
        RingObserver observer = observe(segment);
        const auto snapshot = scanned(observer, 0);
        for (std::size_t i = 0; i < 64; ++i) {
            EXPECT_EQ(snapshot->blocks[0]->sequences[i], i + 1) << payload;
        }
        EXPECT_EQ(snapshot->cursors.used(), 64U);
    }
}

TEST(RingObserver, ReadsTheHeaderOfOneSlot) {
    const Segment segment = makeSegment(4, 64);
    auto producer = Producer::join(segment, 0);
    ASSERT_TRUE(producer->try_push({}, bytesOf("first")));
    ASSERT_TRUE(producer->try_push({42, 43, 44, 45}, bytesOf("second")));
    const RingObserver observer = observe(segment);

    const auto detail = observer.slotDetail(0, 1, 99);

    ASSERT_TRUE(detail);
    EXPECT_EQ(detail->sequence, 2U);
    EXPECT_EQ(detail->metadata.messageId, 42U);
    EXPECT_EQ(detail->metadata.timestampNs, 43U);
    EXPECT_EQ(detail->metadata.messageType, 44U);
    EXPECT_EQ(detail->metadata.flags, 45U);
    EXPECT_EQ(detail->metadata.payloadLength, 6U);
    EXPECT_EQ(detail->readAtNs, 99);
    EXPECT_FALSE(observer.slotDetail(0, 4, 0));
    EXPECT_FALSE(observer.slotDetail(1, 0, 0));
}

TEST(RingObserver, CursorsFollowTheRing) {
    SegmentSpec spec = specOf(8, 16);
    spec.channels.push_back(ChannelSpec{16, 100, 0, "second"});
    const Segment segment = makeSegment(spec);
    auto producer = Producer::join(segment, 1);
    auto consumer = Consumer::join(segment, 1);
    RingObserver observer = observe(segment);
    ASSERT_TRUE(producer->try_push({}, bytesOf("x")));
    ASSERT_TRUE(producer->try_push({}, bytesOf("x")));
    std::array<std::byte, 16> buffer{};
    ASSERT_TRUE(consumer->try_pop(buffer));

    const auto cursors = observer.cursors();

    ASSERT_TRUE(cursors);
    ASSERT_EQ(cursors->size(), 2U);
    EXPECT_EQ((*cursors)[0].used(), 0U);
    EXPECT_EQ((*cursors)[1].channel, 1U);
    EXPECT_EQ((*cursors)[1].head, 1U);
    EXPECT_EQ((*cursors)[1].tail, 2U);
    EXPECT_EQ((*cursors)[1].used(), 1U);
}

// Consumers empty the ring behind a slot that is not given back, and one lap later producers stand
// before it: head and tail have met, and there is no room.
TEST(RingObserver, SeesThatAHeldSlotBlocksTheRing) {
    const Segment segment = makeSegment(8, 16);
    auto producer = Producer::join(segment, 0);
    auto holder = Consumer::join(segment, 0);
    auto consumer = Consumer::join(segment, 0);
    RingObserver observer = observe(segment);
    ASSERT_TRUE(producer->try_push({}, bytesOf("x")));
    auto held = holder->try_peek_batch(1);
    ASSERT_TRUE(held);
    for (int i = 0; i < 7; ++i) {
        ASSERT_TRUE(producer->try_push({}, bytesOf("x")));
        ASSERT_TRUE(consumer->try_peek_batch(1)); // and released again
    }
    ASSERT_FALSE(producer->try_push({}, bytesOf("x")));
    EXPECT_EQ((*observer.cursors())[0].taken(), 0U) << "the tail has only just come there";
    EXPECT_EQ((*observer.cursors())[0].taken(), 8U);
    EXPECT_EQ((*observer.cursors())[0].used(), 0U);
    held.release();
    EXPECT_EQ((*observer.cursors())[0].taken(), 0U);
}

TEST(RingObserver, ClampsHostileCursors) {
    const Segment segment = makeSegment(8, 16);
    poke<std::uint64_t>(segment.name(), 128 + 128, 1'000);
    RingObserver observer = observe(segment);
    EXPECT_EQ((*observer.cursors())[0].used(), 8U);
    poke<std::uint64_t>(segment.name(), 128 + 256, 2'000);
    EXPECT_EQ((*observer.cursors())[0].used(), 0U);
}

TEST(RingObserver, NoticesRemovedReplacedAndTruncatedSegments) {
    SegmentSpec spec = specOf(8, 16);
    const ShmFile guard(spec.name);
    auto first = std::make_unique<Segment>(makeSegment(spec));
    RingObserver observer = observe(*first);
    EXPECT_EQ(observer.presence(), SegmentPresence::present);
    first.reset();
    EXPECT_EQ(observer.presence(), SegmentPresence::removed);
    EXPECT_TRUE(observer.cursors()); // the one that was opened can still be read
    {
        const Segment second = makeSegment(spec);
        EXPECT_EQ(observer.presence(), SegmentPresence::replaced);
        RingObserver other = observe(second);
        ASSERT_EQ(::truncate(shmPath(spec.name).c_str(), 4096), 0);
        EXPECT_EQ(other.presence(), SegmentPresence::truncated);
        EXPECT_TRUE(other.cursors());
        const auto scan = other.scan(0, 8, 0);
        ASSERT_FALSE(scan);
        EXPECT_EQ(scan.error().kind, ErrorKind::damaged);
        EXPECT_NE(scan.error().message.find("cut short"), std::string::npos);
    }
}

TEST(RingObserver, ListsParticipantsWithRoleAndActivity) {
    const Segment segment = makeSegment(8, 16);
    auto producer = Producer::join(segment, 0);
    {
        auto consumer = Consumer::join(segment, 0);
        for (int i = 0; i < 3; ++i) {
            ASSERT_TRUE(producer->try_push({}, bytesOf("x")));
        }
        RingObserver observer = observe(segment);
        const auto participants = observer.participants();
        ASSERT_TRUE(participants);
        ASSERT_EQ(participants->size(), 2U);
        EXPECT_EQ((*participants)[0].role, layout::Role::producer);
        EXPECT_EQ((*participants)[0].activity, 3U);
        EXPECT_EQ((*participants)[0].process, selfProcess());
        EXPECT_EQ((*participants)[0].thread, selfThread());
        EXPECT_EQ((*participants)[0].intentCount, 0U);
        EXPECT_EQ((*participants)[1].role, layout::Role::consumer);
        EXPECT_EQ(livenessOf((*participants)[1]), Liveness::alive);
    }
    RingObserver observer = observe(segment);
    EXPECT_EQ(observer.participants()->size(), 1U);
}

} // namespace
} // namespace ringscope
