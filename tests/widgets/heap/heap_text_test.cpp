// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/heap/heap_text.h"

#include <gtest/gtest.h>

namespace ringscope {
namespace {

std::string shortOf(const char* name) {
    return shortName(name).toStdString();
}

TEST(ShortName, WritesTheStandardLibraryAsItsUsersDo) {
    EXPECT_EQ(shortOf("f(std::__cxx11::basic_string<char, std::char_traits<char>, "
                      "std::allocator<char> > const&)"),
              "f(std::string const&)");
    EXPECT_EQ(shortOf("std::vector<int, std::allocator<int> >::push_back(int const&)"),
              "std::vector<int>::push_back(int const&)");
    EXPECT_EQ(shortOf("std::map<int, A, std::less<int>, std::allocator<std::pair<int const, A> > >"
                      "::operator[](int const&)"),
              "std::map<int, A>::operator[](int const&)");
    EXPECT_EQ(shortOf("std::unique_ptr<A, std::default_delete<A> >::~unique_ptr()"),
              "std::unique_ptr<A>::~unique_ptr()");
}

TEST(ShortName, LeavesOthersAsTheyAre) {
    for (const char* const name :
         {"malloc", "", "f(std::allocator<int>)", "core::ptr::drop_in_place<alloc::string::String>",
          "a<b, std::allocator<", "operator<<(int)", "f(int, std::allocator<char> const&)"}) {
        EXPECT_EQ(shortOf(name), name);
    }
}

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
