// SPDX-License-Identifier: MIT
#include "core/session/session_view.h"

#include <gtest/gtest.h>

#include "tests/support/session_builder.h"

namespace ringscope {
namespace {

TEST(SessionView, FindsTracksByNameAndPattern) {
    const SessionView view = SessionBuilder()
                                 .track("ring.ch0.fill", TrackKind::gauge, Unit::percent, {})
                                 .track("ring.ch1.fill", TrackKind::gauge, Unit::percent, {})
                                 .track("memory.rss", TrackKind::gauge, Unit::bytes, {})
                                 .build();
    EXPECT_EQ(view.find("memory.rss"), (TrackRef{2, 0}));
    EXPECT_FALSE(view.find("memory.rs"));
    EXPECT_EQ(view.match("ring.*.fill").size(), 2U);
    EXPECT_EQ(view.match("*").size(), 3U);
    EXPECT_EQ(view.match("memory.rss").size(), 1U);
}

TEST(SessionView, PatternMatchesAsAShellWould) {
    EXPECT_TRUE(matchesPattern("abcabc", "a*c"));
    EXPECT_TRUE(matchesPattern("", "*"));
    EXPECT_FALSE(matchesPattern("abc", "a*d"));
    EXPECT_FALSE(matchesPattern("abc", ""));
}

} // namespace
} // namespace ringscope
