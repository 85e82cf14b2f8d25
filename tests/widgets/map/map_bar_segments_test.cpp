// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/map/map_bar_segments.h"

#include <gtest/gtest.h>

#include <random>

#include "core/memory/map_columns.h"

namespace ringscope {
namespace {

const MapColumn& rss() {
    return *findMapColumn("rss");
}

TEST(MapBarSegments, WidthsAreProportionalAndMeet) {
    MemoryByType sums;
    sums.of(MemoryType::image).rss = 100;
    sums.of(MemoryType::heap).rss = 300;
    sums.of(MemoryType::stack).rss = 200;
    const auto segments = mapBarSegments(sums, rss(), 1200, 600);
    ASSERT_EQ(segments.size(), 3U);
    EXPECT_EQ(segments[0], (MapBarSegment{MemoryType::image, {MemoryType::image}, 100, 0, 50}));
    EXPECT_EQ(segments[1], (MapBarSegment{MemoryType::heap, {MemoryType::heap}, 300, 50, 200}));
    EXPECT_EQ(segments[2], (MapBarSegment{MemoryType::stack, {MemoryType::stack}, 200, 200, 300}));
}

TEST(MapBarSegments, WhatIsSmallerThanAPixelIsWithItsNeighbour) {
    MemoryByType sums;
    sums.of(MemoryType::image).rss = 1;
    sums.of(MemoryType::heap).rss = 1'000'000;
    sums.of(MemoryType::kernel).rss = 2;
    const auto segments = mapBarSegments(sums, rss(), 1'000'003, 600);
    ASSERT_EQ(segments.size(), 1U);
    EXPECT_EQ(segments[0].type, MemoryType::heap);
    EXPECT_EQ(segments[0].types.size(), 3U);
    EXPECT_EQ(segments[0].bytes, 1'000'003U);
    EXPECT_EQ(segments[0].right, 600);
}

TEST(MapBarSegments, AddUpToTheTotalWhateverTheSizes) {
    std::mt19937_64 random(11);
    for (int round = 0; round < 2'000; ++round) {
        MemoryByType sums;
        for (const MemoryType type : kMemoryTypes) {
            sums.of(type).rss = random() % 3 == 0 ? 0 : random() >> (random() % 60 + 4);
        }
        const std::uint64_t total = sums.regionTotal().rss;
        const std::uint64_t scaleMax = total + total / 3;
        const int width = 100 + static_cast<int>(random() % 1300);
        std::uint64_t bytes = 0;
        int right = 0;
        for (const MapBarSegment& segment : mapBarSegments(sums, rss(), scaleMax, width)) {
            EXPECT_EQ(segment.left, right);
            EXPECT_GT(segment.right, segment.left);
            bytes += segment.bytes;
            right = segment.right;
        }
        EXPECT_EQ(bytes, total);
        const double exact =
            total == 0 ? 0
                       : 1. * width * static_cast<double>(total) / static_cast<double>(scaleMax);
        EXPECT_NEAR(right, exact, 0.51);
    }
}

TEST(MapBarSegments, PageTablesAndGapsAreInNoBar) {
    MemoryByType sums;
    sums.of(MemoryType::pageTable).rss = 5;
    sums.of(MemoryType::free).rss = 5;
    EXPECT_TRUE(mapBarSegments(sums, rss(), 10, 100).empty());
}

TEST(MapBarSegments, ALittleOfALotIsAPixel) {
    MemoryByType sums;
    sums.of(MemoryType::heap).rss = 1;
    const auto segments = mapBarSegments(sums, rss(), 1'000'000, 100);
    ASSERT_EQ(segments.size(), 1U);
    EXPECT_EQ(segments[0].right, 1);
}

} // namespace
} // namespace ringscope
