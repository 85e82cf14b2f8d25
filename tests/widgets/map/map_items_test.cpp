// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/map/map_items.h"

#include <gtest/gtest.h>

#include "tests/widgets/map/map_text.h"

namespace ringscope {
namespace {

using testing::kSmallMap;
using testing::sharedMap;

std::uint32_t objectNamed(const MapItems& items, std::string_view name) {
    for (std::uint32_t object = 0; object < items.objectCount(); ++object) {
        if (items.objectName(object) == name) {
            return object;
        }
    }
    ADD_FAILURE() << "no object " << name;
    return 0;
}

MapItems difference(std::string_view before, std::string_view after, std::int32_t pidAfter = 7) {
    const MapSnapshotPtr one = sharedMap(before);
    const MapSnapshotPtr other = sharedMap(after, pidAfter);
    return {std::make_shared<const MapDifference>(compareMaps(*one, *other)), one, other};
}

TEST(MapItems, EveryNumberIsThatOfTheMap) {
    const MapSnapshotPtr map = sharedMap(kSmallMap);
    const MapItems items(map);
    for (const MapColumn& column : mapColumns()) {
        std::int64_t largest = 0;
        std::int64_t ofRegions = 0;
        std::int64_t ofObjects = 0;
        for (std::uint32_t region = 0; region < items.regionCount(); ++region) {
            const MemorySums sums =
                sumsOf(map->space.map, map->space.map.regions[region], map->types[region]);
            const auto amount = items.amountOf({false, region}, column);
            ASSERT_EQ(amount, static_cast<std::int64_t>(column.value(sums))) << column.key;
            ofRegions += *amount;
            largest = std::max(largest, *amount);
        }
        for (std::uint32_t object = 0; object < items.objectCount(); ++object) {
            ofObjects += items.amountOf({true, object}, column).value_or(0);
        }
        const auto total = static_cast<std::int64_t>(column.value(map->sums().regionTotal()));
        if (column.key == "largest") {
            EXPECT_EQ(largest, total);
        } else {
            EXPECT_EQ(ofRegions, total) << column.key;
            EXPECT_EQ(ofObjects, total) << column.key;
        }
    }
}

// Unmapped in the middle: one row, which holds both parts.
TEST(MapItems, AMappingThatWasCutIsOneRowOfADifference) {
    const MapItems items = difference("100000-120000 rw-p 00000000 00:00 0\nRss: 128 kB\n",
                                      "100000-110000 rw-p 00000000 00:00 0\nRss: 64 kB\n"
                                      "111000-120000 rw-p 00000000 00:00 0\nRss: 60 kB\n");
    ASSERT_EQ(items.regionCount(), 1U);
    ASSERT_EQ(items.objectCount(), 1U);
    EXPECT_EQ(items.regionsOf(0).size(), 1U);
    EXPECT_EQ(items.regionContaining(0x115000), 0U);
    EXPECT_EQ(items.startOf({false, 0}), 0x100000U);
    EXPECT_EQ(items.endOf({false, 0}), 0x120000U);
    EXPECT_EQ(items.amountOf({false, 0}, *findMapColumn("size")), -4096);
}

TEST(MapItems, ObjectsKnowTheirRegionsAndBack) {
    const MapItems items(sharedMap(kSmallMap));
    const std::uint32_t ring = objectNamed(items, "/dev/shm/ring");
    const auto regions = items.regionsOf(ring);
    EXPECT_EQ(std::vector<std::uint32_t>(regions.begin(), regions.end()),
              (std::vector<std::uint32_t>{3, 5}));
    EXPECT_EQ(items.objectOf(5), ring);
    EXPECT_EQ(items.soleRegion(ring), std::nullopt);
    EXPECT_EQ(items.soleRegion(objectNamed(items, "[heap]")), 2U);
}

TEST(MapItems, OnlyWhatIsTogetherHasAnAddress) {
    const MapItems items(sharedMap(kSmallMap));
    const MapItem probe{true, objectNamed(items, "/usr/bin/probe")};
    EXPECT_EQ(items.startOf(probe), 0x400000U);
    EXPECT_EQ(items.endOf(probe), 0x408000U);
    EXPECT_EQ(items.startOf({true, objectNamed(items, "/dev/shm/ring")}), std::nullopt);
    EXPECT_EQ(items.startOf({false, 5}), 0x7f0000300000U);
}

TEST(MapItems, AnObjectHasAProtectionWhenAllItsMappingsHave) {
    const MapItems items(sharedMap(kSmallMap));
    EXPECT_EQ(items.protectedAs({true, objectNamed(items, "/usr/bin/probe")}), nullptr);
    const MemoryRegion* ring = items.protectedAs({true, objectNamed(items, "/dev/shm/ring")});
    ASSERT_NE(ring, nullptr);
    EXPECT_EQ(protectionCode(*ring), "rw-s");
}

TEST(MapItems, ARowForBothSaysTheDetailsOfItsMapping) {
    const MapItems items(sharedMap(kSmallMap));
    EXPECT_EQ(items.detailsOf({true, objectNamed(items, "/srv/Data, \"all\".bin")}),
              "/srv/Data, \"all\".bin, from offset 0x10000");
    EXPECT_EQ(items.detailsOf({false, 5}), "from offset 0x100000");
    EXPECT_EQ(items.detailsOf({true, objectNamed(items, "/dev/shm/ring")}), "/dev/shm/ring");
}

TEST(MapItems, FindsTheRegionThatContainsAnAddress) {
    const MapItems items(sharedMap(kSmallMap));
    EXPECT_EQ(items.regionContaining(0x402000), 1U);
    EXPECT_EQ(items.regionContaining(0x407fff), 1U);
    EXPECT_EQ(items.regionContaining(0x408000), std::nullopt);
}

TEST(MapItems, WhatWasNotReadIsNotZero) {
    MapSnapshot core = testing::mapOf(kSmallMap);
    core.origin = MapOrigin::coreDump;
    const MapItems items(std::make_shared<const MapSnapshot>(core));
    EXPECT_EQ(items.amountOf({false, 2}, *findMapColumn("rss")), std::nullopt);
    EXPECT_EQ(items.amountOf({false, 2}, *findMapColumn("size")), 0x21000);
}

constexpr std::string_view kBefore = "1000-3000 rw-p 00000000 00:00 0 [heap]\nRss: 8 kB\n"
                                     "8000-9000 r--p 00000000 08:01 5 /srv/a\nRss: 4 kB\n"
                                     "20000-21000 r--p 00000000 08:01 5 /srv/a\nRss: 4 kB\n";
constexpr std::string_view kAfter = "1000-2000 rw-p 00000000 00:00 0 [heap]\nRss: 4 kB\n"
                                    "8000-9000 r--p 00000000 08:01 5 /srv/a\nRss: 4 kB\n"
                                    "30000-38000 r--p 00000000 08:01 6 /srv/b\nRss: 4 kB\n";

TEST(MapItems, ADifferenceSaysHowMuchEachChanged) {
    const MapItems items = difference(kBefore, kAfter);
    const MapColumn& size = *findMapColumn("size");
    const auto changeOf = [&](std::string_view name) {
        return *items.amountOf({true, objectNamed(items, name)}, size);
    };
    EXPECT_EQ(changeOf("[heap]"), -0x1000);
    EXPECT_EQ(changeOf("/srv/a"), -0x1000);
    EXPECT_EQ(changeOf("/srv/b"), 0x8000);
    std::int64_t ofRegions = 0;
    for (std::uint32_t region = 0; region < items.regionCount(); ++region) {
        ofRegions += *items.amountOf({false, region}, size);
    }
    EXPECT_EQ(ofRegions, 0x6000);
}

TEST(MapItems, ADifferencePutsRegionsWhereTheyAreOrWere) {
    const MapItems items = difference(kBefore, kAfter);
    const std::uint32_t a = objectNamed(items, "/srv/a");
    ASSERT_EQ(items.regionsOf(a).size(), 2U);
    const std::uint32_t vanished = items.regionsOf(a)[1];
    EXPECT_EQ(items.changeOf({false, vanished}), MapChange::vanished);
    EXPECT_NE(items.placeOf(vanished).snapshot, items.snapshot());
    EXPECT_EQ(items.regionAt(vanished).start, 0x20000U);
    EXPECT_EQ(items.placeOf(items.regionsOf(a)[0]).snapshot, items.snapshot());
}

TEST(MapItems, BetweenTwoProcessesThereAreNoRegions) {
    const MapItems items = difference(kBefore, kAfter, 8);
    EXPECT_EQ(items.regionCount(), 0U);
    EXPECT_EQ(items.startOf({true, 0}), std::nullopt);
    EXPECT_EQ(items.regionsOf(0).size(), 0U);
}

} // namespace
} // namespace ringscope
