// SPDX-License-Identifier: MIT
#include <algorithm>
#include <gtest/gtest.h>
#include <memory>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/session/live_session.h"
#include "core/session/segment_target.h"
#include "core/session/session.h"
#include "core/session/sources/ring_cursor_source.h"
#include "tests/core/ring/dmxp_client.h"
#include "tests/core/ring/ring_builders.h"
#include "tests/support/patience.h"

namespace ringscope {
namespace {

constexpr std::uint64_t kSmall = std::uint64_t{1} << 20U;

bool hasMarker(const SessionView& view, const std::string& text) {
    return view.markers &&
           std::any_of(view.markers->begin(), view.markers->end(), [&](const Marker& marker) {
               return marker.text.find(text) != std::string::npos;
           });
}

double newestOf(const SessionView& view, const std::string& track) {
    const auto found = view.find(track);
    if (!found || view.samples(*found).rows() == 0) {
        return -1;
    }
    const auto& samples = view.samples(*found);
    return samples.valueAt(found->column, samples.rows() - 1);
}

TEST(DmxpSession, ShowsChannelsThatAppearWhileItLooksOn) {
    const ShmFile file(segmentName("dmxp"));
    dmxp::Client client = dmxp::Client::create(file.name(), kSmall);
    client.createChannel(8);
    const auto session = LiveSession::attachRing(file.name(), {});
    ASSERT_TRUE(session) << session.error().message;
    const LiveSession& live = **session;
    ASSERT_TRUE(client.send(0, 1, ""));
    ASSERT_TRUE(eventually([&] { return newestOf(*live.view(), "ring.ch0.sent") == 1; }));
    EXPECT_FALSE(live.view()->find("ring.ch1.sent"));

    client.createChannel(16);
    ASSERT_TRUE(client.send(1, 1, ""));
    ASSERT_TRUE(client.send(1, 2, ""));
    std::shared_ptr<const SessionView> view;
    ASSERT_TRUE(eventually([&] {
        view = live.view();
        return newestOf(*view, "ring.ch1.sent") == 2;
    }));
    EXPECT_TRUE(hasMarker(*view, "channel 1 appeared, with 16 slots"));
    EXPECT_EQ(view->ring->channels.size(), 2U);
    (*session)->watchChannel(1);
    EXPECT_TRUE(eventually([&] {
        const auto slots = live.view()->slotSnapshot;
        return slots && slots->cursors.channel == 1 && slots->cursors.capacity == 16;
    }));
}

TEST(DmxpSession, LivesOnWhenTheSegmentIsCutShortAndCreatedAnew) {
    const ShmFile file(segmentName("dmxp"));
    dmxp::Client::create(file.name(), kSmall).createChannel(8);
    const auto session = LiveSession::attachRing(file.name(), {});
    ASSERT_TRUE(session) << session.error().message;
    const LiveSession& live = **session;
    ASSERT_TRUE(eventually([&] { return newestOf(*live.view(), "ring.ch0.sent") == 0; }));
    ASSERT_EQ(::truncate(shmPath(file.name()).c_str(), 0), 0);
    ASSERT_TRUE(eventually([&] { return hasMarker(*live.view(), "was cut short"); }));
    EXPECT_FALSE(live.isFinished());

    dmxp::Client client = dmxp::Client::create(file.name(), kSmall / 2);
    client.createChannel(32);
    ASSERT_TRUE(client.send(0, 1, ""));
    EXPECT_TRUE(eventually([&] { return newestOf(*live.view(), "ring.ch0.sent") == 1; }));
    EXPECT_TRUE(eventually([&] { return hasMarker(*live.view(), "the ring is back"); }));
    EXPECT_TRUE(hasMarker(*live.view(), "channel 0 was created anew, with 32 slots"));
    EXPECT_FALSE(live.isFinished());
}

TEST(RingCursorSource, ShowsANewChannelWithTheFirstSampleOfItsTracks) {
    const ShmFile file(segmentName("dmxp"));
    dmxp::Client client = dmxp::Client::create(file.name(), kSmall);
    client.createChannel(8);
    auto opened = RingObserver::open(file.name());
    ASSERT_TRUE(opened) << opened.error().message;
    const auto ring = std::make_shared<RingObserver>(std::move(*opened));
    Session session{Provenance{}};
    RingCursorSource source(ring, kNsPerMs, session);
    source.sample(kNsPerMs, session);
    client.createChannel(16);
    ASSERT_TRUE(ring->refresh());
    source.sample(2 * kNsPerMs, session);
    const auto view = session.makeView(2 * kNsPerMs, true);
    EXPECT_EQ(newestOf(*view, "ring.ch1.sent"), 0);
    EXPECT_EQ(view->ring->channels.size(), 2U);
}

TEST(SegmentTarget, StaysLetGoWhenItIsPolledAgain) {
    const ShmFile file(segmentName("dmxp"));
    dmxp::Client::create(file.name(), kSmall).createChannel(8);
    auto target = SegmentTarget::attach(file.name(), kNsPerMs);
    ASSERT_TRUE(target) << target.error().message;
    Session session{Provenance{}};
    (*target)->requestStop(kNsPerSecond);
    (*target)->poll(kNsPerSecond, session);
    EXPECT_TRUE((*target)->isEnded());
}

} // namespace
} // namespace ringscope
