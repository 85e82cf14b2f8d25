// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/heap/heap_text.h"

#include <gtest/gtest.h>

namespace ringscope {
namespace {

TEST(HeapText, LeavesOutZero) {
    EXPECT_EQ(valueText(HeapMeasure::live, 0, ByteScale::automatic).toStdString(), "");
    EXPECT_EQ(shareText(0, 10).toStdString(), "");
    EXPECT_EQ(shareText(1, 0).toStdString(), "");
    EXPECT_EQ(shareText(1, 100'000).toStdString(), "< 0.1 %");
    EXPECT_EQ(shareText(1, 3).toStdString(), "33.3 %");
    EXPECT_EQ(valueText(HeapMeasure::live, 2048, ByteScale::kib).toStdString(), "2 KiB");
}

TEST(HeapText, SaysWhereAFunctionIs) {
    CallFunction function;
    EXPECT_EQ(placeText(function, 0).toStdString(), "");
    function.module = "/lib/libx.so";
    EXPECT_EQ(placeText(function, 0).toStdString(), "libx.so");
    function.file = "/src/a/b.cpp";
    EXPECT_EQ(placeText(function, 0).toStdString(), "b.cpp");
    EXPECT_EQ(placeText(function, 7).toStdString(), "b.cpp:7");
}

} // namespace
} // namespace ringscope
