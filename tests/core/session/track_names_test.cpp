// SPDX-License-Identifier: MIT
#include "core/session/track_names.h"

#include <fstream>
#include <gtest/gtest.h>
#include <string>

namespace ringscope {
namespace {

// The first words of its tables' rows.
TEST(TrackNames, EveryDocumentedTrackCanBeThere) {
    std::ifstream document(TRACKS_DOCUMENT);
    int count = 0;
    for (std::string line; std::getline(document, line);) {
        if (line.rfind("| `", 0) != 0) {
            continue;
        }
        std::string name = line.substr(3, line.find('`', 3) - 3);
        if (const auto channel = name.find("chN"); channel != std::string::npos) {
            name.replace(channel, 3, "ch12");
        }
        EXPECT_TRUE(canBeTrackName(name)) << name;
        ++count;
    }
    EXPECT_GT(count, 50);
}

TEST(TrackNames, ProcessesAndChannelsHaveAnyNumber) {
    EXPECT_TRUE(canBeTrackName("P0.memory.rss"));
    EXPECT_TRUE(canBeTrackName("C63.memory.pss"));
    EXPECT_FALSE(canBeTrackName("P.memory.rss"));
    EXPECT_FALSE(canBeTrackName("P0.memory.swap")); // only summed
    EXPECT_FALSE(canBeTrackName("ring.ch.fill"));
    EXPECT_FALSE(canBeTrackName("ring.ch1x.fill"));
}

TEST(TrackNames, OtherWordsAreNone) {
    for (const char* const name :
         {"", "foo", "memory", "memory.rs", "memory.type.", "memory.type.Reserved", "P0."}) {
        EXPECT_FALSE(canBeTrackName(name)) << name;
    }
}

} // namespace
} // namespace ringscope
