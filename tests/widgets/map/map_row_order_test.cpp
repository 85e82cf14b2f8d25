// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/map/map_row_order.h"

#include <gtest/gtest.h>

#include "tests/widgets/map/map_text.h"

namespace ringscope {
namespace {

using testing::kSmallMap;
using testing::sharedMap;

// "name" or "name(start start)" for each row.
std::string written(const MapItems& items, const MapRowFilter& filter, const MapRowSort& sort) {
    const MapRows rows = arrangeMapRows(items, filter, sort);
    std::string text;
    for (const MapRows::Top& top : rows.tops) {
        const std::string& name = items.objectName(top.object);
        text += (text.empty() ? "" : " ") + name.substr(name.rfind('/') + 1);
        for (std::uint32_t child = 0; child < top.childCount; ++child) {
            std::array<char, 24> start{};
            std::snprintf(start.data(), start.size(), "%llx",
                          static_cast<unsigned long long>(
                              items.regionAt(rows.children[top.firstChild + child]).start));
            text += (child == 0 ? "(" : " ") + std::string(start.data());
        }
        text += top.childCount > 0 ? ")" : "";
    }
    return text;
}

std::string filtered(const char* text) {
    MapRowFilter filter;
    filter.text = QLatin1String(text);
    return written(MapItems(sharedMap(kSmallMap)), filter, {});
}

std::string sorted(int column, bool isDescending) {
    return written(MapItems(sharedMap(kSmallMap)), {}, {column, isDescending});
}

int columnOf(std::string_view key) {
    for (int column = 0; column < mapTreeColumnCount(); ++column) {
        const MapColumn* number = mapNumberColumn(column);
        if (number != nullptr && number->key == key) {
            return column;
        }
    }
    return -1;
}

TEST(MapRowOrder, IsByTypeAndAddressAtFirstWithOneRowForOneMapping) {
    EXPECT_EQ(filtered(""), "probe(400000 402000) Data, \"all\".bin "
                            "ring(7f0000000000 7f0000300000) [heap] [stack]");
}

TEST(MapRowOrder, SortsObjectsAndTheMappingsInThem) {
    EXPECT_EQ(sorted(columnOf("rss"), true),
              "ring(7f0000000000 7f0000300000) [heap] probe(402000 400000) [stack] "
              "Data, \"all\".bin");
    EXPECT_EQ(sorted(columnOf("rss"), false),
              "Data, \"all\".bin [stack] probe(400000 402000) [heap] "
              "ring(7f0000300000 7f0000000000)");
    EXPECT_EQ(sorted(kMapAddressColumn, true),
              "[stack] Data, \"all\".bin ring(7f0000300000 7f0000000000) [heap] "
              "probe(402000 400000)");
    EXPECT_EQ(sorted(mapDetailsColumn(), false),
              "ring(7f0000000000 7f0000300000) Data, \"all\".bin probe(400000 402000) [heap] "
              "[stack]");
}

TEST(MapRowOrder, EqualRowsStayByTypeAndAddress) {
    EXPECT_EQ(sorted(columnOf("locked"), true), filtered(""));
    EXPECT_EQ(sorted(columnOf("locked"), false), filtered(""));
}

TEST(MapRowOrder, FindsNamesInAnyCaseWithAllMappings) {
    EXPECT_EQ(filtered("PROBE"), "probe(400000 402000)");
    EXPECT_EQ(filtered(" data "), "Data, \"all\".bin");
    EXPECT_EQ(filtered("nothing"), "");
}

TEST(MapRowOrder, FindsDetailsOfSingleMappings) {
    EXPECT_EQ(filtered("offset 0x2000"), "probe(402000)");
}

TEST(MapRowOrder, AnAddressFindsTheMappingThatContainsIt) {
    EXPECT_EQ(filtered("0x7f0000300abc"), "ring(7f0000300000)");
    EXPECT_EQ(filtered("7F0000300ABC"), "ring(7f0000300000)");
    EXPECT_EQ(filtered("1020fff"), "[heap]");
    EXPECT_EQ(filtered("1021000"), "");
}

TEST(MapRowOrder, TheBeginningOfAnAddressFindsThoseThatStartWithIt) {
    EXPECT_EQ(filtered("7fff"), "[stack]");
    EXPECT_EQ(filtered("7f00003"), "ring(7f0000300000)");
    EXPECT_EQ(filtered("7ff"), "") << "would find nearly everything in most maps";
}

TEST(MapRowOrder, ATypeShowsItsObjectsOnly) {
    MapRowFilter filter;
    filter.type = MemoryType::shareable;
    EXPECT_EQ(written(MapItems(sharedMap(kSmallMap)), filter, {}),
              "ring(7f0000000000 7f0000300000)");
    filter.text = QStringLiteral("probe");
    EXPECT_EQ(written(MapItems(sharedMap(kSmallMap)), filter, {}), "");
}

TEST(MapRowOrder, KnowsTheRowOfEachItem) {
    const MapItems items(sharedMap(kSmallMap));
    const MapRows rows = arrangeMapRows(items, {}, {columnOf("rss"), true});
    for (std::size_t top = 0; top < rows.tops.size(); ++top) {
        EXPECT_EQ(rows.topOf[rows.tops[top].object], static_cast<int>(top));
        for (std::uint32_t child = 0; child < rows.tops[top].childCount; ++child) {
            EXPECT_EQ(rows.childOf[rows.children[rows.tops[top].firstChild + child]],
                      static_cast<int>(child));
        }
    }
}

TEST(MapRowOrder, OfADifferenceOnlyWhatChangedIsShownAtFirst) {
    const std::string_view before = "1000-2000 r--p 00000000 08:01 5 /a\n"
                                    "3000-4000 r--p 00000000 08:01 6 /b\n"
                                    "8000-9000 r--p 00000000 08:01 6 /b\n";
    const std::string_view after = "1000-2000 r--p 00000000 08:01 5 /a\n"
                                   "3000-4000 r--p 00000000 08:01 6 /b\n"
                                   "8000-b000 r--p 00000000 08:01 6 /b\n";
    const MapSnapshotPtr one = sharedMap(before);
    const MapSnapshotPtr other = sharedMap(after);
    const MapItems items(std::make_shared<const MapDifference>(compareMaps(*one, *other)), one,
                         other);
    EXPECT_EQ(written(items, {}, {}), "b(8000)");
    MapRowFilter all;
    all.isOnlyChanged = false;
    EXPECT_EQ(written(items, all, {}), "a b(3000 8000)");
}

} // namespace
} // namespace ringscope
