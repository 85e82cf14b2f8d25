// SPDX-License-Identifier: MIT
#include "core/memory/map_accounts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/map_snapshots.h"

namespace ringscope {
namespace {

using testing::mapOf;

MapSnapshot snapshotWith(std::uint64_t rollupRss, std::uint64_t rollupPss) {
    MapSnapshot snapshot = mapOf("1000-11000 rw-p 00000000 00:00 0\nRss: 40 kB\nPss: 20 kB\n"
                                 "20000-30000 rw-p 00000000 00:00 0\nRss: 8 kB\nPss: 8 kB\n");
    snapshot.rollup.emplace();
    snapshot.rollup->rss = rollupRss;
    snapshot.rollup->pss = rollupPss;
    return snapshot;
}

std::string textOf(const MapSnapshot& snapshot) {
    std::string text;
    for (const std::string& sentence : mapAccounts(snapshot)) {
        EXPECT_TRUE(sentence.ends_with('.')) << sentence;
        text += sentence + " ";
    }
    return text;
}

using ::testing::HasSubstr;

TEST(MapAccounts, SayThatTheSumsAreTheKernels) {
    const std::string text = textOf(snapshotWith(48U << 10U, 29U << 10U));
    EXPECT_THAT(text, HasSubstr("RSS 48 KiB equals the kernel's own sum, and so do"));
    EXPECT_THAT(text, HasSubstr("PSS is 1 KiB less than the kernel's, which rounds"));
}

TEST(MapAccounts, DoNotCallAChangeARounding) {
    const std::string text = textOf(snapshotWith(60U << 10U, 50U << 10U));
    EXPECT_THAT(text, HasSubstr("differs from the kernel's own sum by 12 KiB"));
    EXPECT_THAT(text, HasSubstr("PSS differs from the kernel's"));
    EXPECT_THAT(textOf(snapshotWith(48U << 10U, 20U << 10U)),
                HasSubstr("PSS differs from the kernel's"));
}

TEST(MapAccounts, NameEverySumThatIsNotTheKernels) {
    MapSnapshot snapshot = mapOf("1000-11000 rw-p 00000000 00:00 0\nRss: 40 kB\nPss: 20 kB\n"
                                 "Private_Dirty: 8 kB\nShared_Clean: 32 kB\nSwap: 4 kB\n"
                                 "Locked: 2 kB\n");
    snapshot.rollup.emplace();
    snapshot.rollup->rss = 40U << 10U;
    snapshot.rollup->pss = 20U << 10U;
    snapshot.rollup->privateDirty = 8U << 10U;
    snapshot.rollup->sharedClean = 32U << 10U;
    snapshot.rollup->swap = 4U << 10U;
    snapshot.rollup->locked = 2U << 10U;
    EXPECT_THAT(textOf(snapshot), HasSubstr("RSS 40 KiB equals the kernel's own sum, and so do "
                                            "private, shared, swapped and locked memory."));
    EXPECT_THAT(textOf(snapshot), HasSubstr("rounds each mapping down"));
    snapshot.rollup->privateDirty = 20U << 10U;
    snapshot.rollup->sharedClean = 20U << 10U;
    snapshot.rollup->swap = 0;
    const std::string text = textOf(snapshot);
    EXPECT_THAT(text, HasSubstr("RSS 40 KiB equals the kernel's own sum."));
    EXPECT_THAT(text, HasSubstr("private memory by 12 KiB, shared memory by 12 KiB, swapped memory "
                                "by 4 KiB"));
    EXPECT_EQ(text.find("rounds"), std::string::npos) << "which is not known then";
}

TEST(MapAccounts, NameWhatIsInNoneOfThem) {
    MapSnapshot snapshot = mapOf("1000-401000 rw-p 00000000 00:0f 9 /anon_hugepage (deleted)\n"
                                 "Private_Hugetlb: 4096 kB\nVmFlags: rd wr ht\n");
    snapshot.counters.emplace();
    snapshot.counters->pageTables = 64U << 10U;
    snapshot.counters->rssPeak = 1U << 20U;
    snapshot.cgroup.emplace();
    snapshot.cgroup->usage = 8U << 20U;
    snapshot.cgroup->limit = 16U << 20U;
    snapshot.cgroup->oomKills = 2;
    snapshot.remarks = {"Mind this."};
    const std::string text = textOf(snapshot);
    EXPECT_THAT(text, HasSubstr("hugetlb memory, 4 MiB, is in neither RSS nor PSS"));
    EXPECT_THAT(text, HasSubstr("64 KiB for its page tables"));
    EXPECT_THAT(text, HasSubstr("Its RSS was 1 MiB at its peak"));
    EXPECT_THAT(text, HasSubstr("charged 8 MiB of 16 MiB"));
    EXPECT_THAT(text, HasSubstr("2 processes were killed"));
    EXPECT_THAT(text, HasSubstr("Mind this."));
    EXPECT_THAT(text, HasSubstr("own sums were not read"));
    snapshot.origin = MapOrigin::coreDump;
    EXPECT_EQ(textOf(snapshot).find("own sum"), std::string::npos) << "there are none to read";
}

TEST(MapAccounts, HoldWhatTheProgramAllocatedAgainstWhatIsResident) {
    MapSnapshot snapshot = mapOf("1000-11000 rw-p 00000000 00:00 0 [heap]\nRss: 40 kB\n");
    EXPECT_EQ(textOf(snapshot).find("heap tracker"), std::string::npos);
    snapshot.heap = HeapFigures{30U << 10U, std::nullopt};
    EXPECT_THAT(textOf(snapshot),
                HasSubstr("has 30 KiB allocated, as the heap tracker counts, and 40 KiB of Heap "
                          "are resident: at least 10 KiB of it is free space"));
    snapshot.heap->liveBytes = 1U << 20U;
    EXPECT_THAT(textOf(snapshot), HasSubstr("the other 984 KiB were never touched, or are large "
                                            "blocks in Private Data"));
    EXPECT_EQ(textOf(snapshot).find("malloc"), std::string::npos) << "it did not say";
}

TEST(MapAccounts, RepeatWhatTheAllocatorSays) {
    MapSnapshot snapshot = mapOf("1000-11000 rw-p 00000000 00:00 0 [heap]\nRss: 40 kB\n");
    snapshot.space.timeNs = 5'000'000'000;
    snapshot.heap =
        HeapFigures{30U << 10U, AllocatorSums{4'500'000'000, 64U << 10U, 0, 20U << 10U, 8U << 10U}};
    const std::string now = textOf(snapshot);
    EXPECT_THAT(now, HasSubstr("glibc's malloc says that of 64 KiB in its arenas 20 KiB are free, "
                               "8 KiB of them at the end of the main one"));
    EXPECT_EQ(now.find("mappings of their own"), std::string::npos);
    snapshot.heap->allocator->mappedBytes = 3U << 20U;
    snapshot.heap->allocator->timeNs = 1'000'000'000;
    EXPECT_THAT(textOf(snapshot), HasSubstr("4 s before this map, glibc's malloc said that"));
    EXPECT_THAT(textOf(snapshot), HasSubstr("large blocks have 3 MiB in mappings of their own"));
}

} // namespace
} // namespace ringscope
