// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/map/address_layout.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <random>

#include "tests/widgets/map/map_builder.h"

namespace ringscope {
namespace {

// Like a program: image, heap, a large reservation, libraries, stack, vsyscall.
std::vector<AddressRange> program() {
    std::vector<AddressRange> regions;
    const auto add = [&](std::uint64_t start, std::uint64_t size) {
        regions.push_back({start, start + size});
    };
    add(0x555500000000, 64 * kKiB);
    add(0x555500010000, 2 * kMiB);
    add(0x555500210000, 4 * kKiB);
    add(0x555510000000, 132 * kKiB);
    add(0x7f0000000000, 10 * kGiB);
    add(0x7f1000000000, 160 * kKiB);
    add(0x7f1000028000, 1200 * kKiB);
    add(0x7f1000200000, 8 * kKiB); // after a small gap
    add(0x7ffe00000000, 132 * kKiB);
    add(0xffffffffff600000, 4 * kKiB);
    return regions;
}

std::vector<AddressRange> many(std::size_t count) {
    std::vector<AddressRange> regions;
    std::mt19937_64 random(7);
    std::uint64_t at = 0x7f0000000000;
    for (std::size_t i = 0; i < count; ++i) {
        const std::uint64_t pages = 1 + random() % 64;
        regions.push_back({at, at + pages * 4096});
        at += pages * 4096 + (random() % 4 == 0 ? random() % 1024 * 4096 : 0);
    }
    return regions;
}

// Every pixel's addresses follow the last one's or share them where pieces are finer than a pixel,
// and each address in it has that x.
void expectRoundTrips(const AddressLayout& layout) {
    for (int x = 0; x < layout.widthPx(); ++x) {
        const auto range = layout.addressesAt(x);
        ASSERT_TRUE(range);
        ASSERT_LT(range->start, range->end) << x;
        EXPECT_EQ(layout.addressToX(range->start), x);
        EXPECT_EQ(layout.addressToX(range->end - 1), x);
        EXPECT_EQ(layout.addressToX(range->start + (range->end - range->start) / 2), x);
        if (x > 0) {
            EXPECT_EQ(layout.addressesAt(x - 1)->end, range->start) << x;
        }
    }
}

TEST(AddressLayout, EachPixelsAddressesHaveThatPixel) {
    for (const int width : {700, 1400, 93}) {
        expectRoundTrips(AddressLayout(program(), width));
    }
    expectRoundTrips(AddressLayout(many(5'000), 700));
}

TEST(AddressLayout, AddressesRoundTripAtEveryZoom) {
    AddressLayout layout(program(), 700);
    for (int i = 0; i < 70; ++i) {
        layout.zoomAt(100 + 7 * i, 1.25);
        expectRoundTrips(layout);
        ASSERT_FALSE(testing::Test::HasFailure()) << "after " << i << " steps";
    }
}

TEST(AddressLayout, CoversTheWholeWidthFromFirstToLastAddress) {
    const AddressLayout layout(program(), 700);
    EXPECT_EQ(layout.addressesAt(0)->start, 0x555500000000U);
    EXPECT_EQ(layout.addressesAt(699)->end, 0xffffffffff601000U);
    EXPECT_FALSE(layout.addressesAt(700).has_value());
    EXPECT_FALSE(layout.addressesAt(-1).has_value());
    EXPECT_FALSE(layout.addressToX(0x1000).has_value()) << "below all";
    EXPECT_FALSE(layout.addressToX(0xffffffffff601000).has_value()) << "above all";
}

TEST(AddressLayout, NoRegionIsInvisible) {
    for (const int width : {700, 1400}) {
        const AddressLayout layout(program(), width);
        for (std::size_t region = 0; region < program().size(); ++region) {
            const PixelSpan span = layout.pixelsOfRegion(region);
            EXPECT_GE(span.right - span.left, AddressLayout::kPiecePx);
            EXPECT_GE(span.left, 0);
            EXPECT_LE(span.right, width);
            const auto piece = layout.pieceAt(static_cast<int>(span.left));
            ASSERT_TRUE(piece);
            EXPECT_EQ(layout.pieces()[*piece].region, region);
        }
    }
}

TEST(AddressLayout, ASmallHeapIsSeenBesideALargeReservation) {
    const AddressLayout layout(program(), 700);
    const PixelSpan heap = layout.pixelsOfRegion(3);
    const PixelSpan reservation = layout.pixelsOfRegion(4);
    EXPECT_GE(heap.right - heap.left, 12);
    EXPECT_GT(reservation.right - reservation.left, 10 * (heap.right - heap.left));
}

TEST(AddressLayout, OnlyLargeGapsAreJumps) {
    const AddressLayout layout(program(), 700);
    std::size_t gaps = 0;
    std::size_t jumps = 0;
    for (std::size_t i = 0; i < layout.pieces().size(); ++i) {
        const AddressPiece& piece = layout.pieces()[i];
        gaps += piece.kind == AddressPieceKind::gap ? 1U : 0U;
        if (piece.kind == AddressPieceKind::jump) {
            ++jumps;
            EXPECT_GE(piece.end - piece.start, AddressLayout::kJumpBytes);
            const PixelSpan span = layout.pixelsOf(i);
            EXPECT_NEAR(static_cast<double>(span.right - span.left), AddressLayout::kJumpPx, 1);
        }
    }
    EXPECT_EQ(gaps, 1U);
    EXPECT_EQ(jumps, 5U);
}

TEST(AddressLayout, InsideASpanAllIsToScale) {
    const AddressLayout layout({{0, 3 * kMiB}, {3 * kMiB, 4 * kMiB}}, 1000);
    EXPECT_NEAR(static_cast<double>(layout.pixelsOfRegion(0).right), 750,
                2 * AddressLayout::kPiecePx);
}

TEST(AddressLayout, ZoomKeepsTheAddressUnderThePointer) {
    AddressLayout layout(program(), 700);
    const int x = 300;
    const std::uint64_t address = layout.addressesAt(x)->start;
    for (int i = 0; i < 20; ++i) {
        layout.zoomAt(x, 1.25);
        // A pixel holds the address and its neighbours, which a zoom spreads.
        const double spread = std::pow(1.25, i + 1);
        EXPECT_NEAR(static_cast<double>(*layout.addressToX(address)), x, spread + 1);
    }
    EXPECT_LT(layout.visible().end - layout.visible().start, 2 * kGiB);
    for (int i = 0; i < 30; ++i) {
        layout.zoomAt(x, 1 / 1.25);
    }
    EXPECT_TRUE(layout.showsAll());
}

TEST(AddressLayout, PansUpToItsEndsOnly) {
    AddressLayout layout(program(), 700);
    layout.zoomAt(350, 4);
    layout.pan(1'000'000);
    EXPECT_EQ(layout.visible().start, 0x555500000000U);
    layout.pan(-1'000'000);
    EXPECT_EQ(layout.visible().end, 0xffffffffff601000U);
}

TEST(AddressLayout, ShowsARegionThatIsOutsideTheView) {
    AddressLayout layout(program(), 700);
    layout.zoomAt(350, 50);
    for (const std::size_t region : {0U, 3U, 4U, 9U}) {
        layout.show(region);
        const PixelSpan span = layout.pixelsOfRegion(region);
        EXPECT_GE(span.left, 0);
        EXPECT_LT(span.left, 700);
    }
}

TEST(AddressLayout, KeepsZoomAndPlaceWhenTheMapChanges) {
    AddressLayout layout(program(), 700);
    layout.zoomAt(350, 20);
    const std::uint64_t left = layout.visible().start;
    std::vector<AddressRange> regions = program();
    regions.erase(regions.begin());
    layout.setRegions(regions);
    EXPECT_FALSE(layout.showsAll());
    const auto x = layout.addressToX(left);
    ASSERT_TRUE(x);
    EXPECT_NEAR(static_cast<double>(*x), 0, 1);
}

TEST(AddressLayout, APixelOfManyRegionsShowsOneThatNoOtherCan) {
    const std::vector<AddressRange> regions = many(20'000);
    const AddressLayout layout(regions, 700);
    std::size_t total = 0;
    for (int x = 0; x < 700; ++x) {
        const AddressPiece& piece = layout.pieces()[*layout.pieceAt(x)];
        EXPECT_EQ(piece.kind, AddressPieceKind::region);
        EXPECT_EQ(layout.addressToX(piece.start), x);
        total += layout.regionsAt(x);
    }
    EXPECT_GE(total, regions.size()) << "each is in some pixel";
}

TEST(AddressLayout, ALargeRegionLeavesItsFirstPixelToOnesThatHaveNoOther) {
    std::vector<AddressRange> regions;
    for (std::uint64_t i = 0; i < 3'000; ++i) {
        regions.push_back({i * 4096, (i + 1) * 4096});
    }
    regions.push_back({regions.back().end, regions.back().end + kGiB});
    const AddressLayout layout(regions, 700);
    const auto x = static_cast<int>(layout.pixelsOfRegion(3'000).left);
    ASSERT_GT(layout.regionsAt(x), 1U);
    EXPECT_LT(layout.pieces()[*layout.pieceAt(x)].region, 3'000U);
    EXPECT_EQ(layout.pieces()[*layout.pieceAt(x + 1)].region, 3'000U);
}

TEST(AddressLayout, NothingMappedIsNothingToShow) {
    AddressLayout layout({}, 700);
    layout.zoomAt(3, 2);
    layout.pan(5);
    EXPECT_FALSE(layout.pieceAt(0).has_value());
    EXPECT_EQ(layout.visible(), AddressRange{});
}

TEST(AddressLayout, PlacesAHundredThousandRegionsAtOnce) {
    const std::vector<AddressRange> regions = many(100'000);
    const auto before = std::chrono::steady_clock::now();
    const AddressLayout layout(regions, 1400);
    const std::chrono::duration<double, std::milli> took =
        std::chrono::steady_clock::now() - before;
    RecordProperty("milliseconds", std::to_string(took.count()));
    // Many times what it takes, for sanitizers and busy machines.
    EXPECT_LT(took.count(), 500);
    EXPECT_EQ(layout.pixelsOfRegion(0).left, 0);
}

} // namespace
} // namespace ringscope
