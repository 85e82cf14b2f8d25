// SPDX-License-Identifier: MIT
#include "core/heap/function_name.h"

#include <gtest/gtest.h>

namespace ringscope {
namespace {

std::string shortOf(const char* name) {
    return shortFunctionName(name);
}

TEST(ShortFunctionName, WritesTheStandardLibraryAsItsUsersDo) {
    EXPECT_EQ(shortOf("f(std::__cxx11::basic_string<char, std::char_traits<char>, "
                      "std::allocator<char> > const&)"),
              "f(std::string const&)");
    EXPECT_EQ(shortOf("std::vector<int, std::allocator<int> >::push_back(int const&)"),
              "std::vector<int>::push_back(int const&)");
    EXPECT_EQ(shortOf("std::map<int, A, std::less<int>, std::allocator<std::pair<int const, A> > >"
                      "::operator[](int const&)"),
              "std::map<int, A>::operator[](int const&)");
    EXPECT_EQ(shortOf("std::unordered_map<int, A, std::hash<int>, std::equal_to<int>, "
                      "std::allocator<std::pair<int const, A> > >::clear()"),
              "std::unordered_map<int, A>::clear()");
    EXPECT_EQ(shortOf("std::vector<std::vector<char, std::allocator<char> >, "
                      "std::allocator<std::vector<char, std::allocator<char> > > >::f()"),
              "std::vector<std::vector<char>>::f()");
    EXPECT_EQ(shortOf("std::unique_ptr<A, std::default_delete<A> >::~unique_ptr()"),
              "std::unique_ptr<A>::~unique_ptr()");
}

TEST(ShortFunctionName, LeavesOthersAsTheyAre) {
    for (const char* const name :
         {"malloc", "", "f(std::allocator<int>)", "core::ptr::drop_in_place<alloc::string::String>",
          "a<b, std::allocator<", "operator<<(int)", "f(int, std::allocator<char> const&)"}) {
        EXPECT_EQ(shortOf(name), name);
    }
}

} // namespace
} // namespace ringscope
