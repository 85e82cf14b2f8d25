// SPDX-License-Identifier: MIT
#include "core/heap/leak_suppressions.h"

#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace ringscope {
namespace {

TEST(LeakSuppressions, PatternsMatchAsLeakSanitizersDo) {
    EXPECT_TRUE(matchesLeakPattern("make", "remake_all")) << "anywhere";
    EXPECT_TRUE(matchesLeakPattern("^make", "make_all"));
    EXPECT_FALSE(matchesLeakPattern("^make", "remake"));
    EXPECT_TRUE(matchesLeakPattern("all$", "make_all"));
    EXPECT_FALSE(matchesLeakPattern("make$", "make_all"));
    EXPECT_TRUE(matchesLeakPattern("a*b*c", "xxaybzbzcx"));
    EXPECT_FALSE(matchesLeakPattern("a*c*b", "abc"));
    EXPECT_TRUE(matchesLeakPattern("^a*b$", "aXbXb")) << "the last b ends it";
    EXPECT_TRUE(matchesLeakPattern("b$", "bab"));
    EXPECT_FALSE(matchesLeakPattern("^ab$", "abab"));
    EXPECT_TRUE(matchesLeakPattern("^a*$", "a"));
    EXPECT_TRUE(matchesLeakPattern("*", ""));
    EXPECT_FALSE(matchesLeakPattern("a", ""));
    EXPECT_TRUE(matchesLeakPattern("^$", ""));
    EXPECT_FALSE(matchesLeakPattern("^$", "a"));
}

TEST(LeakSuppressions, RefusesLinesThatAreNone) {
    LeakSuppressions suppressions;
    ASSERT_TRUE(suppressions.add("# known\n\n  leak:^main$  \r\nleak:*/libfoo.so\n", "known.supp"));
    EXPECT_EQ(suppressions.patterns(), (std::vector<std::string>{"^main$", "*/libfoo.so"}));
    const auto race = suppressions.add("leak:a\n\nrace:b\n", "other.supp");
    ASSERT_FALSE(race);
    EXPECT_EQ(race.error().kind, ErrorKind::usage);
    EXPECT_EQ(race.error().message.rfind("other.supp:3: ", 0), 0U) << race.error().message;
    EXPECT_FALSE(suppressions.add("leak:", "x")) << "would match everything";
}

TEST(LeakSuppressions, LookAtFunctionsFilesAndModulesOfAllFrames) {
    HeapProfile profile;
    profile.nodes = {{0, 0}, {0x1000, 0}, {0x2000, 1}};
    profile.modules.resize(1);
    profile.modules[0].path = "/usr/lib/libparser.so";
    profile.stacks.resize(1);
    profile.stacks[0].number = 7;
    profile.stacks[0].node = 2;
    HeapSymbols symbols;
    symbols.texts = {"", "inner()", "src/inner.cpp", "outer()"};
    symbols.frames = {{1, 2, 10}, {3, 0, 0}};
    symbols.locations.resize(3);
    symbols.locations[1] = {0, 0x10, 1, 1};
    symbols.locations[2] = {0, 0x20, 0, 1};
    symbols.locationOfNode = {0, 1, 2};
    for (const char* pattern : {"^inner()$", "inner.cpp", "outer", "libparser.so$"}) {
        LeakReport report;
        report.groups.resize(2);
        report.groups[0].stack = 7;
        report.groups[1].stack = 8;
        LeakSuppressions suppressions;
        ASSERT_TRUE(suppressions.add(std::string("leak:nothing\nleak:") + pattern, "x"));
        suppressions.applyTo(report, profile, symbols);
        EXPECT_EQ(report.groups[0].suppression, pattern);
        EXPECT_EQ(report.groups[1].suppression, "") << "a stack that is not known";
    }
}

} // namespace
} // namespace ringscope
