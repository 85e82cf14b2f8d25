// SPDX-License-Identifier: MIT
#include "core/memory/object_mappers.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <sys/mman.h>
#include <unistd.h>

#include "core/memory/address_space.h"
#include "tests/core/memory/child_process.h"

namespace ringscope {
namespace {

using testing::ChildProcess;

constexpr std::size_t kBytes = 64U << 10U;

MemoryRegion regionAt(const void* address) {
    const auto space = readAddressSpace(selfProcess()).value();
    const auto at = reinterpret_cast<std::uintptr_t>(address);
    const auto& regions = space.map.regions;
    return *std::find_if(regions.begin(), regions.end(), [&](const MemoryRegion& region) {
        return region.start <= at && at < region.end;
    });
}

TEST(ObjectMappers, AreThoseThatMapTheSameMemory) {
    void* const shared =
        ::mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ASSERT_NE(shared, MAP_FAILED);
    std::memset(shared, 1, kBytes);
    const ChildProcess toucher(
        [&](const ChildProcess::Steps&) { std::memset(shared, 2, kBytes / 2); });
    const ChildProcess stranger([&](const ChildProcess::Steps&) { ::munmap(shared, kBytes); });
    ASSERT_TRUE(toucher.awaitStep() && stranger.awaitStep());
    const ObjectMappers found = findObjectMappers(regionAt(shared));
    ASSERT_EQ(found.mappers.size(), 2U);
    EXPECT_EQ(found.mappers[0].process.pid, ::getpid()) << "it has the larger share";
    EXPECT_EQ(found.mappers[0].sums.pss, kBytes * 3 / 4);
    EXPECT_EQ(found.mappers[1].process.pid, toucher.pid());
    EXPECT_EQ(found.mappers[1].sums.rss, kBytes / 2);
    EXPECT_FALSE(found.mappers[1].name.empty());
    ::munmap(shared, kBytes);
}

TEST(ObjectMappers, OfAnonymousMemoryAreNone) {
    const MemoryRegion anonymous;
    EXPECT_TRUE(findObjectMappers(anonymous).mappers.empty());
}

} // namespace
} // namespace ringscope
