// SPDX-License-Identifier: MIT
#include "core/memory/self_cost.h"

#include <vector>

#include <gtest/gtest.h>

namespace ringscope {
namespace {

TEST(SelfUsage, CountsProcessorTimeThatWasUsed) {
    const auto before = readSelfUsage();
    ASSERT_TRUE(before) << before.error().message;
    SelfUsage after = *before;
    while (after.cpuNs - before->cpuNs < 20'000'000) {
        after = readSelfUsage().value();
    }
    const double percent = cpuPercentBetween(*before, after);
    EXPECT_GT(percent, 0.0);
    EXPECT_LE(percent, 101.0) << "one thread cannot use more than a core";
}

TEST(SelfUsage, CountsMemoryThatWasTouched) {
    constexpr std::size_t kSize = std::size_t{32} << 20U;
    const std::uint64_t before = readSelfUsage().value().rss;
    const std::vector<char> touched(kSize, 'x');
    const std::uint64_t after = readSelfUsage().value().rss;
    // Before Linux 6.16 each CPU may hold back some pages of the count; a sanitizer adds its own.
    EXPECT_GE(after - before, touched.size() / 16 * 15);
}

TEST(SelfUsage, IsZeroPerCentWhenNoTimePassed) {
    const SelfUsage cost{1000, 500, 4096};
    EXPECT_EQ(cpuPercentBetween(cost, cost), 0.0);
}

} // namespace
} // namespace ringscope
