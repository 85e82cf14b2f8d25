// SPDX-License-Identifier: MIT
#include "core/memory/memory_by_type.h"

#include <gtest/gtest.h>

#include "core/memory/region_classifier.h"
#include "tests/core/memory/smaps_fixture.h"

namespace ringscope {
namespace {

using testing::addressSpaceOf;
using testing::smapsText;

constexpr std::uint64_t kKiB = 1024;

MemoryByType sumsOf(const AddressSpace& space) {
    return sumByType(space, classifyRegions(space), 40 * kKiB);
}

TEST(MemoryByType, AddsUpEveryRegionOnce) {
    const AddressSpace space = addressSpaceOf(smapsText("node"));
    MemorySums expected;
    for (const MemoryRegion& region : space.map.regions) {
        expected.regions += 1;
        expected.size += region.size();
        expected.rss += region.rss;
        expected.pss += region.pss;
        expected.privateBytes += region.privateClean + region.privateDirty;
        expected.sharedBytes += region.sharedClean + region.sharedDirty;
    }
    ASSERT_GT(expected.rss, 0U);
    EXPECT_EQ(sumsOf(space).regionTotal(), expected) << "page tables are no region";
}

TEST(MemoryByType, KeepsPageTablesAndHugePagesApart) {
    const AddressSpace space =
        addressSpaceOf("1000-401000 rw-p 00000000 00:0f 9 /anon_hugepage (deleted)\n"
                       "Rss: 0 kB\nPrivate_Hugetlb: 4096 kB\n"
                       "VmFlags: rd wr ht\n");
    const MemoryByType sums = sumsOf(space);
    EXPECT_EQ(sums.of(MemoryType::hugePages).hugetlb, 4096 * kKiB);
    EXPECT_EQ(sums.of(MemoryType::hugePages).rss, 0U);
    EXPECT_EQ(sums.of(MemoryType::pageTable).pss, 40 * kKiB);
    EXPECT_EQ(sums.regionTotal().pss, 0U);
}

TEST(MemoryByType, SumsOfProcessesCountASharedRingOnceInPssOnly) {
    const AddressSpace one =
        addressSpaceOf("1000-801000 rw-s 00000000 00:01 9 /memfd:ring (deleted)\n"
                       "Rss: 8192 kB\nPss: 4096 kB\nShared_Dirty: 8192 kB\n");
    MemoryByType both = sumsOf(one);
    both += sumsOf(one);
    const MemorySums& ring = both.of(MemoryType::shareable);
    EXPECT_EQ(ring.pss, 8192 * kKiB);
    EXPECT_EQ(ring.rss, 2 * 8192 * kKiB);
    EXPECT_EQ(ring.regions, 2U);
    EXPECT_EQ(both.of(MemoryType::pageTable).pss, 80 * kKiB);
}

} // namespace
} // namespace ringscope
