// SPDX-License-Identifier: MIT
#include "core/heap/heap_blocks.h"

#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "core/heap/call_tree.h"
#include "tests/support/heap_records.h"

namespace ringscope {
namespace {

using testing::heapRecord;

TEST(HeapBlocks, SayWhoAllocatedEach) {
    const HeapRecord record = heapRecord();
    const HeapBlocks blocks(record.profile, record.symbols);
    ASSERT_EQ(blocks.rows().size(), 2U) << "not the one of a stack that the profile has not";
    const HeapBlocks::Row& first = blocks.rows()[0];
    EXPECT_EQ(first.address, 0x5000U);
    EXPECT_EQ(first.bytes, 100U);
    EXPECT_EQ(first.ageNs, 1'000'000'000);
    EXPECT_EQ(blocks.siteOf(first).function, "g<a; b>()");
    EXPECT_EQ(blocks.siteOf(first).place, "g.h:7");
    EXPECT_EQ(blocks.siteOf(first).stack, 0U);
    EXPECT_EQ(blocks.siteOf(blocks.rows()[1]).function, "[code made at run time] 0xff00");
    EXPECT_EQ(blocks.siteOf(blocks.rows()[1]).stack, 1U);
}

TEST(HeapBlocks, OneThatIsOfTheFutureIsNew) {
    HeapRecord record = heapRecord();
    record.profile.blocks[0].timeNs = record.profile.timeNs + 5;
    EXPECT_EQ(HeapBlocks(record.profile, record.symbols).rows()[0].ageNs, 0);
}

std::string telling(const std::vector<std::string>& functions) {
    std::vector<NamedFrame> frames;
    for (const std::string& function : functions) {
        frames.push_back({function, {}});
    }
    return frames[tellingFrame(frames)].function;
}

TEST(HeapBlocks, AreNamedByWhoUsedTheStandardLibrary) {
    EXPECT_EQ(telling({"operator new(unsigned long)",
                       "std::__cxx11::basic_string<char>::_M_create(unsigned long&)",
                       "std::vector<int>* std::__uninitialized_copy<false>::copy<int>(int)",
                       "__gnu_cxx::new_allocator<int>::allocate(unsigned long, void const*)",
                       "parse(std::string const&)", "main"}),
              "parse(std::string const&)");
    EXPECT_EQ(telling({"std::vector<int> make<std::string>(int)", "main"}),
              "std::vector<int> make<std::string>(int)")
        << "what it returns is not where it is";
    EXPECT_EQ(telling({"std::ostream& std::operator<< <char>(std::ostream&, char)", "print()"}),
              "print()");
    EXPECT_EQ(telling({"(anonymous namespace)::Table<int>::add(int)", "main"}),
              "(anonymous namespace)::Table<int>::add(int)");
    EXPECT_EQ(telling({"stdlib_init", "main"}), "stdlib_init");
    EXPECT_EQ(telling({"std::a()", "std::b()"}), "std::a()");
    EXPECT_EQ(tellingFrame({}), 0U);
}

// By that, a block's row finds its place in the tree.
TEST(HeapBlocks, PathsOfStacksAreOfTheTree) {
    const HeapRecord record = heapRecord();
    const CallTree tree(record.profile, record.symbols, CallDirection::fromMain);
    for (const HeapStack& stack : record.profile.stacks) {
        const auto path = pathOf(record.profile, record.symbols, stack);
        const std::uint32_t node = nodeOfPath(tree, path);
        EXPECT_EQ(pathOf(tree, node), path);
        EXPECT_EQ(tree.nodes()[node].self[HeapMeasure::total], stack.sums.bytes);
    }
}

TEST(KeepBlocks, KeepsTheLargestInTheirOrder) {
    HeapProfile profile = heapRecord().profile;
    profile.blocksLeftOut = 0;
    keepBlocks(profile, {{10, 5, 1, 0}, {20, 50, 1, 0}, {30, 1, 1, 0}, {40, 7, 2, 0}}, 2);
    ASSERT_EQ(profile.blocks.size(), 2U);
    EXPECT_EQ(profile.blocks[0].address, 20U);
    EXPECT_EQ(profile.blocks[1].address, 40U);
    EXPECT_EQ(profile.blocksLeftOut, 2U);
    keepLargestBlocks(profile, 1);
    ASSERT_EQ(profile.blocks.size(), 1U);
    EXPECT_EQ(profile.blocks[0].address, 20U);
    EXPECT_EQ(profile.blocksLeftOut, 3U);
    keepBlocks(profile, {{10, 5, 1, 0}, {20, 50, 1, 0}}, 2);
    EXPECT_EQ(profile.blocks.size(), 2U);
    EXPECT_EQ(profile.blocksLeftOut, 0U);
}

TEST(KeepBlocks, AgesAreOfAllBlocks) {
    HeapProfile profile = heapRecord().profile;
    for (HeapStack& stack : profile.stacks) {
        stack.sums.ageNs = 0;
    }
    profile.total.ageNs = 0;
    keepBlocks(profile, {{10, 5, 1, profile.timeNs - 100}, {20, 50, 1, profile.timeNs - 20}}, 1);
    EXPECT_EQ(profile.stacks[0].sums.ageNs, 120);
    EXPECT_EQ(profile.stacks[1].sums.ageNs, 0);
    EXPECT_EQ(profile.total.ageNs, 120);
}

TEST(MedianLifetime, IsWhatHalfOfThemLivedLessThan) {
    HeapProfile profile;
    EXPECT_EQ(medianLifetimeNs(profile), 0);
    profile.lifetimes = {{64, 3}, {128, 0}, {256, 1}};
    EXPECT_EQ(medianLifetimeNs(profile), 64);
    profile.lifetimes = {{64, 1}, {128, 0}, {256, 2}};
    EXPECT_EQ(medianLifetimeNs(profile), 256);
    profile.lifetimes = {{64, 0}, {128, 1}};
    EXPECT_EQ(medianLifetimeNs(profile), 128);
}

} // namespace
} // namespace ringscope
