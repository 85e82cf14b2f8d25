// SPDX-License-Identifier: MIT
#include "core/memory/map_objects.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "core/memory/region_classifier.h"
#include "tests/core/memory/smaps_fixture.h"
#include "tests/support/map_snapshots.h"

namespace ringscope {
namespace {

using testing::mapOf;
using testing::smapsText;

std::vector<std::string> namesOf(const MapObjects& objects) {
    std::vector<std::string> names;
    for (const MapObject& object : objects.objects) {
        names.push_back(std::string(memoryTypeName(object.type)) + ": " + object.name + " x" +
                        std::to_string(object.regions.size()));
    }
    return names;
}

using Names = std::vector<std::string>;

class RealPrograms : public ::testing::TestWithParam<const char*> {};

TEST_P(RealPrograms, PutEachRegionIntoOneObjectOfItsType) {
    const MapSnapshot snapshot = mapOf(smapsText(GetParam()));
    const MapObjects grouped = groupByObject(snapshot);
    std::vector<int> uses(snapshot.space.map.regions.size());
    std::set<std::string> keys;
    MemorySums sums;
    for (std::uint32_t i = 0; i < grouped.objects.size(); ++i) {
        const MapObject& object = grouped.objects[i];
        EXPECT_TRUE(keys.insert(object.key).second) << object.key;
        EXPECT_TRUE(i == 0 || grouped.objects[i - 1].type <= object.type);
        sums += object.sums;
        for (const std::uint32_t region : object.regions) {
            ++uses[region];
            EXPECT_EQ(snapshot.types[region], object.type);
            EXPECT_EQ(grouped.objectOf[region], i);
        }
    }
    EXPECT_EQ(std::count(uses.begin(), uses.end(), 1), std::ssize(uses));
    EXPECT_EQ(sums, snapshot.sums().regionTotal());
}

INSTANTIATE_TEST_SUITE_P(MapObjects, RealPrograms,
                         ::testing::Values("node", "java_part", "sleep", "threads"));

TEST(MapObjects, KeepsAnImageWithItsBssTogether) {
    const MapObjects grouped = groupByObject(
        mapOf("1000-2000 r-xp 00000000 08:01 5 /bin/x\n2000-3000 rw-p 00001000 08:01 5 /bin/x\n"
              "3000-5000 rw-p 00000000 00:00 0\n"
              "8000-9000 rw-p 00000000 00:00 0\n9000-a000 rwxp 00000000 00:00 0\n"));
    EXPECT_EQ(namesOf(grouped), (Names{"Image: /bin/x x3", "Private Data: anonymous x2"}));
}

TEST(MapObjects, TellsMemoryFilesOfOneNameApart) {
    const MapObjects grouped =
        groupByObject(mapOf("1000-2000 rw-s 00000000 00:01 5 /memfd:ring (deleted)\n"
                            "2000-3000 rw-s 00000000 00:01 6 /memfd:ring (deleted)\n"
                            "4000-5000 rw-s 00001000 00:01 5 /memfd:ring (deleted)\n"));
    ASSERT_EQ(grouped.objects.size(), 2U);
    EXPECT_EQ(grouped.objects[0].regions, (std::vector<std::uint32_t>{0, 2}));
    EXPECT_NE(grouped.objects[0].key, grouped.objects[1].key);
}

TEST(MapObjects, NamesStacksByTheirThreadAndGuardsByTheirStack) {
    MapSnapshot snapshot =
        mapOf("7f0000000000-7f0000001000 ---p 00000000 00:00 0\n"
              "7f0000001000-7f0000801000 rw-p 00000000 00:00 0\nVmFlags: rd wr mr mw me nh\n");
    snapshot.space.threads = {{4711, "worker", 0x7f0000800000}};
    snapshot.types = classifyRegions(snapshot.space);
    EXPECT_EQ(namesOf(groupByObject(snapshot)),
              (Names{"Stack: thread 4711 worker x1", "Reserved: guard of thread 4711 worker x1"}));
}

TEST(MapObjects, SaysUnknownFlagsAndGuardsInWords) {
    const MapSnapshot snapshot =
        mapOf("1000-2000 rw-p 00000000 00:00 0\nVmFlags: rd wr gu zz ac q9\n");
    EXPECT_EQ(regionDetails(snapshot, 0), "guard pages inside, unknown flags zz q9");
    EXPECT_EQ(protectionCode(snapshot.space.map.regions[0]), "rw-p");
    EXPECT_EQ(protectionWords(snapshot.space.map.regions[0]), "Read/Write");
}

TEST(MapObjects, DetailsSayWhatIsAGuess) {
    MapSnapshot snapshot = mapOf("1000-2000 r-xp 00000000 08:01 5 /bin/x\n"
                                 "2000-3000 rw-p 00000000 00:00 0\n"
                                 "10000-20000 rw-p 00000000 00:00 0 [heap]\n"
                                 "c000000000-c000400000 rw-p 00000000 00:00 0\n"
                                 "7f0004000000-7f0004021000 rw-p 00000000 00:00 0\n"
                                 "7f0004021000-7f0008000000 ---p 00000000 00:00 0\n"
                                 "7f0020000000-7f0020021000 rw-p 00000000 00:00 0\n");
    const std::vector<std::string> expected{
        "", ".bss, guessed by its place", "", "guessed by its place", "guessed by its place", "",
        ""};
    for (std::size_t i = 0; i < expected.size(); ++i) {
        EXPECT_EQ(regionDetails(snapshot, i), expected[i]) << i;
    }
    snapshot.origin = MapOrigin::vmmapCsv;
    EXPECT_EQ(regionDetails(snapshot, 4), "") << "VMMap knows";
}

} // namespace
} // namespace ringscope
