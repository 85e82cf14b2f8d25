// SPDX-License-Identifier: MIT
#include "core/memory/vmmap_csv.h"

#include <gtest/gtest.h>

#include <random>

namespace ringscope {
namespace {

// As VMMap writes it; "_" stands for what parts thousands.
std::string exportText(std::string_view separator = ",") {
    const std::string_view text =
        "\"Process:\",\"probe.exe\"\r\n\"PID:\",\"4711\"\r\n\r\n"
        "\"Type\",\"Size\",\"Committed\",\"Private\",\"Total WS\",\"Private WS\",\"Shareable WS\","
        "\"Shared WS\",\"Locked WS\",\"Blocks\",\"Largest\"\r\n"
        "\"Total\",\"9_999\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\"\r\n\r\n"
        "\"Address\",\"Type\",\"Size\",\"Committed\",\"Private\",\"Total WS\",\"Private WS\","
        "\"Shareable WS\",\"Shared WS\",\"Locked WS\",\"Blocks\",\"Protection\",\"Details\"\r\n"
        "\"00010000\",\"Heap (Shareable)\",\"64\",\"64\",\"\",\"8\",\"\",\"8\",\"4\",\"\",\"1\","
        "\"Read/Write\",\"Heap ID: 1\"\r\n"
        "\"  00010000\",\"Heap (Shareable)\",\"64\",\"64\",\"\",\"8\",\"\",\"8\",\"4\",\"\",\"\","
        "\"Read/Write\",\"\"\r\n"
        "\"00100000\",\"Thread Thing\",\"4\",\"4\",\"4\",\"4\",\"4\",\"\",\"\",\"\",\"1\","
        "\"Read\",\"\"\r\n"
        "\"00200000\",\"Stack\",\"1_024\",\"28\",\"28\",\"20\",\"20\",\"\",\"\",\"\",\"2\","
        "\"Read/Write/Guard\",\"Thread ID: 2508\"\r\n"
        "\"  00200000\",\"Stack\",\"996\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"Reserved\","
        "\"\"\r\n"
        "\"  002F9000\",\"Stack\",\"28\",\"28\",\"28\",\"20\",\"20\",\"\",\"\",\"4\",\"\","
        "\"Read/Write\",\"\"\r\n"
        "\"00400000\",\"Image (ASLR)\",\"1_234_568\",\"1_234_568\",\"64\",\"2_048\",\"64\","
        "\"1_984\",\"1_024\",\"\",\"5\",\"Execute/Read\",\"C:\\probe, \"\"x\"\".exe\"\r\n"
        "\"7FFF0000\",\"Free\",\"999_999\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\"\r\n"
        "\"80000000\",\"Unusable\",\"60\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\"\r\n";
    std::string result;
    for (const char c : text) {
        result += c == '_' ? std::string(separator) : std::string(1, c);
    }
    return result;
}

std::string asUtf16(std::string_view text) {
    std::string result = "\xff\xfe";
    for (const char c : text) {
        result += c;
        result += '\0';
    }
    return result;
}

void expectTheProbe(const std::string& bytes) {
    ASSERT_TRUE(startsAsVmmapCsv(std::string_view(bytes).substr(0, 4096)));
    const auto read = mapFromVmmapCsv(bytes, "x.csv");
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->origin, MapOrigin::vmmapCsv);
    EXPECT_EQ(read->name, "probe.exe");
    EXPECT_EQ(read->space.process.pid, 4711);
    const MemoryByType sums = read->sums();
    const MemorySums& image = sums.of(MemoryType::image);
    EXPECT_EQ(image.size, 1'234'568U * 1024);
    EXPECT_EQ(image.committed, image.size);
    EXPECT_EQ(image.rss, 2048U * 1024);
    EXPECT_EQ(image.privateBytes, 64U * 1024);
    EXPECT_EQ(image.shareable, 1984U * 1024);
    EXPECT_EQ(image.sharedBytes, 1024U * 1024);
    const MemorySums& stack = sums.of(MemoryType::stack);
    EXPECT_EQ(stack.regions, 2U) << "its blocks, and not the allocation";
    EXPECT_EQ(stack.size, 1024U * 1024);
    EXPECT_EQ(stack.committed, 28U * 1024);
    EXPECT_EQ(stack.locked, 4U * 1024);
    EXPECT_EQ(sums.of(MemoryType::heap).regions, 1U);
    EXPECT_EQ(sums.of(MemoryType::unknown).size, 4096U);
    EXPECT_EQ(sums.of(MemoryType::reserved).size, 60U * 1024);
    const MemoryMap& map = read->space.map;
    ASSERT_EQ(map.regions.size(), 6U);
    EXPECT_EQ(map.nameOf(map.regions[0]), "Heap ID: 1") << "a block has its allocation's name";
    EXPECT_EQ(map.nameOf(map.regions[4]), "C:\\probe, \"x\".exe");
    EXPECT_TRUE(map.regions[4].isExecutable);
    EXPECT_FALSE(map.regions[4].isWritable);
    EXPECT_TRUE(map.regions[2].hasNoAccess());
    ASSERT_EQ(read->remarks.size(), 2U);
    EXPECT_NE(read->remarks[1].find("8 KB that VMMap counts as Private"), std::string::npos);
}

TEST(VmmapCsv, ReadsThousandsOfAnyLocale) {
    for (const char* separator :
         {",", ".", " ", "'", "", "\xc2\xa0", "\xe2\x80\xaf", "\xa0", "\xe2\x80\x99", "\x92"}) {
        SCOPED_TRACE(separator);
        expectTheProbe(exportText(separator));
    }
}

TEST(VmmapCsv, ReadsEveryEncoding) {
    expectTheProbe("\xef\xbb\xbf" + exportText());
    expectTheProbe(asUtf16(exportText()));
}

TEST(VmmapCsv, NamesTheLineThatMakesNoSense) {
    const auto whyNot = [](std::string from, const std::string& to) {
        std::string text = exportText();
        text.replace(text.find(from), from.size(), to);
        const auto read = mapFromVmmapCsv(text, "x.csv");
        return read ? "read" : read.error().message;
    };
    EXPECT_NE(whyNot("\"996\"", "\"99.6\"")
                  .find("x.csv is no export of VMMap that Ringscope can "
                        "read: line 12 has a Size"),
              std::string::npos);
    EXPECT_NE(whyNot("002F9000", "002G9000").find("line 13"), std::string::npos);
    EXPECT_NE(whyNot("002F9000", "002F8000").find("line 13 overlaps"), std::string::npos);
    EXPECT_NE(whyNot("\"Address\"", "\"Adresse\"").find("no list of regions"), std::string::npos);
    EXPECT_NE(whyNot("\"1,024\"", "\"99999999999999999999\"").find("line 11"), std::string::npos);
}

TEST(VmmapCsv, RefusesMoreInMemoryThanThereIs) {
    std::string text = exportText();
    const std::string_view stack = "\"28\",\"28\",\"28\",\"20\",\"20\"";
    const auto at = text.rfind(stack);
    ASSERT_NE(at, std::string::npos);
    text.replace(at, stack.size(), "\"28\",\"28\",\"28\",\"29\",\"20\"");
    const auto read = mapFromVmmapCsv(text, "x.csv");
    ASSERT_FALSE(read);
    EXPECT_NE(read.error().message.find("larger than its Size"), std::string::npos)
        << read.error().message;
}

TEST(VmmapCsv, SurvivesCutsAndMutations) {
    const std::string good = exportText();
    for (std::size_t size = 0; size <= good.size(); ++size) {
        (void)mapFromVmmapCsv(good.substr(0, size), "x");
        (void)mapFromVmmapCsv(asUtf16(good).substr(0, size), "x");
    }
    std::mt19937 random(20261123);
    for (int turn = 0; turn < 3000; ++turn) {
        std::string text = good;
        for (int change = 0; change < 4; ++change) {
            text[random() % text.size()] = static_cast<char>(random());
        }
        const auto read = mapFromVmmapCsv(text, "x");
        ASSERT_TRUE(!read || read->types.size() == read->space.map.regions.size());
    }
}

} // namespace
} // namespace ringscope
