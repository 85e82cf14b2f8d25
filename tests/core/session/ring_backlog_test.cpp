// SPDX-License-Identifier: MIT
#include "core/session/ring_backlog.h"

#include <gtest/gtest.h>
#include <unistd.h>
#include <utility>

#include "core/ring/consumer.h"
#include "core/ring/producer.h"
#include "core/ring/ring_observer.h"
#include "core/session/sources/ring_backlog_source.h"
#include "core/workload/message_body.h"
#include "tests/core/ring/ring_builders.h"

namespace ringscope {
namespace {

MessageHeader messageOf(std::uint32_t worker, std::uint64_t sequence, std::uint64_t stampNs) {
    MessageHeader header;
    header.messageId = messageIdOf(worker, sequence);
    header.messageType = kWorkloadMessageType;
    header.timestampNs = stampNs;
    return header;
}

// Eight slots: one message of worker 1 that was received, three of worker 2, one of worker 0, one
// that is not of a workload.
struct FilledRing {
    Segment segment = makeSegment(8, 16);
    RingObserver observer = std::move(*RingObserver::open(segment.name()));

    FilledRing() {
        auto producer = Producer::join(segment, 0);
        auto consumer = Consumer::join(segment, 0);
        EXPECT_TRUE(producer->try_push(messageOf(1, 0, 100), {}));
        { EXPECT_TRUE(consumer->try_peek()); } // received
        for (std::uint64_t i = 0; i < 3; ++i) {
            EXPECT_TRUE(producer->try_push(messageOf(2, i, i == 1 ? 400 : 0), {}));
        }
        EXPECT_TRUE(producer->try_push(messageOf(0, 0, 700), {}));
        EXPECT_TRUE(producer->try_push({}, {}));
    }
};

TEST(RingBacklog, CountsWaitingMessagesByTheirSender) {
    FilledRing ring;
    const auto cursors = ring.observer.cursors();
    ASSERT_TRUE(cursors);
    const ChannelBacklog backlog = readBacklog(ring.observer, cursors->front(), 100, 1'000);
    EXPECT_EQ(backlog.waiting, 5U);
    EXPECT_EQ(backlog.lookedAt, 5U);
    ASSERT_EQ(backlog.senders.size(), 3U);
    EXPECT_EQ(backlog.senders[0], (QueuedBy{::getpid(), 2, 3}));
    EXPECT_EQ(backlog.stampedAgeNs, 600) << "of the oldest that is stamped";
    EXPECT_EQ(backlogShares(backlog).find("sender 2 (pid " + std::to_string(::getpid()) + ") 60 %"),
              0U)
        << backlogShares(backlog);
}

TEST(RingBacklog, ReadsNoMoreThanItMayOfALongOne) {
    FilledRing ring;
    const auto cursors = ring.observer.cursors();
    ASSERT_TRUE(cursors);
    const ChannelBacklog backlog = readBacklog(ring.observer, cursors->front(), 2, 1'000);
    EXPECT_EQ(backlog.waiting, 5U);
    EXPECT_EQ(backlog.lookedAt, 2U);
}

TEST(RingBacklog, SeesBothOfTwoThatTakeTurns) {
    Segment segment = makeSegment(1024, 16);
    auto producer = Producer::join(segment, 0);
    for (std::uint64_t i = 0; i < 1000; ++i) {
        EXPECT_TRUE(producer->try_push(messageOf(static_cast<std::uint32_t>(i % 2), i, 0), {}));
    }
    auto observer = RingObserver::open(segment.name());
    ASSERT_TRUE(observer);
    const ChannelBacklog backlog = readBacklog(*observer, observer->cursors()->front(), 500, 1'000);
    EXPECT_EQ(backlog.lookedAt, 500U);
    ASSERT_EQ(backlog.senders.size(), 2U);
    EXPECT_NEAR(static_cast<double>(backlog.senders[0].messages), 250, 60) << "four sigma";
}

TEST(RingBacklog, SourceHandsItToTheSession) {
    FilledRing ring;
    auto observer = RingObserver::open(ring.segment.name());
    ASSERT_TRUE(observer);
    RingBacklogSource source(std::make_shared<RingObserver>(std::move(*observer)));
    Session session{Provenance{}};
    source.sample(0, session);
    const auto view = session.makeView(0, true);
    ASSERT_TRUE(view->backlogs);
    ASSERT_EQ(view->backlogs->size(), 1U);
    EXPECT_EQ(view->backlogs->front().lookedAt, 5U);
}

} // namespace
} // namespace ringscope
