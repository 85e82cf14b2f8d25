// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/slots/slot_map_image.h"

#include <gtest/gtest.h>

#include <random>

#include "tests/widgets/slots/slot_snapshot_builder.h"

namespace ringscope {
namespace {

SlotColours testColours() {
    SlotColours colours;
    colours.states = {0xFF111111, 0xFF222222, 0xFF333333, 0xFF444444, 0xFF555555};
    colours.background = 0xFFEEEEEE;
    colours.ink = 0xFFFFFFFF;
    return colours;
}

// Slot by slot, without blocks: what mostSevere() is compared with.
SlotCellCode naiveMostSevere(const SlotSnapshot& snapshot, SlotRun run) {
    SlotCellCode worst = kUnknownCell;
    for (std::uint64_t slot = run.first; slot < run.first + run.count; ++slot) {
        const auto& block = snapshot.blocks[slot / kSlotsPerBlock];
        if (block) {
            worst = std::max(worst, cellCode(block->states[slot % kSlotsPerBlock]));
        }
    }
    return worst;
}

SlotMapImage drawn(const SlotMapLayout& layout, QSize size,
                   const std::shared_ptr<const SlotSnapshot>& snapshot) {
    SlotMapImage image;
    image.reset(layout, testColours(), size, snapshot);
    return image;
}

TEST(SlotMapImage, MostSevereStateWinsAtEachZoom) {
    const std::uint32_t seed = 11;
    std::mt19937 random(seed);
    SlotSnapshotBuilder builder(1 << 16, 1000, 1000);
    for (int i = 0; i < 60; ++i) {
        builder.set(random() % (1U << 16U), static_cast<SlotState>(1 + random() % 4));
    }
    const auto snapshot = builder.build();
    auto layout = SlotMapLayout::fitted(1 << 16, 160, 96);
    ASSERT_GT(layout.scale().slotsPerCell, 1U);
    for (int step = 0; step < 20; ++step) {
        SCOPED_TRACE("seed " + std::to_string(seed) + " step " + std::to_string(step));
        const SlotMapImage image = drawn(layout, {160, 96}, snapshot);
        ASSERT_EQ(image.cells().size(), layout.cells());
        for (std::uint64_t cell = 0; cell < layout.cells(); ++cell) {
            ASSERT_EQ(image.cells()[cell], naiveMostSevere(*snapshot, layout.slotsOfCell(cell)));
        }
        layout = layout.zoomedAt(80, 40, 1);
    }
}

TEST(SlotMapImage, OneStuckSlotAmongAMillionIsSeen) {
    const auto snapshot = SlotSnapshotBuilder(1 << 20, 0, 1 << 19)
                              .set(777'777, SlotState::stuck)
                              .set(777'778, SlotState::writing)
                              .build();
    const auto layout = SlotMapLayout::fitted(1 << 20, 420, 260);
    const SlotMapImage image = drawn(layout, {420, 260}, snapshot);
    const PixelRect rect = layout.rectOfCell(*layout.cellOfSlot(777'777));
    EXPECT_EQ(image.image().pixel(rect.x, rect.y), testColours().states[4]);
}

TEST(SlotMapImage, IncrementalPictureIsTheOneDrawnAnew) {
    const std::uint32_t seed = 3;
    std::mt19937 random(seed);
    for (const QSize size : {QSize(160, 96), QSize(421, 263)}) {
        for (const int zoom : {0, 3, 12, 30}) {
            SlotSnapshotBuilder builder(1 << 15, 0, 0);
            const auto layout =
                SlotMapLayout::fitted(1 << 15, size.width(), size.height()).zoomedAt(70, 50, zoom);
            SlotMapImage incremental = drawn(layout, size, builder.build());
            for (int round = 0; round < 40; ++round) {
                SCOPED_TRACE("seed " + std::to_string(seed) + " zoom " + std::to_string(zoom) +
                             " round " + std::to_string(round));
                for (int i = 0; i < 20; ++i) {
                    builder.set(random() % (1U << 15U), static_cast<SlotState>(random() % 5));
                }
                const QImage before = incremental.image().copy();
                const PixelRows dirty = incremental.update(builder.build());
                ASSERT_EQ(incremental.image(), drawn(layout, size, builder.build()).image());
                // What is not said to have changed did not.
                for (int y = 0; y < size.height(); ++y) {
                    if (y < dirty.top || y >= dirty.bottom) {
                        ASSERT_EQ(before.copy(0, y, size.width(), 1),
                                  incremental.image().copy(0, y, size.width(), 1));
                    }
                }
            }
        }
    }
}

TEST(SlotMapImage, BlocksWhosePointerIsTheSameAreNotLookedAt) {
    const auto first = SlotSnapshotBuilder(8192, 0, 100).build();
    auto second = std::make_shared<SlotSnapshot>(*first);
    SlotMapImage image = drawn(SlotMapLayout::fitted(8192, 400, 300), {400, 300}, first);
    // A block is immutable; changing one behind its pointer shows whether it is read again.
    const_cast<SlotBlock&>(*second->blocks[0]).states[50] = SlotState::writing;
    EXPECT_EQ(image.update(second), PixelRows{});
}

TEST(SlotMapImage, UnreadBlocksAreUnknownUntilRead) {
    SlotSnapshotBuilder builder(8192, 0, 100);
    const auto layout = SlotMapLayout::fitted(8192, 400, 300);
    SlotMapImage image = drawn(layout, {400, 300}, SlotSnapshotBuilder(builder).unread(1).build());
    EXPECT_EQ(image.cells()[*layout.cellOfSlot(5000)], kUnknownCell);
    image.update(builder.build());
    EXPECT_EQ(image.cells()[*layout.cellOfSlot(5000)], cellCode(SlotState::free));
}

TEST(SlotMapImage, WithoutASnapshotThereIsOnlyBackground) {
    SlotMapImage image;
    image.reset(SlotMapLayout::fitted(0, 50, 40), testColours(), {50, 40}, nullptr);
    EXPECT_EQ(image.image().pixel(25, 20), testColours().background);
    EXPECT_EQ(image.update(nullptr), PixelRows{});
}

TEST(SlotCellTiles, EachStateHasItsOwnPatternBesideItsColour) {
    // All states in one colour: what still differs is the second cue.
    SlotColours colours = testColours();
    colours.states.fill(0xFF777777);
    for (const int side : {8, 12, 20, 40}) {
        const SlotCellTiles tiles(colours, side);
        for (std::size_t a = 1; a < kSlotCellCodeCount; ++a) {
            for (std::size_t b = a + 1; b < kSlotCellCodeCount; ++b) {
                int different = 0;
                for (int y = 0; y < side; ++y) {
                    for (int x = 0; x < side; ++x) {
                        different += tiles.row(static_cast<SlotCellCode>(a), y)[x] !=
                                             tiles.row(static_cast<SlotCellCode>(b), y)[x]
                                         ? 1
                                         : 0;
                    }
                }
                EXPECT_GE(different, side * side / 20) << a << " and " << b << " at " << side;
            }
        }
    }
}

} // namespace
} // namespace ringscope
