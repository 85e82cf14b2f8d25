// SPDX-License-Identifier: MIT
#include "core/memory/map_difference.h"

#include <gtest/gtest.h>

#include "core/memory/map_columns.h"
#include "tests/core/memory/smaps_fixture.h"
#include "tests/support/map_snapshots.h"

namespace ringscope {
namespace {

using testing::mapOf;
using testing::smapsText;

using Lines = std::vector<std::string>;

Lines changesOf(const std::vector<MapDifferenceRow>& rows) {
    Lines changes;
    for (const MapDifferenceRow& row : rows) {
        if (row.change != MapChange::same) {
            changes.push_back(row.name + " " + std::string(mapChangeName(row.change)) + " " +
                              std::to_string(row.before.size / 4096) + ">" +
                              std::to_string(row.after.size / 4096) + " rss " +
                              std::to_string(row.before.rss / 1024) + ">" +
                              std::to_string(row.after.rss / 1024));
        }
    }
    return changes;
}

constexpr const char* kBase = "1000-2000 r-xp 00000000 08:01 5 /bin/x\nRss: 4 kB\n"
                              "10000-20000 rw-p 00000000 00:00 0 [heap]\nRss: 8 kB\n"
                              "100000-110000 rw-p 00000000 00:00 0\nRss: 4 kB\n"
                              "200000-210000 rw-s 00000000 00:01 9 /dev/shm/ring\nRss: 64 kB\n";

// As after a fork, or when pages go to swap.
TEST(MapDifference, WhatBecameSharedOrWasSwappedHasChanged) {
    const char* const range = "10000-20000 rw-p 00000000 00:00 0 [heap]\n";
    const auto changeTo = [&](const std::string& before, const std::string& after) {
        const MapDifference difference = compareMaps(mapOf(range + before), mapOf(range + after));
        EXPECT_EQ(difference.objects.size(), 1U);
        return difference.objects.front().change;
    };
    const std::string alone = "Rss: 64 kB\nPss: 64 kB\nPrivate_Dirty: 64 kB\n";
    EXPECT_EQ(changeTo(alone, "Rss: 64 kB\nPss: 32 kB\nShared_Dirty: 64 kB\n"), MapChange::changed);
    EXPECT_EQ(changeTo(alone, "Rss: 32 kB\nPss: 32 kB\nPrivate_Dirty: 32 kB\nSwap: 32 kB\n"),
              MapChange::changed);
    // Others do that to it all the time.
    EXPECT_EQ(changeTo(alone, "Rss: 64 kB\nPss: 63 kB\nPrivate_Dirty: 64 kB\nReferenced: 4 kB\n"),
              MapChange::same);
}

TEST(MapDifference, OfAMapWithItselfIsNothing) {
    const MapSnapshot node = mapOf(smapsText("node"));
    const MapDifference difference = compareMaps(node, node);
    EXPECT_TRUE(difference.isSameProcess);
    EXPECT_EQ(changesOf(difference.objects), Lines{});
    EXPECT_EQ(changesOf(difference.regions), Lines{});
    EXPECT_EQ(difference.regions.size(), node.space.map.regions.size());
}

TEST(MapDifference, NamesWhatAppearedVanishedGrewAndShrank) {
    const MapDifference difference = compareMaps(
        mapOf(kBase), mapOf("1000-2000 r-xp 00000000 08:01 5 /bin/x\nRss: 4 kB\n"
                            "10000-30000 rw-p 00000000 00:00 0 [heap]\nRss: 8 kB\n"
                            "f0000-110000 rw-p 00000000 00:00 0\nRss: 132 kB\n"
                            "300000-301000 rw-s 00000000 00:01 12 /memfd:new (deleted)\n"));
    const Lines expected{"/memfd:new (deleted) appeared 0>1 rss 0>0",
                         "/dev/shm/ring vanished 16>0 rss 64>0", "[heap] grown 16>32 rss 8>8",
                         "anonymous grown 16>32 rss 4>132"};
    EXPECT_EQ(changesOf(difference.objects), expected);
    EXPECT_EQ(changesOf(difference.regions),
              (Lines{"[heap] grown 16>32 rss 8>8", "anonymous grown 16>32 rss 4>132",
                     "/dev/shm/ring vanished 16>0 rss 64>0",
                     "/memfd:new (deleted) appeared 0>1 rss 0>0"}));
}

TEST(MapDifference, ALeakOfPagesInOneRegionShowsExactlyThere) {
    std::string later = kBase;
    later.replace(later.rfind("Rss: 4 kB"), 9, "Rss: 48 kB");
    const MapDifference difference = compareMaps(mapOf(kBase), mapOf(later));
    EXPECT_EQ(changesOf(difference.regions), (Lines{"anonymous grown 16>16 rss 4>48"}));
    EXPECT_EQ(difference.after.of(MemoryType::privateData).rss -
                  difference.before.of(MemoryType::privateData).rss,
              44U * 1024);
}

// One page was unmapped in the middle, or protected otherwise: the kernel cuts the mapping.
TEST(MapDifference, OfAMappingThatWasCutOnlyWhatWentDiffers) {
    const MapSnapshot whole = mapOf("100000-120000 rw-p 00000000 00:00 0\nRss: 128 kB\n");
    const MapSnapshot cut = mapOf("100000-110000 rw-p 00000000 00:00 0\nRss: 64 kB\n"
                                  "111000-120000 rw-p 00000000 00:00 0\nRss: 60 kB\n");
    const MapDifference difference = compareMaps(whole, cut);
    const Lines expected{"anonymous shrunk 32>31 rss 128>124"};
    EXPECT_EQ(changesOf(difference.regions), expected);
    EXPECT_EQ(changesOf(difference.objects), expected);
    EXPECT_EQ(difference.regions[0].start, 0x100000U);
    EXPECT_EQ(difference.regions[0].end, 0x120000U);
    EXPECT_EQ(changesOf(compareMaps(cut, whole).regions),
              (Lines{"anonymous grown 31>32 rss 124>128"}));
    const MapSnapshot readOnly = mapOf("100000-110000 rw-p 00000000 00:00 0\nRss: 64 kB\n"
                                       "110000-111000 r--p 00000000 00:00 0\nRss: 4 kB\n"
                                       "111000-120000 rw-p 00000000 00:00 0\nRss: 60 kB\n");
    EXPECT_EQ(changesOf(compareMaps(whole, readOnly).regions),
              (Lines{"anonymous changed 32>32 rss 128>128"}));
}

// An arena grows into its own reservation; the two are not one memory.
TEST(MapDifference, WhatMayBeUsedIsComparedApartFromWhatIsReserved) {
    const MapDifference difference =
        compareMaps(mapOf("100000-110000 rw-p 00000000 00:00 0\nRss: 64 kB\n"
                          "110000-200000 ---p 00000000 00:00 0\n"),
                    mapOf("100000-120000 rw-p 00000000 00:00 0\nRss: 128 kB\n"
                          "120000-200000 ---p 00000000 00:00 0\n"));
    EXPECT_EQ(changesOf(difference.regions),
              (Lines{"anonymous grown 16>32 rss 64>128", "reservation shrunk 240>224 rss 0>0"}));
}

TEST(MapDifference, OfTwoProcessesComparesNamesAndNoAddresses) {
    const MapDifference difference =
        compareMaps(mapOf(kBase), mapOf("5000-7000 r-xp 00000000 08:01 5 /bin/x\nRss: 4 kB\n"
                                        "900000-910000 rw-p 00000000 00:00 0\nRss: 4 kB\n"
                                        "a00000-a10000 rw-p 00000000 00:00 0\nRss: 4 kB\n",
                                        8));
    EXPECT_FALSE(difference.isSameProcess);
    EXPECT_TRUE(difference.regions.empty());
    EXPECT_EQ(changesOf(difference.objects),
              (Lines{"/bin/x grown 1>2 rss 4>4", "/dev/shm/ring vanished 16>0 rss 64>0",
                     "[heap] vanished 16>0 rss 8>0", "without a name grown 16>32 rss 4>8"}));
}

TEST(MapDifference, AFileThatWasReplacedIsNotTheOneThatTookItsName) {
    const MapDifference difference =
        compareMaps(mapOf("1000-3000 r--s 00000000 08:01 5 /data\nRss: 8 kB\n"),
                    mapOf("1000-3000 r--s 00000000 08:01 5 /data (deleted)\nRss: 8 kB\n"
                          "5000-6000 r--s 00000000 08:01 6 /data\nRss: 4 kB\n"));
    EXPECT_EQ(changesOf(difference.objects), (Lines{"/data appeared 0>1 rss 0>4"}));
    EXPECT_EQ(changesOf(difference.regions), (Lines{"/data appeared 0>1 rss 0>4"}));
}

TEST(MapDifference, OfTwoMemoryFilesOfOneNameTellsWhichIsGone) {
    const std::string first = "1000-3000 rw-s 00000000 00:01 5 /memfd:x (deleted)\nRss: 8 kB\n";
    const std::string second = "5000-9000 rw-s 00000000 00:01 6 /memfd:x (deleted)\nRss: 16 kB\n";
    EXPECT_EQ(changesOf(compareMaps(mapOf(first + second), mapOf(second)).objects),
              (Lines{"/memfd:x (deleted) vanished 2>0 rss 8>0"}));
    EXPECT_EQ(changesOf(compareMaps(mapOf(second), mapOf(first + second)).objects),
              (Lines{"/memfd:x (deleted) appeared 0>2 rss 0>8"}));
}

TEST(MapDifference, ProcessesThatNobodyKnowsAreNotTheSame) {
    MapSnapshot known = mapOf(kBase);
    known.space.process = {7, 100, 5};
    EXPECT_TRUE(compareMaps(known, known).isSameProcess);
    for (const ProcessIdentity& other :
         {ProcessIdentity{0, 0, 0}, ProcessIdentity{7, 0, 5}, ProcessIdentity{0, 100, 5}}) {
        MapSnapshot unknown = mapOf(kBase);
        unknown.space.process = other;
        EXPECT_FALSE(compareMaps(unknown, unknown).isSameProcess);
    }
    MapSnapshot elsewhere = known;
    elsewhere.space.process.pidNamespace = 6;
    EXPECT_FALSE(compareMaps(known, elsewhere).isSameProcess);
}

// What one side does not tell is no change.
TEST(MapDifference, AgainstACoreDumpComparesSizesOnly) {
    const MapSnapshot live = mapOf("10000-20000 rw-p 00000000 00:00 0 [heap]\nRss: 8 kB\n"
                                   "Pss: 8 kB\nPrivate_Dirty: 8 kB\nVmFlags: rd wr ac\n");
    MapSnapshot core = mapOf("10000-20000 rw-p 00000000 00:00 0 [heap]\n");
    core.origin = MapOrigin::coreDump;
    MapDifference difference = compareMaps(live, core);
    EXPECT_EQ(changesOf(difference.objects), Lines{});
    EXPECT_FALSE(difference.tells(*findMapColumn("rss")));
    EXPECT_FALSE(difference.tells(*findMapColumn("committed"))) << "nothing in a core is charged";
    EXPECT_TRUE(difference.tells(*findMapColumn("size")));
    core = mapOf("10000-21000 rw-p 00000000 00:00 0 [heap]\n");
    core.origin = MapOrigin::coreDump;
    EXPECT_EQ(compareMaps(live, core).objects[0].change, MapChange::grown);
}

TEST(MapDifference, AgainstVmmapsCsvLeavesOutWhatThatDoesNotTell) {
    const char* const range = "10000-20000 rw-p 00000000 00:00 0 [heap]\nRss: 8 kB\n";
    const MapSnapshot live =
        mapOf(std::string(range) + "Swap: 4 kB\nPss: 8 kB\nReferenced: 8 kB\n");
    MapSnapshot other = mapOf(range);
    other.origin = MapOrigin::vmmapCsv;
    const MapDifference difference = compareMaps(live, other);
    EXPECT_EQ(changesOf(difference.objects), Lines{});
    EXPECT_TRUE(difference.tells(*findMapColumn("rss")));
    EXPECT_FALSE(difference.tells(*findMapColumn("swap")));
}

} // namespace
} // namespace ringscope
