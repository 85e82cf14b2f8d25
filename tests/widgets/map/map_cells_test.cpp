// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/map/map_cells.h"

#include <gtest/gtest.h>

namespace ringscope {
namespace {

const MapColumn& size() {
    return *findMapColumn("size");
}
const MapColumn& mappings() {
    return *findMapColumn("blocks");
}

TEST(MapCells, AmountsHaveTheirUnitAndZeroIsBlank) {
    EXPECT_EQ(mapAmountText(size(), 4'313'088, ByteScale::automatic), QStringLiteral("4.11 MiB"));
    EXPECT_EQ(mapAmountText(size(), 12'288, ByteScale::kib), QStringLiteral("12 KiB"));
    EXPECT_EQ(mapAmountText(mappings(), 38'587, ByteScale::automatic),
              QStringLiteral("38\u202f587"));
    EXPECT_EQ(mapAmountText(size(), 0, ByteScale::automatic), QString());
    EXPECT_EQ(mapAmountText(size(), std::nullopt, ByteScale::automatic), QString());
}

TEST(MapCells, ChangesHaveTheirSign) {
    EXPECT_EQ(mapChangeText(size(), 4096, ByteScale::automatic), QStringLiteral("+4 KiB"));
    EXPECT_EQ(mapChangeText(size(), -4096, ByteScale::automatic), QStringLiteral("\u22124 KiB"));
    EXPECT_EQ(mapChangeText(mappings(), -1'200, ByteScale::automatic),
              QStringLiteral("\u22121\u202f200"));
    EXPECT_EQ(mapChangeText(size(), 0, ByteScale::automatic), QString());
}

TEST(MapCells, CopiesHaveEveryDigit) {
    EXPECT_EQ(mapExactText(140'737'488'351'232), QStringLiteral("140737488351232"));
    EXPECT_EQ(mapExactText(1'000'000), QStringLiteral("1000000"));
    EXPECT_EQ(mapExactText(-4096), QStringLiteral("-4096"));
    EXPECT_EQ(mapExactText(0), QStringLiteral("0"));
    EXPECT_EQ(mapExactText(std::nullopt), QString());
    EXPECT_EQ(mapExactWords(size(), 4'313'088), QStringLiteral("4\u202f313\u202f088 bytes"));
    EXPECT_EQ(mapExactWords(mappings(), 3), QStringLiteral("3"));
}

TEST(MapCells, SaysBothSidesOfAChange) {
    EXPECT_EQ(mapBeforeAfterText(size(), 0, 4096, ByteScale::automatic),
              QStringLiteral("0 before, 4 KiB after"));
}

TEST(MapCells, EachColumnHasANameInBothSetsAndSaysWhatItIs) {
    for (const MapColumn& column : mapColumns()) {
        EXPECT_FALSE(mapColumnTitle(column, ColumnNames::linuxNames).isEmpty());
        EXPECT_FALSE(mapColumnTitle(column, ColumnNames::vmmapNames).isEmpty());
        EXPECT_TRUE(mapColumnHelp(column).contains(QLatin1String("\nFrom: ")));
    }
    EXPECT_EQ(mapColumnTitle(*findMapColumn("rss"), ColumnNames::vmmapNames),
              QStringLiteral("Total WS"));
    EXPECT_EQ(mapColumnHead(*findMapColumn("rss"), ColumnNames::linuxNames),
              QStringLiteral("RSS [bytes]"));
    EXPECT_EQ(mapColumnHead(mappings(), ColumnNames::linuxNames), QStringLiteral("Mappings"));
}

TEST(MapCells, AddressesAreWrittenAsTheKernelDoes) {
    EXPECT_EQ(addressText(0x400000), QStringLiteral("00400000"));
    EXPECT_EQ(addressText(0xffffffffff600000), QStringLiteral("ffffffffff600000"));
}

} // namespace
} // namespace ringscope
