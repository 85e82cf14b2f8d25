// SPDX-License-Identifier: MIT
#include "core/memory/string_finder.h"

#include <algorithm>
#include <random>

#include <gtest/gtest.h>

namespace ringscope {
namespace {

using namespace std::string_literals;

constexpr std::uint64_t kBase = 0x7f0000001000;

std::vector<FoundString> find(std::string_view bytes, const StringRules& rules = {},
                              std::uint64_t address = kBase) {
    StringFinder finder(rules);
    finder.feed(address, bytes);
    return finder.finish();
}

StringRules withUtf16() {
    StringRules rules;
    rules.encodings = SearchedEncodings::asciiAndUtf16;
    return rules;
}

std::string utf16(std::string_view text) {
    std::string bytes;
    for (const char c : text) {
        bytes += c;
        bytes += '\0';
    }
    return bytes;
}

FoundString ascii(std::uint64_t offset, const std::string& text) {
    return {kBase + offset, text.size(), TextEncoding::ascii, text};
}

TEST(StringFinder, FindsRunsOfPrintableCharacters) {
    const auto found = find("\0\1hello, ring\0abc\0tab\there\x7f~~~~\x80 xyz"s);
    EXPECT_EQ(found, (std::vector{ascii(2, "hello, ring"), ascii(18, "tab\there"),
                                  ascii(27, "~~~~"), ascii(32, " xyz")}));
}

TEST(StringFinder, TakesWhatIsLongEnoughOnly) {
    StringRules rules;
    rules.minChars = 6;
    EXPECT_EQ(find("12345\0123456\0"s, rules), std::vector<FoundString>());
    EXPECT_EQ(find("12345\n123456\0"s, rules), std::vector{ascii(6, "123456")});
    rules.minChars = 1;
    EXPECT_EQ(find("\0a\0"s, rules), std::vector{ascii(1, "a")});
}

TEST(StringFinder, FindsUtf16AtEvenAndOddAddresses) {
    const std::string bytes = "\xff\xff"s + utf16("wide") + "\xff" + utf16("odd one") + "\xff";
    EXPECT_EQ(find(bytes), std::vector<FoundString>());
    EXPECT_EQ(find(bytes, withUtf16()),
              (std::vector<FoundString>{{kBase + 2, 8, TextEncoding::utf16, "wide"},
                                        {kBase + 11, 14, TextEncoding::utf16, "odd one"}}));
}

TEST(StringFinder, DoesNotTakeAsciiForUtf16) {
    const auto found = find("plain text\0\0\0more text\0"s, withUtf16());
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[0].encoding, TextEncoding::ascii);
    EXPECT_EQ(found[1].encoding, TextEncoding::ascii);
}

TEST(StringFinder, KeepsTheBeginningOfALongText) {
    StringRules rules;
    rules.keptChars = 5;
    const auto found = find(std::string(1000, 'x'), rules);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].text, "xxxxx");
    EXPECT_EQ(found[0].size, 1000U);
}

TEST(StringFinder, SaysThatItFoundMoreThanItKeeps) {
    StringRules rules;
    rules.maxStrings = 2;
    StringFinder exactly(rules);
    exactly.feed(kBase, "one1\0two2"s);
    EXPECT_EQ(exactly.finish().size(), 2U);
    EXPECT_FALSE(exactly.isCut());
    StringFinder more(rules);
    more.feed(kBase, "one1\0two2\0three"s);
    EXPECT_FALSE(more.isCut());
    EXPECT_EQ(more.finish().size(), 2U);
    EXPECT_TRUE(more.isCut());
}

TEST(StringFinder, DoesNotReadOnOverAGap) {
    StringFinder finder({});
    finder.feed(kBase, "left");
    finder.feed(kBase + 0x1000, "right");
    EXPECT_EQ(finder.finish(), (std::vector{ascii(0, "left"), ascii(0x1000, "right")}));
}

TEST(StringFinder, DoesNotPutACharacterOfUtf16TogetherOverAGap) {
    StringFinder finder(withUtf16());
    finder.feed(kBase, "a");
    finder.feed(kBase + 0x1000, "\0"s + utf16("right"));
    EXPECT_EQ(finder.finish(),
              (std::vector<FoundString>{{kBase + 0x1001, 10, TextEncoding::utf16, "right"}}));
}

// However the bytes are cut into pieces, the same is found; and it is what a search without a state
// finds.
TEST(StringFinder, CutsBetweenPiecesChangeNothing) {
    for (unsigned seed = 0; seed < 500; ++seed) {
        std::mt19937 random(seed);
        std::string bytes;
        while (bytes.size() < 300) {
            const std::string word(1 + random() % 9, static_cast<char>('a' + random() % 26));
            bytes += random() % 2 == 0 ? word : utf16(word);
            bytes += std::string(random() % 3, static_cast<char>(random() % 2));
        }
        const std::uint64_t address = kBase + random() % 2;
        std::vector<FoundString> expected;
        const auto isText = [&](std::size_t at) { return bytes[at] >= 'a'; };
        for (std::size_t at = 0; at < bytes.size(); ++at) {
            std::size_t end = at;
            while (end < bytes.size() && isText(end) && (at == 0 || !isText(at - 1))) {
                ++end;
            }
            if (end - at >= 4) {
                expected.push_back(
                    {address + at, end - at, TextEncoding::ascii, bytes.substr(at, end - at)});
            }
            const auto isWide = [&](std::size_t i) {
                return i + 1 < bytes.size() && isText(i) && bytes[i + 1] == '\0';
            };
            std::string wide;
            for (end = at; isWide(end) && (at < 2 || !isWide(at - 2)); end += 2) {
                wide += bytes[end];
            }
            if (wide.size() >= 4) {
                expected.push_back({address + at, end - at, TextEncoding::utf16, wide});
            }
        }
        StringFinder finder(withUtf16());
        for (std::size_t at = 0; at < bytes.size();) {
            const std::size_t size = std::min(bytes.size() - at, random() % 20 + 0UL);
            finder.feed(address + at, std::string_view(bytes).substr(at, size));
            at += size;
        }
        ASSERT_EQ(finder.finish(), expected) << "seed " << seed;
    }
}

} // namespace
} // namespace ringscope
