// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/slots/slot_ages.h"

#include <gtest/gtest.h>

#include <QImage>

#include "tests/widgets/slots/slot_snapshot_builder.h"
#include "widgets/theme/theme.h"

namespace ringscope {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

// Four blocks: read now, 1 s, 10 s and 40 s ago; of the builder's time.
SlotSnapshotBuilder aged() {
    SlotSnapshotBuilder builder(4 * kSlotsPerBlock, 0, 100);
    builder.readBefore(1, kSecond).readBefore(2, 10 * kSecond).readBefore(3, 40 * kSecond);
    return builder;
}

TEST(SlotAges, EachPartHasTheAgeOfItsOldestBlock) {
    EXPECT_EQ(slotAges(*aged().build(), 4),
              (std::vector<std::int64_t>{0, kSecond, 10 * kSecond, 40 * kSecond}));
    EXPECT_EQ(slotAges(*aged().build(), 2), (std::vector<std::int64_t>{kSecond, 40 * kSecond}));
    EXPECT_EQ(slotAges(*aged().build(), 8)[7], 40 * kSecond) << "more parts than blocks";
    EXPECT_EQ(slotAges(*aged().unread(3).build(), 2), (std::vector<std::int64_t>{kSecond, -1}));
    EXPECT_TRUE(slotAges(SlotSnapshot(), 8).empty());
}

TEST(SlotAges, IsThereOnlyWhereThePictureIsOld) {
    const Theme theme{lightTokens()};
    SlotAges ages(theme);
    ages.setSnapshot(SlotSnapshotBuilder(4 * kSlotsPerBlock, 0, 100).build());
    EXPECT_FALSE(ages.isVisibleTo(nullptr));
    ages.setSnapshot(nullptr);
    ages.setSnapshot(aged().build());
    EXPECT_TRUE(ages.isVisibleTo(nullptr));
    EXPECT_EQ(ages.text().toStdString(), "oldest part: 40 s");
    ages.setSnapshot(nullptr);
    ages.setSnapshot(aged().unread(3).build());
    EXPECT_EQ(ages.text().toStdString(), "25 % not read yet");
}

TEST(SlotAges, FreshPartsAreBrighterAndEachTellsItsAge) {
    const Theme theme{lightTokens()};
    SlotAges ages(theme);
    ages.setSnapshot(aged().build());
    ages.resize(700, 24);
    const QImage image = ages.grab().toImage();
    auto* const strip = ages.childAt(4, 12);
    ASSERT_NE(strip, nullptr);
    const auto colour = [&](int part) {
        const int x = strip->x() + (2 * part + 1) * strip->width() / 8;
        return image.pixelColor(x, strip->y() + 4);
    };
    EXPECT_EQ(colour(0), theme.tokens().accent);
    const auto distance = [&](int part) {
        return std::abs(colour(part).blue() - theme.tokens().accent.blue()) +
               std::abs(colour(part).red() - theme.tokens().accent.red());
    };
    EXPECT_LT(distance(0), distance(1));
    EXPECT_LT(distance(1), distance(2));
    EXPECT_LT(distance(2), distance(3));
    EXPECT_EQ(ages.partText(strip->width() - 1).toStdString(),
              "Slots 12\u202F288 to 16\u202F383: read 40 s before this picture");
}

} // namespace
} // namespace ringscope
