// SPDX-License-Identifier: MIT
#include "core/session/heap_timeline.h"

#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/heap_records.h"

namespace ringscope {
namespace {

TEST(HeapTimeline, HasATrackForEachFunctionWithMost) {
    const HeapRecord record = testing::heapRecord();
    HeapMomentMaker maker;
    HeapProfile earlier = record.profile;
    earlier.timeNs -= 1000;
    for (HeapStack& stack : earlier.stacks) {
        stack.sums.blocks /= 2;
        stack.sums.liveBytes *= 3;
    }
    const HeapMoments moments{std::make_shared<const HeapMoment>(maker.next(earlier))};
    SessionView session;
    session.provenance = std::make_shared<const Provenance>();
    session.markers = std::make_shared<const std::vector<Marker>>();
    const auto view = heapTimeline(record, moments, session);
    ASSERT_TRUE(view);
    EXPECT_EQ(view->provenance, session.provenance);
    EXPECT_EQ(view->markers, session.markers);
    EXPECT_EQ(view->endNs, record.profile.timeNs);
    for (const char* const measure : {"live", "total", "count", "temporary"}) {
        const auto tracks = view->match(std::string(measure) + ".*");
        ASSERT_FALSE(tracks.empty()) << measure;
        double sum = 0;
        double before = 0;
        for (const TrackRef track : tracks) {
            const SampleTableView& samples = view->samples(track);
            ASSERT_EQ(samples.rows(), 3U) << "start, reading, end";
            EXPECT_EQ(samples.valueAt(track.column, 0), 0);
            before += samples.valueAt(track.column, 1);
            sum += samples.valueAt(track.column, 2);
        }
        const HeapSums& total = record.profile.total;
        if (std::string(measure) == "live") {
            EXPECT_EQ(sum, static_cast<double>(total.liveBytes));
            EXPECT_EQ(before, static_cast<double>(total.liveBytes * 3));
        } else if (std::string(measure) == "count") {
            EXPECT_EQ(sum, static_cast<double>(total.blocks));
        }
    }
    EXPECT_EQ(view->description(view->match("live.*").front()).kind, TrackKind::gauge);
    EXPECT_EQ(heapTimeline(record, {}, session), nullptr);
}

} // namespace
} // namespace ringscope
