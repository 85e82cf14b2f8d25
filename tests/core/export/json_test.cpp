// SPDX-License-Identifier: MIT
#include "core/export/json.h"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/support/session_builder.h"

namespace ringscope {
namespace {

nlohmann::json exported(const SessionView& view) {
    std::ostringstream out;
    EXPECT_TRUE(writeJson(view, {}, out));
    return nlohmann::json::parse(out.str());
}

TEST(JsonExport, HoldsTimesAndValuesOfEachTrack) {
    const auto json = exported(
        SessionBuilder()
            .track("messages.sent", TrackKind::counter, Unit::count, {{0, 1}, {250'000'000, 3}})
            .build());
    const auto& track = json.at("tracks").at(0);
    EXPECT_EQ(track.at("name"), "messages.sent");
    EXPECT_EQ(track.at("kind"), "counter");
    EXPECT_EQ(track.at("unit"), "count");
    EXPECT_EQ(track.at("times_s").at(1), 0.25);
    EXPECT_EQ(track.at("values").at(1), 3);
}

TEST(JsonExport, MissingAndInfiniteValuesAreNull) {
    const auto json =
        exported(SessionBuilder()
                     .track("a", TrackKind::gauge, Unit::none,
                            {{0, std::nan("")}, {1, std::numeric_limits<double>::infinity()}})
                     .build());
    EXPECT_TRUE(json.at("tracks").at(0).at("values").at(0).is_null());
    EXPECT_TRUE(json.at("tracks").at(0).at("values").at(1).is_null());
}

TEST(JsonExport, BytesThatAreNotUtf8AreReplacedNotThrownAt) {
    SessionView view = SessionBuilder().track("a", TrackKind::gauge, Unit::none, {}).build();
    view.markers =
        std::make_shared<const std::vector<Marker>>(1, Marker{0, MarkerKind::finding, "bad \xff"});
    EXPECT_EQ(exported(view).at("markers").at(0).at("kind"), "finding");
}

} // namespace
} // namespace ringscope
