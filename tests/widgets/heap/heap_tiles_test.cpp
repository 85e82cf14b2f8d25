// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/heap/heap_tiles.h"

#include <gtest/gtest.h>

#include "tests/support/heap_records.h"
#include "widgets/theme/theme.h"

namespace ringscope {
namespace {

TEST(HeapTiles, SayWhatAProfileComesTo) {
    Theme theme{lightTokens()};
    HeapTiles tiles(theme);
    const HeapProfile profile = testing::heapRecord().profile;
    tiles.setProfile(&profile, false);
    EXPECT_EQ(tiles.valueOf(0).toStdString(), "107 B");
    EXPECT_EQ(tiles.valueOf(1).toStdString(), "307 B");
    EXPECT_EQ(tiles.valueOf(2).toStdString(), "327 B");
    EXPECT_EQ(tiles.valueOf(3).toStdString(), "2");
    tiles.setByteScale(ByteScale::bytes);
    EXPECT_EQ(tiles.valueOf(2).toStdString(), "327 B");
    tiles.setProfile(nullptr, false);
    EXPECT_EQ(tiles.valueOf(0).toStdString(), "");
    theme.setTokens(darkTokens());
    (void)tiles.grab();
}

} // namespace
} // namespace ringscope
