// SPDX-License-Identifier: MIT
#include "core/session/sources/stuck_slot_source.h"

#include <gtest/gtest.h>

#include "core/ring/consumer.h"
#include "core/ring/producer.h"
#include "core/ring/repair.h"
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

} // namespace
} // namespace ringscope
