// SPDX-License-Identifier: MIT
#include "core/ring/stuck_watch.h"

#include <gtest/gtest.h>

#include "core/base/clock.h"
#include "core/ring/channel_end.h"
#include "core/ring/consumer.h"
#include "core/ring/producer.h"
#include "tests/core/ring/ring_builders.h"
#include "tests/core/ring/ring_child.h"

namespace ringscope {
namespace {

using detail::shared;

std::shared_ptr<RingObserver> observed(const Segment& segment) {
    auto observer = RingObserver::open(segment.name());
    if (!observer) {
        ADD_FAILURE() << observer.error().message;
        std::abort();
    }
    return std::make_shared<RingObserver>(std::move(*observer));
}

std::vector<StuckSlots> found(StuckWatch& watch, std::int64_t nowNs) {
    auto stuck = watch.look(nowNs);
    if (!stuck) {
        ADD_FAILURE() << stuck.error().message;
        return {};
    }
    return *stuck;
}

void pushSome(Producer& producer, int count) {
    for (int i = 0; i < count; ++i) {
        ASSERT_TRUE(producer.try_push({}, bytesOf("message")));
    }
}

TEST(StuckWatch, DeadConsumerIsNamedAtOnceAndProducersStandStillALapLater) {
    const Segment segment = makeSegment(8, 16);
    auto producer = Producer::join(segment, 0);
    pushSome(*producer, 3);
    Child child([&](const auto& ready) {
        auto consumer = Consumer::join(segment, 0);
        const auto peek = consumer->try_peek_batch(2);
        ready();
    });
    StuckWatch watch(observed(segment));
    EXPECT_TRUE(found(watch, 1).empty()) << "it lives, and has just begun";
    EXPECT_TRUE(watch.hasCandidates());
    const pid_t pid = child.pid();
    child.kill();

    auto stuck = found(watch, 2);
    ASSERT_EQ(stuck.size(), 1U);
    EXPECT_EQ(stuck[0].firstPosition, 0U);
    EXPECT_EQ(stuck[0].count, 2U);
    EXPECT_FALSE(stuck[0].isWriting);
    EXPECT_EQ(stuck[0].holderLiveness, Liveness::dead);
    EXPECT_EQ(stuck[0].holder->process.pid, pid);
    EXPECT_EQ(stuck[0].blocked, Blocked::nothingYet);
    EXPECT_EQ(stuck[0].distance, 5U) << "tail is 3, the ring holds 8";
    pushSome(*producer, 5);
    stuck = found(watch, 3);
    EXPECT_EQ(stuck.at(0).blocked, Blocked::producers);
    const std::string text = describe(stuck.at(0));
    EXPECT_NE(text.find("consumer pid " + std::to_string(pid)), std::string::npos) << text;
    EXPECT_NE(text.find("dead; producers cannot pass"), std::string::npos) << text;
}

TEST(StuckWatch, DeadProducerKeepsConsumersFromWhatIsBehindIt) {
    const Segment segment = makeSegment(8, 16);
    Child child([&](const auto& ready) {
        auto producer = Producer::join(segment, 0);
        const auto reserved = producer->try_reserve();
        ready();
    });
    auto producer = Producer::join(segment, 0);
    pushSome(*producer, 4);
    child.kill();
    StuckWatch watch(observed(segment));
    const auto stuck = found(watch, 1);
    ASSERT_EQ(stuck.size(), 1U);
    EXPECT_TRUE(stuck[0].isWriting);
    EXPECT_EQ(stuck[0].blocked, Blocked::consumers);
    EXPECT_EQ(stuck[0].distance, 4U);
}

TEST(StuckWatch, SlowHolderIsStuckOnlyWhenTwoLooksAThresholdApartAgree) {
    const Segment segment = makeSegment(8, 16);
    auto producer = Producer::join(segment, 0);
    StuckWatch watch(observed(segment), 1000);
    std::int64_t now = 0;
    for (int i = 0; i < 3; ++i) { // always holding something, never the same for long
        auto reserved = producer->try_reserve();
        EXPECT_TRUE(found(watch, now += 600).empty());
        reserved.commit({}, 0);
    }
    const auto reserved = producer->try_reserve();
    EXPECT_TRUE(found(watch, now).empty());
    EXPECT_TRUE(found(watch, now + 999).empty());
    const auto stuck = found(watch, now + 1000);
    ASSERT_EQ(stuck.size(), 1U);
    EXPECT_EQ(stuck[0].heldNs, 1000);
    EXPECT_EQ(stuck[0].holderLiveness, Liveness::alive);
}

TEST(StuckWatch, StoppedHolderIsNamedAtOnce) {
    const Segment segment = makeSegment(8, 16);
    Child child([&](const auto& ready) {
        auto producer = Producer::join(segment, 0);
        const auto reserved = producer->try_reserve();
        ready();
    });
    ::kill(child.pid(), SIGSTOP);
    int status = 0;
    ::waitpid(child.pid(), &status, WUNTRACED);
    StuckWatch watch(observed(segment));
    const auto stuck = found(watch, 1);
    ASSERT_EQ(stuck.size(), 1U);
    EXPECT_EQ(stuck[0].holderLiveness, Liveness::stopped);
}

// As a DMXP client does it: no entry in the roster.
TEST(StuckWatch, HolderThatIsNotRegisteredIsFoundWhereItBlocks) {
    const Segment segment = makeSegment(8, 16);
    layout::Channel& channel = *segment.channel(0).shared;
    shared(channel.tail).store(1); // claimed, not published
    auto producer = Producer::join(segment, 0);
    pushSome(*producer, 2);
    StuckWatch watch(observed(segment), 1000);
    EXPECT_TRUE(found(watch, 0).empty());
    auto stuck = found(watch, 2000);
    ASSERT_EQ(stuck.size(), 1U);
    EXPECT_FALSE(stuck[0].holder);
    EXPECT_EQ(stuck[0].firstPosition, 0U);
    EXPECT_EQ(stuck[0].blocked, Blocked::consumers);
    EXPECT_NE(describe(stuck[0]).find("for at least 2 µs, holder not registered"),
              std::string::npos)
        << describe(stuck[0]);

    shared(segment.channel(0).slot(0)->sequence).store(1); // published at last
    shared(channel.head).store(1);                         // and claimed by one that never releases
    pushSome(*producer, 5);
    EXPECT_TRUE(found(watch, 3000).empty());
    stuck = found(watch, 5000);
    ASSERT_EQ(stuck.size(), 1U);
    EXPECT_FALSE(stuck[0].isWriting);
    EXPECT_EQ(stuck[0].blocked, Blocked::producers);
}

TEST(StuckWatch, HostileRosterNeitherHangsNorInventsAnything) {
    const Segment segment = makeSegment(8, 16);
    auto producer = Producer::join(segment, 0);
    layout::RosterEntry& entry = segment.rosterEntries()[0];
    entry.intentFirst = ~std::uint64_t{0} - 3;
    entry.intent = 0xFFFF'FFFF | layout::kIntentClaimed;
    StuckWatch watch(observed(segment), 1);
    EXPECT_TRUE(found(watch, 1).empty());
    EXPECT_TRUE(found(watch, 10).empty());
    entry.intent = 8;
    entry.channel = 4000;
    EXPECT_TRUE(found(watch, 20).empty());
    entry.intent = 0;
}

} // namespace
} // namespace ringscope
