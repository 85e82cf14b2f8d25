// SPDX-License-Identifier: MIT
#include "core/memory/smaps_parser.h"

#include <gtest/gtest.h>

#include "tests/core/memory/smaps_fixture.h"

namespace ringscope {
namespace {

using testing::smapsText;

constexpr std::uint64_t kKiB = 1024;

TEST(SmapsParser, ReadsEveryFieldOfARegion) {
    const MemoryMap map =
        parseSmaps("7f0000000000-7f0000200000 rw-s 00001000 08:1f 42    /dev/shm/a ring\n"
                   "Size:               2048 kB\n"
                   "KernelPageSize:        4 kB\n"
                   "MMUPageSize:           4 kB\n"
                   "Rss:                   1 kB\n"
                   "Pss:                   2 kB\n"
                   "Pss_Dirty:             3 kB\n"
                   "Shared_Clean:          4 kB\n"
                   "Shared_Dirty:          5 kB\n"
                   "Private_Clean:         6 kB\n"
                   "Private_Dirty:         7 kB\n"
                   "Referenced:            8 kB\n"
                   "Anonymous:             9 kB\n"
                   "KSM:                  10 kB\n"
                   "LazyFree:             11 kB\n"
                   "AnonHugePages:        12 kB\n"
                   "ShmemPmdMapped:       13 kB\n"
                   "FilePmdMapped:        14 kB\n"
                   "Shared_Hugetlb:       15 kB\n"
                   "Private_Hugetlb:      16 kB\n"
                   "Swap:                 17 kB\n"
                   "SwapPss:              18 kB\n"
                   "Locked:               19 kB\n"
                   "THPeligible:           1\n"
                   "ProtectionKey:         0\n"
                   "VmFlags: rd wr sh q7 mr \n");
    ASSERT_EQ(map.regions.size(), 1U);
    EXPECT_EQ(map.malformedLines, 0U);
    const MemoryRegion& region = map.regions[0];
    EXPECT_EQ(region.start, 0x7f0000000000U);
    EXPECT_EQ(region.size(), 2048 * kKiB);
    EXPECT_EQ(region.offset, 0x1000U);
    EXPECT_EQ(region.deviceMajor, 8U);
    EXPECT_EQ(region.deviceMinor, 0x1fU);
    EXPECT_EQ(region.inode, 42U);
    EXPECT_TRUE(region.isReadable && region.isWritable && region.isSharedMapping);
    EXPECT_FALSE(region.isExecutable);
    EXPECT_EQ(map.nameOf(region), "/dev/shm/a ring");
    EXPECT_EQ(map.flagsOf(region), "rd wr sh q7 mr") << "unknown flags stay as they are";
    EXPECT_EQ(region.pageSize, 4 * kKiB);
    const std::vector<std::uint64_t> sizes = {region.rss,
                                              region.pss,
                                              region.pssDirty,
                                              region.sharedClean,
                                              region.sharedDirty,
                                              region.privateClean,
                                              region.privateDirty,
                                              region.referenced,
                                              region.anonymous,
                                              region.ksm,
                                              region.lazyFree,
                                              region.anonHugePages,
                                              region.shmemPmdMapped,
                                              region.filePmdMapped,
                                              region.sharedHugetlb,
                                              region.privateHugetlb,
                                              region.swap,
                                              region.swapPss,
                                              region.locked};
    for (std::size_t i = 0; i < sizes.size(); ++i) {
        EXPECT_EQ(sizes[i], (i + 1) * kKiB) << i;
    }
}

TEST(SmapsParser, FindsWholeFlagsOnly) {
    const MemoryMap map = parseSmaps("1000-2000 rw-p 00000000 00:00 0\nVmFlags: rd gd mr \n");
    const MemoryRegion& region = map.regions.at(0);
    EXPECT_TRUE(map.hasFlag(region, "rd"));
    EXPECT_TRUE(map.hasFlag(region, "gd"));
    EXPECT_TRUE(map.hasFlag(region, "mr"));
    EXPECT_FALSE(map.hasFlag(region, "d "));
    EXPECT_FALSE(map.hasFlag(region, "dg"));
    EXPECT_FALSE(map.hasFlag(region, "ht"));
}

TEST(SmapsParser, KeepsNamesAsTheKernelWritesThem) {
    const MemoryMap map = parseSmaps(
        "1000-2000 r--p 00000000 08:01 7                 /tmp/two  words\\012Rss: 9 kB (deleted)\n"
        "Rss: 4 kB\n"
        "2000-3000 rw-p 00000000 00:00 0                 [anon: glibc: malloc arena]\n"
        "3000-4000 rw-s 00000000 00:01 5                 [anon_shmem:my ring]\n"
        "4000-5000 rw-s 00000000 00:01 6                 /memfd:\x1b[31m\xff (deleted)\n"
        "5000-6000 rw-p 00000000 00:00 0 \n");
    ASSERT_EQ(map.regions.size(), 5U);
    EXPECT_EQ(map.malformedLines, 0U);
    EXPECT_EQ(map.nameOf(map.regions[0]), "/tmp/two  words\\012Rss: 9 kB (deleted)");
    EXPECT_EQ(map.regions[0].rss, 4 * kKiB);
    EXPECT_EQ(map.nameOf(map.regions[1]), "[anon: glibc: malloc arena]");
    EXPECT_EQ(map.nameOf(map.regions[2]), "[anon_shmem:my ring]");
    EXPECT_EQ(map.nameOf(map.regions[3]), "/memfd:\x1b[31m\xff (deleted)");
    EXPECT_EQ(map.nameOf(map.regions[4]), "");
}

TEST(SmapsParser, LeavesOutWhatIsNoRegionAndCountsIt) {
    const MemoryMap map = parseSmaps("2000-3000 rw-p 00000000 00:00 0\n"
                                     "Rss: 4 kB\n"
                                     "1000-2000 rw-p 00000000 00:00 0\n" // before the one before
                                     "Rss: 8 kB\n"
                                     "2800-4000 rw-p 00000000 00:00 0\n"       // overlaps
                                     "5000-5000 rw-p 00000000 00:00 0\n"       // empty
                                     "6000-11112222333344445 rw-p 0 00:00 0\n" // over 64 bits
                                     "6000-7000 rw 00000000 00:00 0\n"
                                     "6000-7000 rw-p 00000000 00 0\n"
                                     "6000\n"
                                     "no field\n");
    ASSERT_EQ(map.regions.size(), 1U);
    EXPECT_EQ(map.regions[0].rss, 4 * kKiB) << "fields of a region left out go nowhere";
    EXPECT_EQ(map.malformedLines, 8U);
}

TEST(SmapsParser, CountsValuesThatAreNoNumber) {
    const MemoryMap map = parseSmaps("1000-2000 rw-p 00000000 00:00 0\n"
                                     "Rss: many kB\n"
                                     "Pss: 4 MB\n"
                                     "Swap: -4 kB\n"
                                     "Locked:\n"
                                     "Referenced: 18446744073709551615 kB\n"
                                     "Private_Dirty: 8 kB\n"
                                     "Of_A_Newer_Kernel: whatever\n");
    ASSERT_EQ(map.regions.size(), 1U);
    EXPECT_EQ(map.regions[0].rss, 0U);
    EXPECT_EQ(map.regions[0].privateDirty, 8 * kKiB);
    EXPECT_EQ(map.malformedLines, 5U);
}

// As Linux 2.6.32 wrote it: no VmFlags, no huge pages, no SwapPss.
TEST(SmapsParser, ReadsTheFewFieldsOfAnOldKernel) {
    const MemoryMap map = parseSmaps("00400000-004f4000 r-xp 00000000 08:02 173521     /bin/bash\n"
                                     "Size:                976 kB\n"
                                     "Rss:                 488 kB\n"
                                     "Pss:                  61 kB\n"
                                     "Shared_Clean:        488 kB\n"
                                     "Shared_Dirty:          0 kB\n"
                                     "Private_Clean:         0 kB\n"
                                     "Private_Dirty:         0 kB\n"
                                     "Referenced:          488 kB\n"
                                     "Swap:                  0 kB\n"
                                     "KernelPageSize:        4 kB\n"
                                     "MMUPageSize:           4 kB\n");
    ASSERT_EQ(map.regions.size(), 1U);
    EXPECT_EQ(map.malformedLines, 0U);
    EXPECT_EQ(map.regions[0].sharedBytes(), 488 * kKiB);
    EXPECT_EQ(map.regions[0].pageSize, 4 * kKiB) << "also where it comes last";
    EXPECT_EQ(map.flagsOf(map.regions[0]), "");
}

TEST(SmapsParser, ReadsTheSameHoweverTheTextIsCut) {
    const std::string text = smapsText("sleep");
    const MemoryMap whole = parseSmaps(text);
    ASSERT_EQ(whole.regions.size(), 37U);
    for (const std::size_t pieceSize : {1U, 2U, 7U, 61U, 4096U}) {
        SmapsParser parser;
        for (std::size_t at = 0; at < text.size(); at += pieceSize) {
            parser.feed(std::string_view(text).substr(at, pieceSize));
        }
        const MemoryMap map = parser.finish();
        EXPECT_EQ(map.malformedLines, 0U);
        EXPECT_EQ(map.names, whole.names);
        EXPECT_EQ(map.flags, whole.flags);
        ASSERT_EQ(map.regions.size(), whole.regions.size());
        for (std::size_t i = 0; i < map.regions.size(); ++i) {
            EXPECT_EQ(map.regions[i].start, whole.regions[i].start);
            EXPECT_EQ(map.regions[i].rss, whole.regions[i].rss);
            EXPECT_EQ(map.nameOf(map.regions[i]), whole.nameOf(whole.regions[i]));
        }
        EXPECT_TRUE(parser.finish().regions.empty()) << "empty after finish()";
    }
}

// Any text, also a real one with bytes damaged, gives regions in order and never one that is empty.
TEST(SmapsParser, StaysSaneOnDamagedText) {
    const std::string text = smapsText("threads");
    std::uint32_t random = 12345;
    for (int round = 0; round < 200; ++round) {
        std::string damaged = text;
        for (int i = 0; i < 40; ++i) {
            random = random * 1664525U + 1013904223U;
            damaged[random % damaged.size()] = static_cast<char>(random >> 24U);
        }
        damaged.resize(random % damaged.size());
        const MemoryMap map = parseSmaps(damaged);
        std::uint64_t last = 0;
        for (const MemoryRegion& region : map.regions) {
            ASSERT_LE(last, region.start) << "round " << round;
            ASSERT_LT(region.start, region.end) << "round " << round;
            ASSERT_LT(region.name, map.names.size());
            ASSERT_LT(region.flags, map.flags.size());
            last = region.end;
        }
    }
}

} // namespace
} // namespace ringscope
