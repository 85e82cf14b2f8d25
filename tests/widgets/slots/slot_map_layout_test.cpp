// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/slots/slot_map_layout.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace ringscope {
namespace {

struct Area {
    std::uint64_t slotCount;
    int width;
    int height;
};
const std::vector<Area> kAreas = {{2, 420, 260},       {4, 300, 40},        {64, 420, 260},
                                  {4096, 420, 260},    {4096, 1000, 97},    {65536, 333, 251},
                                  {1 << 20, 420, 260}, {1 << 20, 838, 600}, {1 << 24, 160, 96}};

std::string named(const Area& area) {
    return std::to_string(area.slotCount) + " slots in " + std::to_string(area.width) + "x" +
           std::to_string(area.height);
}

TEST(SlotMapLayout, FittedShowsEverySlotOnceInOrder) {
    for (const Area& area : kAreas) {
        SCOPED_TRACE(named(area));
        const auto layout = SlotMapLayout::fitted(area.slotCount, area.width, area.height);
        EXPECT_TRUE(layout.showsEverything());
        std::uint64_t next = 0;
        for (std::uint64_t cell = 0; cell < layout.cells(); ++cell) {
            const SlotRun run = layout.slotsOfCell(cell);
            ASSERT_EQ(run.first, next);
            ASSERT_GT(run.count, 0U);
            next += run.count;
        }
        EXPECT_EQ(next, area.slotCount);
    }
}

TEST(SlotMapLayout, CellsNeitherOverlapNorLeaveTheArea) {
    for (const Area& area : kAreas) {
        SCOPED_TRACE(named(area));
        const auto layout = SlotMapLayout::fitted(area.slotCount, area.width, area.height);
        std::vector<int> covered(static_cast<std::size_t>(area.width) *
                                 static_cast<std::size_t>(area.height));
        for (std::uint64_t cell = 0; cell < layout.cells(); ++cell) {
            const PixelRect rect = layout.rectOfCell(cell);
            ASSERT_GE(rect.x, 0);
            ASSERT_GE(rect.y, 0);
            ASSERT_LE(rect.x + rect.width, area.width);
            ASSERT_LE(rect.y + rect.height, area.height);
            for (int y = rect.y; y < rect.y + rect.height; ++y) {
                for (int x = rect.x; x < rect.x + rect.width; ++x) {
                    ASSERT_EQ(covered[static_cast<std::size_t>(y * area.width + x)]++, 0);
                }
            }
        }
    }
}

TEST(SlotMapLayout, FittedUsesTheLargestCellsThatFit) {
    for (const Area& area : kAreas) {
        SCOPED_TRACE(named(area));
        const auto layout = SlotMapLayout::fitted(area.slotCount, area.width, area.height);
        if (layout.scale().cellPx >= 48) {
            continue; // larger than needed to be read
        }
        SlotMapScale larger = layout.scale();
        if (larger.slotsPerCell > 1) {
            --larger.slotsPerCell;
        } else {
            ++larger.cellPx;
        }
        EXPECT_FALSE(
            SlotMapLayout(area.slotCount, area.width, area.height, larger, 0).showsEverything());
    }
}

TEST(SlotMapLayout, PixelAndSlotAgreeAtEveryZoom) {
    for (const Area& area : kAreas) {
        auto layout = SlotMapLayout::fitted(area.slotCount, area.width, area.height);
        for (int step = 0; step < 60; ++step) {
            SCOPED_TRACE(named(area) + " step " + std::to_string(step));
            const SlotRun shown = layout.visibleSlots();
            for (const std::uint64_t slot :
                 {shown.first, shown.first + shown.count / 2, shown.first + shown.count - 1}) {
                const auto cell = layout.cellOfSlot(slot);
                ASSERT_TRUE(cell.has_value());
                const SlotRun run = layout.slotsOfCell(*cell);
                EXPECT_TRUE(run.first <= slot && slot < run.first + run.count);
                const PixelRect rect = layout.rectOfCell(*cell);
                EXPECT_EQ(layout.cellAt(rect.x, rect.y), cell);
            }
            layout = layout.zoomedAt(area.width / 3, area.height / 2, 1);
        }
    }
}

TEST(SlotMapLayout, ZoomReachesOneSlotThatFillsTheView) {
    for (const Area& area : kAreas) {
        SCOPED_TRACE(named(area));
        const auto layout =
            SlotMapLayout::fitted(area.slotCount, area.width, area.height).zoomedAt(5, 5, 200);
        EXPECT_EQ(layout.scale().slotsPerCell, 1U);
        EXPECT_EQ(layout.scale().cellPx, std::min(area.width, area.height));
    }
}

TEST(SlotMapLayout, ZoomKeepsTheSlotUnderTheMouse) {
    const std::uint32_t seed = 7;
    std::mt19937 random(seed);
    for (int round = 0; round < 500; ++round) {
        SCOPED_TRACE("seed " + std::to_string(seed) + " round " + std::to_string(round));
        // From the middle of a large ring no edge can push the view aside.
        auto layout = SlotMapLayout(1 << 20, 420, 260, {1, 3 + static_cast<int>(random() % 20)},
                                    (1 << 19) + random() % 1000);
        const int x = static_cast<int>(random() % 400);
        const int y = static_cast<int>(random() % 240);
        const auto cell = layout.cellAt(x, y);
        if (!cell) {
            continue;
        }
        const std::uint64_t slot = layout.slotsOfCell(*cell).first;
        const auto zoomed = layout.zoomedAt(x, y, random() % 2 == 0 ? 1 : -1);
        const PixelRect rect = zoomed.rectOfCell(*zoomed.cellOfSlot(slot));
        EXPECT_LE(std::abs(y - (rect.y + rect.height / 2)), rect.height);
        // Right of the last whole column there is no cell: the last one is as near as can be.
        const int column = std::min(x / rect.width, zoomed.columns() - 1);
        EXPECT_EQ(rect.x / rect.width, column);
    }
}

TEST(SlotMapLayout, ZoomingOutEndsWithEverything) {
    for (const Area& area : kAreas) {
        SCOPED_TRACE(named(area));
        const auto fitted = SlotMapLayout::fitted(area.slotCount, area.width, area.height);
        EXPECT_EQ(fitted.zoomedAt(30, 20, 40).zoomedAt(30, 20, -200), fitted);
    }
}

TEST(SlotMapLayout, PanIsClampedToTheRing) {
    const SlotMapLayout layout(1 << 20, 420, 260, {1, 8}, 5000);
    EXPECT_EQ(layout.panned(0, 1'000'000).visibleSlots().first, 0U);
    const SlotRun last = layout.panned(0, -2'000'000'000).visibleSlots();
    EXPECT_EQ(last.first + last.count, 1U << 20);
}

TEST(SlotMapLayout, DragByARowMovesARow) {
    const SlotMapLayout layout(1 << 20, 420, 260, {1, 8}, 5000);
    EXPECT_EQ(layout.panned(0, -8).visibleSlots().first,
              5000U + static_cast<std::uint64_t>(layout.columns()));
    EXPECT_EQ(layout.panned(-8, 0).visibleSlots().first, 5001U);
}

TEST(SlotMapLayout, ShowingBringsTheSlotIntoFullView) {
    for (const std::uint64_t slot : {0U, 17U, 4999U, 9000U, 500'000U, (1U << 20U) - 1}) {
        SCOPED_TRACE(slot);
        const auto layout = SlotMapLayout(1 << 20, 421, 263, {1, 8}, 5000).showing(slot);
        const auto cell = layout.cellOfSlot(slot);
        ASSERT_TRUE(cell.has_value());
        const PixelRect rect = layout.rectOfCell(*cell);
        EXPECT_LE(rect.y + rect.height, 263);
    }
}

TEST(SlotMapLayout, ShowingASlotThatIsInViewMovesNothing) {
    const SlotMapLayout layout(1 << 20, 420, 260, {1, 8}, 5000);
    EXPECT_EQ(layout.showing(5100), layout);
}

TEST(SlotMapLayout, AResizedFitIsFittedAgain) {
    const auto layout = SlotMapLayout::fitted(4096, 420, 260);
    EXPECT_EQ(layout.resized(800, 500), SlotMapLayout::fitted(4096, 800, 500));
}

TEST(SlotMapLayout, AResizedZoomKeepsScaleAndFirstSlot) {
    const SlotMapLayout layout(1 << 20, 420, 260, {1, 8}, 5000);
    const auto resized = layout.resized(500, 300);
    EXPECT_EQ(resized.scale(), layout.scale());
    EXPECT_EQ(resized.visibleSlots().first, 5000U);
}

TEST(SlotMapLayout, AnEmptyAreaIsHarmless) {
    const auto layout = SlotMapLayout::fitted(4096, 0, 0);
    EXPECT_GE(layout.cells(), 1U);
    EXPECT_EQ(SlotMapLayout::fitted(0, 100, 100).cells(), 0U);
    EXPECT_FALSE(SlotMapLayout::fitted(0, 100, 100).cellAt(1, 1).has_value());
}

} // namespace
} // namespace ringscope
