// SPDX-License-Identifier: MIT
#include "core/heap/heap_history.h"

#include <gtest/gtest.h>
#include <memory>
#include <vector>

namespace ringscope {
namespace {

struct Stack {
    std::uint32_t number;
    std::uint64_t blocks; // of 10 bytes each
    std::uint64_t live;
    std::uint64_t temporary = 0;
};

HeapProfile profileAt(std::int64_t timeNs, const std::vector<Stack>& stacks) {
    HeapProfile profile;
    profile.startNs = 1000;
    profile.timeNs = timeNs;
    for (const Stack& stack : stacks) {
        HeapStack one;
        one.number = stack.number;
        one.sums.blocks = stack.blocks;
        one.sums.bytes = stack.blocks * 10;
        one.sums.liveBlocks = stack.live;
        one.sums.liveBytes = stack.live * 10;
        one.sums.temporaryBlocks = stack.temporary;
        one.sums.lifetimeNs = static_cast<double>((stack.blocks - stack.live) * 7);
        profile.stacks.push_back(one);
        profile.total += one.sums;
    }
    return profile;
}

// Four readings, the last of which is the profile itself. Stack 3 comes late; 2 changes once only.
class HeapHistoryTest : public testing::Test {
protected:
    HeapHistoryTest() {
        for (const HeapProfile& profile :
             {profileAt(2000, {{1, 10, 10}, {2, 5, 5}}),
              profileAt(3000, {{1, 40, 30, 4}, {2, 5, 5}}),
              profileAt(4000, {{1, 50, 2, 9}, {2, 5, 5}, {3, 8, 8}})}) {
            moments.push_back(std::make_shared<const HeapMoment>(maker.next(profile)));
        }
        whole.peakNs = 3300; // between two readings
        whole.peakBytes = 400;
        whole.stacks[0].sums.peakBlocks = 35;
        whole.stacks[0].sums.peakBytes = 350;
    }

    HeapMomentMaker maker;
    HeapMoments moments;
    HeapProfile whole = profileAt(5000, {{1, 60, 1, 12}, {2, 6, 0}, {3, 8, 8}});
};

TEST_F(HeapHistoryTest, MomentsHaveOnlyWhatChanged) {
    ASSERT_EQ(moments[0]->stacks.size(), 2U);
    ASSERT_EQ(moments[1]->stacks.size(), 1U);
    EXPECT_EQ(moments[1]->stacks[0], (HeapStackMoment{1, 40, 400, 30, 300, 4, 70}));
    ASSERT_EQ(moments[2]->stacks.size(), 2U);
    EXPECT_EQ(moments[2]->stacks[1].stack, 3U);
    EXPECT_TRUE(maker.next(profileAt(4500, {{1, 50, 2, 9}, {2, 5, 5}, {3, 8, 8}})).stacks.empty());
}

TEST_F(HeapHistoryTest, APartHasWhatWasAllocatedInItAndIsAliveAtItsEnd) {
    const HeapProfile part = profileBetween(whole, moments, 2500, 3500);
    ASSERT_TRUE(part.range);
    EXPECT_EQ(*part.range, (HeapRange{2000, 4000})) << "the readings around it";
    ASSERT_EQ(part.stacks.size(), 3U);
    const HeapSums& first = part.stacks[0].sums;
    EXPECT_EQ(first.blocks, 40U);
    EXPECT_EQ(first.bytes, 400U);
    EXPECT_EQ(first.liveBlocks, 2U);
    EXPECT_EQ(first.temporaryBlocks, 9U);
    EXPECT_EQ(first.olderBlocks, 10U);
    EXPECT_EQ(first.freedBlocks(), 48U) << "10 + 40 - 2";
    EXPECT_EQ(first.lifetimeNs, 48 * 7.0);
    EXPECT_EQ(first.maxBlocks, 30U) << "of the readings";
    EXPECT_FALSE(part.stacks[0].isMaxExact);
    EXPECT_EQ(first.peakBlocks, 35U) << "the profile's own peak lies in it";
    EXPECT_EQ(part.peakBytes, 400U);
    EXPECT_EQ(part.stacks[1].sums.blocks, 0U);
    EXPECT_EQ(part.stacks[1].sums.liveBlocks, 5U) << "it stood still";
    EXPECT_EQ(part.stacks[2].sums.blocks, 8U);
    EXPECT_EQ(part.total.bytes, 480U);
}

TEST_F(HeapHistoryTest, ThePeakOfAPartIsThatOfItsReadings) {
    const HeapProfile part = profileBetween(whole, moments, 4000, 4800);
    EXPECT_EQ(*part.range, (HeapRange{4000, 5000}));
    EXPECT_EQ(part.peakNs, 4000);
    EXPECT_EQ(part.peakBytes, 150U);
    EXPECT_EQ(part.stacks[1].sums.peakBlocks, 5U);
    EXPECT_EQ(part.stacks[1].sums.freedBlocks(), 6U);
}

TEST_F(HeapHistoryTest, ARangeReachesFromTheStartToTheEnd) {
    const HeapProfile part = profileBetween(whole, moments, 0, 99'000);
    EXPECT_EQ(*part.range, (HeapRange{1000, 5000}));
    for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_EQ(part.stacks[i].sums.blocks, whole.stacks[i].sums.blocks);
        EXPECT_EQ(part.stacks[i].sums.liveBytes, whole.stacks[i].sums.liveBytes);
    }
    const HeapProfile beginning = profileBetween(whole, moments, 0, 1500);
    EXPECT_EQ(*beginning.range, (HeapRange{1000, 2000}));
    EXPECT_EQ(beginning.total.blocks, 15U);
}

TEST_F(HeapHistoryTest, OfBlocksThoseOfItStayAndWhatIsNotKnownGoes) {
    whole.blocks = {{0x10, 10, 1, 1500}, {0x20, 10, 3, 3500}, {0x30, 10, 3, 4500}};
    whole.lifetimes = {{100, 3}};
    whole.sizes = {{0, 16, 3, 1}};
    const HeapProfile part = profileBetween(whole, moments, 3000, 4000);
    ASSERT_EQ(part.blocks.size(), 1U);
    EXPECT_EQ(part.blocks[0].address, 0x20U);
    EXPECT_TRUE(part.lifetimes.empty());
    EXPECT_TRUE(part.sizes.empty());
}

TEST_F(HeapHistoryTest, ReadingsOfHostileFilesAddNothing) {
    HeapMoment wrong;
    wrong.timeNs = 4500;
    wrong.stacks = {{1, 1, 1, 0, 0, 0, 0}, {77, 9, 9, 9, 9, 9, 9}}; // fewer than before; unknown
    moments.push_back(std::make_shared<const HeapMoment>(wrong));
    const HeapProfile part = profileBetween(whole, moments, 4000, 4500);
    EXPECT_EQ(part.stacks[0].sums.blocks, 0U);
    EXPECT_EQ(part.stacks[0].sums.temporaryBlocks, 0U);
    EXPECT_EQ(part.total.blocks, 0U);
}

TEST_F(HeapHistoryTest, ATimelineAddsUpGroups) {
    const HeapTimeline timeline = timelineOf(whole, moments, {0, 1, 0}, 2);
    EXPECT_EQ(timeline.timesNs, (std::vector<std::int64_t>{1000, 2000, 3000, 4000, 5000}));
    ASSERT_EQ(timeline.groups.size(), 2U);
    std::vector<std::uint64_t> live;
    for (const HeapStackMoment& sum : timeline.groups[0]) {
        live.push_back(sum.liveBytes);
    }
    EXPECT_EQ(live, (std::vector<std::uint64_t>{0, 100, 300, 100, 90}));
    EXPECT_EQ(timeline.groups[1].back().blocks, 6U);
    EXPECT_EQ(timelineOf(whole, {}, {0, 0, 0}, 1).timesNs.size(), 2U);
    const auto most = mostOverTime(whole, moments, {0, 1, 0}, 2);
    EXPECT_EQ(most[0].liveBytes, 300U);
    EXPECT_EQ(most[0].blocks, 68U);
    EXPECT_EQ(most[1].liveBlocks, 5U);
}

} // namespace
} // namespace ringscope
