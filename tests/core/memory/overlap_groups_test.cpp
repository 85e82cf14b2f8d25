// SPDX-License-Identifier: MIT
#include "core/memory/overlap_groups.h"

#include <gtest/gtest.h>
#include <string>

namespace ringscope {
namespace {

std::string groupsOf(const std::vector<KeyedRange>& before, const std::vector<KeyedRange>& after) {
    std::string text;
    for (const OverlapGroup& group : groupOverlaps(before, after)) {
        text += text.empty() ? "" : "; ";
        for (const std::uint32_t index : group.before) {
            text += std::to_string(index);
        }
        text += ">";
        for (const std::uint32_t index : group.after) {
            text += std::to_string(index);
        }
    }
    return text;
}

TEST(OverlapGroups, PartsOfWhatWasCutStayTogether) {
    EXPECT_EQ(groupsOf({{10, 90, 0}}, {{10, 50, 0}, {60, 90, 0}}), "0>01");
    EXPECT_EQ(groupsOf({{10, 50, 0}, {60, 90, 0}}, {{10, 90, 0}}), "01>0");
}

TEST(OverlapGroups, WhatOnlyTouchesOrLiesApartIsAlone) {
    EXPECT_EQ(groupsOf({{10, 20, 0}}, {{20, 30, 0}, {40, 50, 0}}), "0>; >0; >1");
}

TEST(OverlapGroups, RangesOfOtherKeysAreNotTheSameMemory) {
    EXPECT_EQ(groupsOf({{10, 20, 1}}, {{10, 20, 2}}), "0>; >0");
    EXPECT_EQ(groupsOf({{10, 90, 1}}, {{10, 40, 1}, {40, 50, 2}, {50, 90, 1}}), "0>02; >1");
}

TEST(OverlapGroups, OneRangeLeadsToTheNext) {
    EXPECT_EQ(groupsOf({{10, 30, 0}, {40, 60, 0}}, {{20, 50, 0}, {55, 70, 0}}), "01>01");
}

} // namespace
} // namespace ringscope
