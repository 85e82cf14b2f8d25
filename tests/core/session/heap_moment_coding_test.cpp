// SPDX-License-Identifier: MIT
#include "core/session/heap_moment_coding.h"

#include <gtest/gtest.h>
#include <limits>
#include <string>
#include <string_view>

namespace ringscope {
namespace {

HeapMomentRecord record() {
    constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
    HeapMomentRecord record;
    record.label = "P3";
    record.process = {4711, 99, 0};
    record.profileStartNs = 1'000'000'007;
    record.moment.timeNs = 5'000'000'000;
    record.moment.stacks = {{0, 1, 2, 3, 4, 5, 6}, {7, 300, 70'000, 1, 128, 0, kMost}};
    return record;
}

TEST(HeapMomentCoding, GivesBackEveryField) {
    const auto read = decodeHeapMoment(encodeHeapMoment(record()));
    ASSERT_TRUE(read);
    EXPECT_EQ(*read, record());
}

TEST(HeapMomentCoding, RefusesEveryShorterOne) {
    const std::string bytes = encodeHeapMoment(record());
    for (std::size_t length = 0; length < bytes.size(); ++length) {
        EXPECT_EQ(decodeHeapMoment(std::string_view(bytes).substr(0, length)), nullptr) << length;
    }
    EXPECT_NE(decodeHeapMoment(bytes + "what a later version adds"), nullptr);
}

TEST(HeapMomentCoding, RefusesStacksTwiceAndMoreThanThereAre) {
    HeapMomentRecord twice = record();
    twice.moment.stacks[1].stack = 0;
    EXPECT_EQ(decodeHeapMoment(encodeHeapMoment(twice)), nullptr);
    HeapMomentRecord late = record();
    late.moment.timeNs = std::numeric_limits<std::int64_t>::max();
    EXPECT_EQ(decodeHeapMoment(encodeHeapMoment(late)), nullptr);
}

} // namespace
} // namespace ringscope
