// SPDX-License-Identifier: MIT
#include "core/session/session.h"

#include <gtest/gtest.h>

#include "core/base/thread.h"

namespace ringscope {
namespace {

Provenance startingAt(std::int64_t startNs) {
    Provenance provenance;
    provenance.scenario = "test";
    provenance.startMonotonicNs = startNs;
    return provenance;
}

TrackDescription gauge(std::string name) {
    TrackDescription track;
    track.label = name;
    track.name = std::move(name);
    return track;
}

TEST(Session, ViewsDoNotChangeWhenTheSessionGoesOn) {
    Session session(startingAt(100));
    const GroupId group = session.addGroup("one", {gauge("a"), gauge("b")});
    session.append(group, 110, std::vector<double>{1, 2});
    const auto before = session.makeView(120, true);
    session.append(group, 130, std::vector<double>{3, 4});
    session.addGroup("two", {gauge("c")});
    session.addMarker({115, MarkerKind::user, "m"});
    session.setWorkers({WorkerRow{}});

    EXPECT_EQ(before->groups.size(), 1U);
    EXPECT_EQ(before->groups[0].samples.rows(), 1U);
    EXPECT_TRUE(before->markers->empty());
    EXPECT_TRUE(before->workers->empty());
    const auto after = session.makeView(140, true);
    EXPECT_EQ(after->groups.size(), 2U);
    EXPECT_EQ(after->groups[0].samples.rows(), 2U);
    EXPECT_EQ(after->markers->size(), 1U);
    EXPECT_GT(after->generation, before->generation);
}

TEST(Session, EndsNowWhileLiveAndAtItsNewestSampleAfterwards) {
    Session session(startingAt(100));
    const GroupId group = session.addGroup("one", {gauge("a")});
    session.append(group, 110, std::vector<double>{1});
    EXPECT_EQ(session.makeView(150, true)->endNs, 150);
    EXPECT_EQ(session.makeView(150, false)->endNs, 110);
    EXPECT_EQ(session.makeView(150, false)->startNs, 100);
}

TEST(Session, KeepsMarkersInTheOrderOfTime) {
    Session session(startingAt(0));
    session.addMarker({30, MarkerKind::phase, "c"});
    session.addMarker({10, MarkerKind::user, "a"});
    session.addMarker({30, MarkerKind::user, "d"});
    session.addMarker({20, MarkerKind::user, "b"});
    std::string order;
    for (const Marker& marker : *session.makeView(40, true)->markers) {
        order += marker.text;
    }
    EXPECT_EQ(order, "abcd");
}

// Under ThreadSanitizer this is the proof that views may be read while the session grows.
TEST(Session, IsReadCleanlyWhileItIsWritten) {
    Session session(startingAt(0));
    const GroupId group = session.addGroup("one", {gauge("a"), gauge("b")});
    Latest<SessionView> latest;
    session.publish(0, true, latest);
    constexpr std::int64_t kRows = 20'000;
    std::uint64_t reads = 0;
    std::string wrong;
    {
        Thread reader(
            "reader",
            [&](const std::stop_token&) {
                std::size_t rows = 0;
                while (rows < kRows) {
                    const auto view = latest.get();
                    const SampleTableView& samples = view->groups[0].samples;
                    if (samples.rows() < rows) {
                        wrong = "rows went back";
                        return;
                    }
                    rows = samples.rows();
                    const RangeSummary sum = samples.summarize(0, 0, rows);
                    const auto n = static_cast<double>(rows);
                    if (sum.valid != rows || sum.sum != n * (n - 1) / 2) {
                        wrong = "a published sum changed";
                        return;
                    }
                    ++reads;
                }
            },
            nullptr);
        for (std::int64_t row = 0; row < kRows; ++row) {
            const auto value = static_cast<double>(row);
            session.append(group, row, std::vector<double>{value, -value});
            if (row % 97 == 0 || row == kRows - 1) {
                session.publish(row, true, latest);
            }
        }
    }
    EXPECT_EQ(wrong, "");
    EXPECT_GT(reads, 0U);
}

} // namespace
} // namespace ringscope
