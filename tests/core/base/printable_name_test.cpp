// SPDX-License-Identifier: MIT
#include "core/base/printable_name.h"

#include <gtest/gtest.h>

namespace ringscope {
namespace {

TEST(PrintableName, KeepsLettersOfAnyLanguage) {
    for (const char* const name : {"/bin/x", "Gr\u00fc\u00dfe", "\u65e5\u672c", "\U0001F600", ""}) {
        EXPECT_EQ(printableName(name), name);
        EXPECT_EQ(printableKernelName(name), name);
    }
}

TEST(PrintableName, EscapesControlsAndWhereItMattersBackslashes) {
    EXPECT_EQ(printableName("a\nb\x1b[31m\x7f\\"), "a\\012b\\033[31m\\177\\134");
    EXPECT_EQ(printableKernelName("a\\012b\t"), "a\\012b\\011");
}

// One is a control of terminals that know 8 bits; the others turn the text that follows around.
TEST(PrintableName, EscapesControlsBeyondAscii) {
    EXPECT_EQ(printableName("a\u009b31m"), "a\\302\\23331m");
    EXPECT_EQ(printableName("\u0080\u009f\u00a0"), "\\302\\200\\302\\237\u00a0");
    for (const char* const turned : {"\u202a", "\u202e", "\u2066", "\u2069", "\u200e", "\u200f"}) {
        const std::string name = printableName(std::string("a") + turned + "b");
        EXPECT_EQ(name.find(turned), std::string::npos);
        EXPECT_EQ(name.substr(0, 5), "a\\342");
    }
    EXPECT_EQ(printableName("\u2029\u202f\u2070\u200d"), "\u2029\u202f\u2070\u200d");
}

TEST(PrintableName, EscapesBytesThatAreNoUtf8) {
    EXPECT_EQ(printableName("a\x9b"
                            "31m"),
              "a\\23331m");
    EXPECT_EQ(printableName("\xe4\xff"), "\\344\\377");
    EXPECT_EQ(printableName("\xc0\x9b"), "\\300\\233") << "longer than it need be";
    EXPECT_EQ(printableName("\xe2\x80"), "\\342\\200") << "cut short";
    EXPECT_EQ(printableName("\xed\xa0\x80"), "\\355\\240\\200") << "half of a pair";
}

} // namespace
} // namespace ringscope
