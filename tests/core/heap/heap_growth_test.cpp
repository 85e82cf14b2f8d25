// SPDX-License-Identifier: MIT
#include "core/heap/heap_growth.h"

#include <gtest/gtest.h>
#include <vector>

namespace ringscope {
namespace {

// Live bytes of the stacks 1, 2, ...; 0: it is not there.
HeapProfile profileOf(const std::vector<std::uint64_t>& bytes) {
    HeapProfile profile;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        if (bytes[i] != 0) {
            HeapStack stack;
            stack.number = static_cast<std::uint32_t>(i + 1);
            stack.sums.liveBytes = bytes[i];
            stack.sums.liveBlocks = bytes[i] / 10;
            profile.stacks.push_back(stack);
        }
    }
    return profile;
}

TEST(HeapGrowth, FindsWhatOnlyRises) {
    HeapGrowth growth;
    growth.add(profileOf({10, 100, 50, 70, 0}));
    growth.add(profileOf({20, 200, 50, 70, 10}));
    growth.add(profileOf({20, 150, 50, 70, 20}));
    growth.add(profileOf({40, 900, 50, 70, 90}));
    EXPECT_EQ(growth.readings(), 4U);
    const auto found = growth.growing(2);
    ASSERT_EQ(found.size(), 2U) << "one fell, and two stood still";
    EXPECT_EQ(found[0].stack, 5U) << "it grew most";
    EXPECT_EQ(found[0].fromBytes, 0U);
    EXPECT_EQ(found[0].rises, 3U);
    EXPECT_EQ(found[1].stack, 1U);
    EXPECT_EQ(found[1].fromBytes, 10U);
    EXPECT_EQ(found[1].toBytes, 40U);
    EXPECT_EQ(found[1].toBlocks, 4U);
    EXPECT_EQ(growth.growing(3).size(), 1U);
}

} // namespace
} // namespace ringscope
