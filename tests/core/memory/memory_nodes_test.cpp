// SPDX-License-Identifier: MIT
#include "core/memory/memory_nodes.h"

#include <gtest/gtest.h>

#include "core/memory/smaps_parser.h"

namespace ringscope {
namespace {

const MemoryMap& threeRegions() {
    static const MemoryMap map = parseSmaps("1000-9000 rw-p 00000000 00:00 0\n"
                                            "10000-20000 rw-p 00000000 00:00 0\n"
                                            "40000000-80000000 rw-s 00000000 00:00 0 /x\n");
    return map;
}

TEST(MemoryNodes, AreThoseOfATwoNodeMachine) {
    const NodePlacement placement = parseNumaMaps(
        "00001000 default heap anon=3 dirty=3 active=2 N0=1 N1=2 kernelpagesize_kB=4\n"
        "00010000 bind:0-1 anon=8 dirty=8 N1=8 kernelpagesize_kB=4\n"
        "40000000 interleave:0-1 file=/x\\040y N0=5 N1=7 kernelpagesize_kB=4",
        threeRegions());
    ASSERT_EQ(placement.regions.size(), 3U);
    EXPECT_EQ(placement.regions[0], (MemoryNodes{{0, 4096}, {1, 8192}}));
    EXPECT_EQ(placement.regions[1], (MemoryNodes{{1, 32768}}));
    EXPECT_EQ(placement.regions[2], (MemoryNodes{{0, 20480}, {1, 28672}}));
    EXPECT_EQ(placement.malformedLines + placement.unmatchedLines, 0U);
}

TEST(MemoryNodes, CountHugetlbPagesByTheirOwnSize) {
    const NodePlacement placement = parseNumaMaps(
        "40000000 default file=/x huge dirty=3 N0=1 N1=2 kernelpagesize_kB=2048\n", threeRegions());
    EXPECT_EQ(placement.regions[2], (MemoryNodes{{0, 2U << 20U}, {1, 4U << 20U}}));
}

TEST(MemoryNodes, OfAMappingWithNothingInMemoryAreNone) {
    const NodePlacement placement =
        parseNumaMaps("00001000 default\n10000 default N0=0 kernelpagesize_kB=4\n", threeRegions());
    EXPECT_TRUE(placement.regions[0].empty());
    EXPECT_TRUE(placement.regions[1].empty());
    EXPECT_EQ(placement.malformedLines, 0U);
}

TEST(MemoryNodes, LeaveOutAndCountHostileLines) {
    for (const char* line :
         {"", "1000", "x default N0=1 kernelpagesize_kB=4", "1000 default N0=1",
          "1000 default N0=1 kernelpagesize_kB=0", "1000 default N0=1 kernelpagesize_kB=x",
          "1000 default N0=-1 kernelpagesize_kB=4", "1000 default N0= kernelpagesize_kB=4",
          "1000 default N0 kernelpagesize_kB=4", "1000 default N4096=1 kernelpagesize_kB=4",
          "1000 default N0=1 N0=1 kernelpagesize_kB=4",
          "1000 default N0=18446744073709551615 kernelpagesize_kB=4",
          "1000 default N0=1 kernelpagesize_kB=18446744073709551615",
          "11111111111111111 default N0=1 kernelpagesize_kB=4"}) {
        const NodePlacement placement = parseNumaMaps(
            std::string(line) + "\n10000 default N0=1 kernelpagesize_kB=4\n", threeRegions());
        EXPECT_EQ(placement.malformedLines, 1U) << line;
        EXPECT_TRUE(placement.regions[0].empty()) << line;
        EXPECT_EQ(placement.regions[1], (MemoryNodes{{0, 4096}})) << "the next line counts";
    }
}

TEST(MemoryNodes, OfMappingsThatTheMapDoesNotHaveAreCounted) {
    const NodePlacement placement = parseNumaMaps("2000 default N0=1 kernelpagesize_kB=4\n"
                                                  "90000000 default N0=1 kernelpagesize_kB=4\n",
                                                  threeRegions());
    EXPECT_EQ(placement.unmatchedLines, 2U);
    EXPECT_EQ(placement.regions, std::vector<MemoryNodes>(3));
}

TEST(MemoryNodes, FileNamesAreNoNodes) {
    // The kernel escapes what would part them.
    const NodePlacement placement = parseNumaMaps(
        "1000 default file=/tmp/N9\\0757 Nice=3 N1=1 kernelpagesize_kB=4\n", threeRegions());
    EXPECT_EQ(placement.regions[0], (MemoryNodes{{1, 4096}}));
}

TEST(MemoryNodes, AddUpByNode) {
    MemoryNodes sum{{1, 4096}};
    addNodes(sum, {{0, 8192}, {1, 4096}, {3, 1}});
    EXPECT_EQ(sum, (MemoryNodes{{0, 8192}, {1, 8192}, {3, 1}}));
    addNodes(sum, {{0, ~std::uint64_t{0}}});
    EXPECT_EQ(sum[0].bytes, ~std::uint64_t{0}) << "does not wrap";
}

TEST(MemoryNodes, SayOnlyTheNodeWhenThereIsOne) {
    EXPECT_EQ(memoryNodesText({}), "");
    EXPECT_EQ(memoryNodesText({{1, 4096}}), "N1");
    EXPECT_EQ(memoryNodesText({{0, 12U << 20U}, {1, 4U << 20U}}), "N0 12 MiB, N1 4 MiB");
    EXPECT_EQ(memoryNodesField({{0, 12U << 20U}, {1, 4096}}), "N0=12582912 N1=4096");
}

TEST(MemoryNodes, AreCountedFromAListOfTheKernels) {
    EXPECT_EQ(countNodeList("0\n"), 1U);
    EXPECT_EQ(countNodeList("0-1\n"), 2U);
    EXPECT_EQ(countNodeList("0-2,8\n"), 4U);
    for (const char* bad : {"", "\n", "x", "1-0", "0-", "-1", "0,,1", "0-99999999999"}) {
        EXPECT_FALSE(countNodeList(bad)) << bad;
    }
}

} // namespace
} // namespace ringscope
