// SPDX-License-Identifier: MIT
#include "core/session/foreign_target.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "core/ring/segment.h"
#include "core/session/live_session.h"
#include "core/session/series.h"
#include "tests/support/patience.h"
#include "tests/support/spsc_queue_process.h"

namespace ringscope {
namespace {

SeriesStatistics statisticsOf(const SessionView& view, const std::string& track) {
    const auto found = view.find(track);
    EXPECT_TRUE(found) << track;
    return found ? seriesStatistics(view, *found, view.startNs, view.endNs) : SeriesStatistics{};
}

RingDescription example() {
    auto description = loadRingDescription(RING_EXAMPLE);
    if (!description) {
        ADD_FAILURE() << description.error().message;
        std::abort();
    }
    return *description;
}

// 2 a millisecond at most, so a lap takes half a second: the recorder, which looks each
// millisecond, sees them all.
TEST(ForeignTarget, CountsEveryMessageOfAQueueOfBoosts) {
    const SpscQueueProcess queue(SPSC_QUEUE_PROGRAM, segmentName("foreign"), 3000, 2300);
    auto session = LiveSession::attachForeignRing(queue.name(), example(), {});
    ASSERT_TRUE(session) << session.error().message;
    ASSERT_TRUE(eventually([&] { return (*session)->view()->find("ring.ch0.sent").has_value(); }));
    queue.begin();
    queue.waitUntilDone();
    EXPECT_TRUE(eventually(
        [&] { return statisticsOf(*(*session)->view(), "ring.ch0.sent").total >= 3000; }));
    const auto view = (*session)->view();
    EXPECT_EQ(statisticsOf(*view, "ring.ch0.sent").total, 3000);
    EXPECT_EQ(statisticsOf(*view, "ring.ch0.received").total, 2300);
    EXPECT_NEAR(statisticsOf(*view, "ring.fill").last, 100.0 * 700 / 1025, 0.01);
    EXPECT_GT(statisticsOf(*view, "memory.rss").last, 0) << "of the one that maps it";
    EXPECT_EQ(view->ring->channels.size(), 1U);
    ASSERT_EQ(view->workers->size(), 1U);
    EXPECT_EQ(view->workers->front().role, "process");
    EXPECT_GT(view->workers->front().rssBytes, 0U);
    (*session)->requestStop();
    ASSERT_TRUE((*session)->waitFor(kPatienceNs));
    EXPECT_EQ((*session)->summary()->scenario.rfind("ring " + queue.name() + " by ", 0), 0U);
}

TEST(ForeignTarget, EndsWithTheLastWhoMapsIt) {
    std::unique_ptr<LiveSession> session;
    {
        const SpscQueueProcess queue(SPSC_QUEUE_PROGRAM, segmentName("foreign"), 1, 1);
        auto started = LiveSession::attachForeignRing(queue.name(), example(), {});
        ASSERT_TRUE(started) << started.error().message;
        session = std::move(*started);
        EXPECT_FALSE(session->waitFor(1));
    }
    EXPECT_TRUE(session->waitFor(kPatienceNs));
    EXPECT_EQ(session->summary()->outcome, "completed");
    ASSERT_EQ(session->summary()->workers.size(), 1U);
    EXPECT_EQ(session->summary()->workers.front().outcome, "ended");
}

} // namespace
} // namespace ringscope
