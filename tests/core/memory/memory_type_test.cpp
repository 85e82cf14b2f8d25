// SPDX-License-Identifier: MIT
#include "core/memory/memory_type.h"

#include <set>

#include <gtest/gtest.h>

namespace ringscope {
namespace {

TEST(MemoryType, NamesAreThoseOfTheCommandLine) {
    EXPECT_EQ(memoryTypeName(MemoryType::image), "Image");
    EXPECT_EQ(memoryTypeName(MemoryType::mappedFile), "Mapped File");
    EXPECT_EQ(memoryTypeName(MemoryType::privateData), "Private Data");
    EXPECT_EQ(memoryTypeName(MemoryType::pageTable), "Page Table");
    EXPECT_EQ(memoryTypeName(MemoryType::free), "Free");
}

TEST(MemoryType, EveryTypeIsListedOnceAndFoundByItsName) {
    std::set<std::string_view> names;
    for (std::size_t i = 0; i < kMemoryTypeCount; ++i) {
        EXPECT_EQ(static_cast<std::size_t>(kMemoryTypes[i]), i);
        EXPECT_TRUE(names.insert(memoryTypeName(kMemoryTypes[i])).second);
        EXPECT_EQ(memoryTypeFromName(memoryTypeName(kMemoryTypes[i])), kMemoryTypes[i]);
    }
    EXPECT_EQ(memoryTypeFromName("image"), std::nullopt);
    EXPECT_EQ(memoryTypeFromName(""), std::nullopt);
}

} // namespace
} // namespace ringscope
