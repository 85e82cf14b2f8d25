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
    const MemorySums total = sumsOf(space).regionTotal();
    EXPECT_EQ(total.regions, expected.regions) << "page tables and gaps are no regions";
    EXPECT_EQ(total.size, expected.size);
    EXPECT_EQ(total.rss, expected.rss);
    EXPECT_EQ(total.pss, expected.pss);
    EXPECT_EQ(total.privateBytes, expected.privateBytes);
    EXPECT_EQ(total.sharedBytes, expected.sharedBytes);
}

TEST(MemoryByType, KeepsPageTablesAndHugePagesApart) {
    const AddressSpace space =
        addressSpaceOf("1000-401000 rw-p 00000000 00:0f 9 /anon_hugepage (deleted)\n"
                       "Rss: 0 kB\nPrivate_Hugetlb: 4096 kB\n"
                       "VmFlags: rd wr ht\n");
    const MemoryByType sums = sumsOf(space);
    EXPECT_EQ(sums.of(MemoryType::hugePages).hugetlb, 4096 * kKiB);
    EXPECT_EQ(sums.of(MemoryType::hugePages).rss, 0U);
    EXPECT_EQ(sums.of(MemoryType::pageTable).size, 40 * kKiB);
    EXPECT_EQ(sums.of(MemoryType::pageTable).rss, 0U);
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
    EXPECT_EQ(both.of(MemoryType::pageTable).size, 80 * kKiB);
}

TEST(MemoryByType, RegionsAndGapsFillTheAddressSpace) {
    const AddressSpace space = addressSpaceOf(smapsText("node"));
    const MemoryByType sums = sumsOf(space);
    std::uint64_t mapped = 0;
    for (const MemoryRegion& region : space.map.regions) {
        mapped += region.end < (std::uint64_t{1} << 47U) ? region.size() : 0; // not [vsyscall]
    }
    EXPECT_EQ(sums.of(MemoryType::free).size + mapped, (std::uint64_t{1} << 47U) - 4096);
    EXPECT_GT(sums.of(MemoryType::free).largest, sums.of(MemoryType::free).size / 4);
}

TEST(MemoryByType, CommitsWhatTheKernelCharges) {
    const AddressSpace space = addressSpaceOf(
        "1000-11000 rw-p 00000000 00:00 0\nRss: 8 kB\nVmFlags: rd wr mr mw me ac\n"
        "20000-30000 r--p 00000000 08:01 7 /usr/share/x\nRss: 8 kB\nVmFlags: rd mr mw me\n"
        "40000-50000 rw-s 00000000 00:01 8 /dev/shm/x\nRss: 12 kB\nVmFlags: rd wr sh mr\n"
        "60000-70000 rw-s 00000000 00:01 9 /SYSV00000000 (deleted)\nRss: 4 kB\nVmFlags: rd wr "
        "sh\n");
    const MemoryByType sums = sumsOf(space);
    EXPECT_EQ(sums.of(MemoryType::privateData).committed, 64 * kKiB);
    EXPECT_EQ(sums.of(MemoryType::mappedFile).committed, 0U);
    EXPECT_EQ(sums.of(MemoryType::shareable).committed, (12 + 64) * kKiB);
}

} // namespace
} // namespace ringscope
