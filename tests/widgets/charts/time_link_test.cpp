// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/charts/time_link.h"

#include <gtest/gtest.h>

#include <QSignalSpy>

namespace ringscope {

namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

} // namespace

TEST(TimeLink, LiveSessionIsFollowedAtItsEnd) {
    TimeLink link;
    link.setSession(100 * kSecond, 160 * kSecond, true);
    EXPECT_TRUE(link.isFollowing());
    EXPECT_EQ(link.visible().toNs, 160 * kSecond);
    link.setSession(100 * kSecond, 161 * kSecond, true);
    EXPECT_EQ(link.visible(), (TimeRange{151 * kSecond, 161 * kSecond}));
}

TEST(TimeLink, YoungSessionStartsAtTheLeftEdge) {
    TimeLink link;
    link.setSession(100 * kSecond, 102 * kSecond, true);
    EXPECT_EQ(link.visible().fromNs, 100 * kSecond);
}

TEST(TimeLink, LoadedSessionIsShownAsAWhole) {
    TimeLink link;
    link.setSession(0, 60 * kSecond, false);
    EXPECT_FALSE(link.isFollowing());
    EXPECT_EQ(link.visible(), (TimeRange{0, 60 * kSecond}));
}

TEST(TimeLink, ZoomKeepsTheTimeUnderTheMouseAndLeavesLive) {
    TimeLink link;
    link.setSession(0, 60 * kSecond, true);
    link.zoom(0.5, 52 * kSecond);
    EXPECT_EQ(link.visible(), (TimeRange{51 * kSecond, 56 * kSecond}));
    EXPECT_FALSE(link.isFollowing());
    link.setSession(0, 61 * kSecond, true);
    EXPECT_EQ(link.visible(), (TimeRange{51 * kSecond, 56 * kSecond})) << "history stands still";
}

TEST(TimeLink, PanningToNowFollowsAgain) {
    TimeLink link;
    link.setSession(0, 60 * kSecond, true);
    link.pan(-5 * kSecond);
    EXPECT_FALSE(link.isFollowing());
    link.pan(50 * kSecond);
    EXPECT_TRUE(link.isFollowing());
    EXPECT_EQ(link.visible().toNs, 60 * kSecond);
}

TEST(TimeLink, NothingOutsideTheSessionIsShown) {
    TimeLink link;
    link.setSession(10 * kSecond, 70 * kSecond, false);
    link.zoom(1000, 40 * kSecond);
    EXPECT_EQ(link.visible(), (TimeRange{10 * kSecond, 70 * kSecond}));
    link.show({20 * kSecond, 30 * kSecond});
    link.pan(-100 * kSecond);
    EXPECT_EQ(link.visible(), (TimeRange{10 * kSecond, 20 * kSecond}));
    link.zoom(1e-12, 15 * kSecond);
    EXPECT_GE(link.visible().spanNs(), 1'000'000);
}

TEST(TimeLink, PauseHoldsThePictureWhileTheSessionGrows) {
    TimeLink link;
    link.setSession(0, 60 * kSecond, true);
    link.setPaused(true);
    const TimeRange held = link.visible();
    link.setSession(0, 90 * kSecond, true);
    EXPECT_EQ(link.visible(), held);
    EXPECT_EQ(link.session().toNs, 90 * kSecond);
    link.setPaused(false);
    EXPECT_EQ(link.visible().toNs, 90 * kSecond);
    EXPECT_TRUE(link.isFollowing());
}

TEST(TimeLink, SelectionIsOrderedClampedAndToldOnce) {
    TimeLink link;
    link.setSession(0, 60 * kSecond, false);
    QSignalSpy told(&link, &TimeLink::selectionChanged);
    link.select({90 * kSecond, 50 * kSecond});
    EXPECT_EQ(link.selection(), (TimeRange{50 * kSecond, 60 * kSecond}));
    link.select({50 * kSecond, 60 * kSecond});
    EXPECT_EQ(told.count(), 1);
    link.clearSelection();
    EXPECT_EQ(told.count(), 2);
    EXPECT_EQ(link.effectiveRange(), link.visible());
}

TEST(TimeLink, FitShowsTheSelectionOrElseAll) {
    TimeLink link;
    link.setSession(0, 60 * kSecond, false);
    link.select({20 * kSecond, 30 * kSecond});
    link.fit();
    EXPECT_EQ(link.visible(), (TimeRange{20 * kSecond, 30 * kSecond}));
    link.clearSelection();
    link.fit();
    EXPECT_EQ(link.visible(), (TimeRange{0, 60 * kSecond}));
}

TEST(TimeLink, AnotherSessionForgetsSelectionCursorAndPause) {
    TimeLink link;
    link.setSession(0, 60 * kSecond, true);
    link.select({20 * kSecond, 30 * kSecond});
    link.setCursor(25 * kSecond);
    link.setPaused(true);
    link.setSession(500 * kSecond, 501 * kSecond, true);
    EXPECT_FALSE(link.selection());
    EXPECT_FALSE(link.cursor());
    EXPECT_FALSE(link.isPaused());
    EXPECT_TRUE(link.isFollowing());
}

TEST(TimeLink, SessionThatEndsStopsFollowing) {
    TimeLink link;
    link.setSession(0, 60 * kSecond, true);
    link.setSession(0, 60 * kSecond, false);
    EXPECT_FALSE(link.isFollowing());
    EXPECT_EQ(link.visible().toNs, 60 * kSecond);
}

} // namespace ringscope
