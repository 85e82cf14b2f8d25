// SPDX-License-Identifier: MIT
#include "core/session/map_trigger.h"

#include <gtest/gtest.h>

#include <initializer_list>

#include "core/base/clock.h"
#include "tests/support/session_builder.h"

namespace ringscope {
namespace {

constexpr double kMiB = 1 << 20;

MapTrigger triggerOf(const char* text) {
    return parseMapTrigger(text).value();
}

// One view after another of a session with one track, a value each two seconds.
class MapTriggersTest : public testing::Test {
protected:
    std::string next(double value, std::int64_t afterNs = 2 * kNsPerSecond) {
        m_nowNs += afterNs;
        m_samples.emplace_back(m_nowNs, value);
        SessionView view =
            SessionBuilder().track("memory.rss", TrackKind::gauge, Unit::bytes, m_samples).build();
        view.markers = m_markers;
        return m_triggers.due(view);
    }
    void watch(std::initializer_list<const char*> texts) {
        std::vector<MapTrigger> triggers;
        for (const char* const text : texts) {
            triggers.push_back(triggerOf(text));
        }
        m_triggers = MapTriggers(std::move(triggers));
    }
    void mark(std::int64_t timeNs, std::string text) {
        auto markers = std::make_shared<std::vector<Marker>>(*m_markers);
        const auto later = [](const Marker& one, std::int64_t time) { return one.timeNs < time; };
        markers->insert(std::lower_bound(markers->begin(), markers->end(), timeNs, later),
                        {timeNs, MarkerKind::user, std::move(text)});
        m_markers = std::move(markers);
    }

    MapTriggers m_triggers;
    std::int64_t m_nowNs = 0;
    SessionBuilder::Samples m_samples;
    std::shared_ptr<const std::vector<Marker>> m_markers =
        std::make_shared<const std::vector<Marker>>();
};

TEST(MapTrigger, ReadsWhatItWrites) {
    for (const char* const text : {"marker", "memory.rss>524288000", "ring.fill<5",
                                   "P0.memory.rss+1048576", "latency.p99>2500.5", "x<-3"}) {
        EXPECT_EQ(mapTriggerText(triggerOf(text)), text);
    }
    EXPECT_EQ(triggerOf(" memory.rss > 500 MiB "),
              (MapTrigger{MapTrigger::Kind::above, "memory.rss", 500 * kMiB}));
    EXPECT_EQ(triggerOf("latency.p99>5ms").value, 5e6);
}

TEST(MapTrigger, RefusesWhatSaysNothing) {
    for (const char* const text : {"", "markers", "memory.rss", ">5", "memory.rss>", "a>five",
                                   "a>nan", "a>inf", "a+0", "a+-5", "a>5>6", "a=5"}) {
        const auto trigger = parseMapTrigger(text);
        ASSERT_FALSE(trigger) << text;
        EXPECT_EQ(trigger.error().kind, ErrorKind::usage);
        EXPECT_NE(trigger.error().message.find("memory.rss>500MiB"), std::string::npos);
    }
}

TEST_F(MapTriggersTest, RisesAboveOnceUntilItWasClearlyBelow) {
    watch({"memory.rss>100MiB"});
    EXPECT_EQ(next(100 * kMiB), "");
    EXPECT_EQ(next(101 * kMiB), "memory.rss rose above 100 MiB");
    EXPECT_EQ(next(120 * kMiB), "");
    EXPECT_EQ(next(99 * kMiB), "");
    EXPECT_EQ(next(120 * kMiB), "") << "it never was 5 % below";
    EXPECT_EQ(next(95 * kMiB), "");
    EXPECT_EQ(next(120 * kMiB), "memory.rss rose above 100 MiB");
}

TEST_F(MapTriggersTest, FallsBelow) {
    watch({"memory.rss<100MiB"});
    EXPECT_EQ(next(90 * kMiB), "memory.rss fell below 100 MiB") << "it may be so from the start";
    EXPECT_EQ(next(101 * kMiB), "");
    EXPECT_EQ(next(90 * kMiB), "");
    EXPECT_EQ(next(105 * kMiB), "");
    EXPECT_EQ(next(99 * kMiB), "memory.rss fell below 100 MiB");
}

TEST_F(MapTriggersTest, GrowsByAStepAgainAndAgain) {
    watch({"memory.rss+10MiB"});
    EXPECT_EQ(next(50 * kMiB), "") << "where it began";
    EXPECT_EQ(next(59 * kMiB), "");
    EXPECT_EQ(next(62 * kMiB), "memory.rss grew by 12 MiB");
    EXPECT_EQ(next(71 * kMiB), "") << "counts from the map before";
    EXPECT_EQ(next(20 * kMiB), "");
    EXPECT_EQ(next(61 * kMiB), "") << "what came back is no growth";
    EXPECT_EQ(next(72 * kMiB), "memory.rss grew by 10 MiB");
}

TEST_F(MapTriggersTest, AnswersEachMarkerOnceWhereverItStands) {
    watch({"marker"});
    EXPECT_EQ(next(0), "");
    mark(m_nowNs, "begin");
    EXPECT_EQ(next(0), "marker: begin");
    EXPECT_EQ(next(0), "");
    mark(1, "found later");
    EXPECT_EQ(next(0), "marker: found later");
    EXPECT_EQ(next(0), "");
}

TEST_F(MapTriggersTest, LeavesMarkersThatWereThereBefore) {
    mark(1, "long ago");
    m_triggers = MapTriggers({triggerOf("marker")}, m_markers);
    EXPECT_EQ(next(0), "");
    mark(m_nowNs, "now");
    EXPECT_EQ(next(0), "marker: now");
}

TEST_F(MapTriggersTest, WaitsASecondOrAHundredTimesTheCost) {
    watch({"memory.rss>100MiB", "marker"});
    EXPECT_EQ(next(200 * kMiB), "memory.rss rose above 100 MiB");
    mark(m_nowNs, "soon after");
    EXPECT_EQ(next(90 * kMiB, kNsPerSecond / 2), "");
    EXPECT_EQ(next(200 * kMiB, kNsPerSecond / 2 + 1),
              "memory.rss rose above 100 MiB; marker: soon after");
    m_triggers.noteCost(50 * kNsPerMs);
    EXPECT_EQ(next(90 * kMiB, kNsPerSecond * 3), "");
    EXPECT_EQ(next(200 * kMiB, kNsPerSecond), "");
    EXPECT_EQ(next(200 * kMiB, kNsPerSecond), "memory.rss rose above 100 MiB");
}

TEST_F(MapTriggersTest, NamesTracksThatNeverCame) {
    watch({"memory.rss>1", "memory.rs>1", "marker"});
    (void)next(5);
    EXPECT_EQ(m_triggers.unknownTracks(), std::vector<std::string>{"memory.rs"});
}

} // namespace
} // namespace ringscope
