// SPDX-License-Identifier: MIT
#include "core/memory/process_counters.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

namespace ringscope {
namespace {

constexpr std::uint64_t kKiB = 1024;
constexpr std::size_t kSize = std::size_t{8} << 20U;

ProcessCountersReader openSelf() {
    return ProcessCountersReader::open(::getpid()).value();
}

// Anonymous memory in pages of 4 KiB, not touched yet; unmapped by the destructor.
class Pages {
public:
    explicit Pages(int flags)
        : m_start(::mmap(nullptr, kSize, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1, 0)) {
        ::madvise(m_start, kSize, MADV_NOHUGEPAGE);
    }
    Pages(const Pages&) = delete;
    Pages& operator=(const Pages&) = delete;
    ~Pages() { ::munmap(m_start, kSize); }
    void touch() const {
        for (std::size_t at = 0; at < kSize; at += 4 * kKiB) {
            static_cast<volatile char*>(m_start)[at] = 1;
        }
    }

private:
    void* m_start;
};

TEST(FastCounters, PartsAddUpToRss) {
    const FastCounters counters = openSelf().readFast().value();
    EXPECT_EQ(counters.rss,
              counters.rssAnon.value() + counters.rssFile.value() + counters.rssShmem.value());
    EXPECT_GE(counters.rssPeak, counters.rss);
    EXPECT_GE(counters.virtualSize, counters.rss);
    EXPECT_GT(counters.pageTables.value(), 0U);
    EXPECT_GE(counters.threads, 1U);
}

TEST(FastCounters, CountTouchedMemoryAndItsFaults) {
    auto reader = openSelf();
    const Pages shared(MAP_SHARED);
    const FastCounters before = reader.readFast().value();
    shared.touch();
    const FastCounters after = reader.readFast().value();
    // Before Linux 6.16 each CPU may hold back some pages of the count.
    constexpr std::uint64_t kTolerance = kSize / 16;
    EXPECT_NEAR(static_cast<double>(*after.rssShmem - *before.rssShmem), static_cast<double>(kSize),
                static_cast<double>(kTolerance));
    EXPECT_GE(after.minorFaults - before.minorFaults, kSize / (4 * kKiB));
    // None is due to what was touched; a page of this program may have had to come back from disk.
    EXPECT_LT(after.majorFaults - before.majorFaults, kSize / (16 * kKiB));
    EXPECT_GT(after.timeNs, before.timeNs);
}

TEST(FastCounters, PeakOutlivesThePages) {
    auto reader = openSelf();
    const FastCounters before = reader.readFast().value();
    {
        const Pages pages(MAP_PRIVATE);
        const Pages more(MAP_PRIVATE);
        pages.touch();
        more.touch();
    }
    const FastCounters after = reader.readFast().value();
    EXPECT_GE(after.rssPeak, before.rss + kSize);
    EXPECT_LT(after.rss, before.rss + kSize);
}

TEST(FastCounters, ProcessorTimeGrowsAsItIsUsed) {
    auto reader = openSelf();
    const FastCounters before = reader.readFast().value();
    FastCounters after = before;
    const std::int64_t waitNs = 50'000'000; // several clock ticks
    while (after.userNs + after.systemNs - before.userNs - before.systemNs < waitNs) {
        after = reader.readFast().value();
    }
    EXPECT_GE(after.timeNs - before.timeNs, waitNs / 2);
}

TEST(SlowCounters, EveryPageIsPrivateOrShared) {
    const SlowCounters counters = openSelf().readSlow().value();
    EXPECT_EQ(counters.rss, counters.privateBytes() + counters.sharedBytes());
    EXPECT_LE(counters.pss, counters.rss);
    EXPECT_GE(counters.pss, counters.privateBytes());
    EXPECT_GT(counters.costNs, 0);
}

// As Linux 4.14 wrote it.
TEST(SlowCounters, AreEmptyWhereAnOldKernelReportsNothing) {
    const auto counters = parseSmapsRollup("00400000-7fff ---p 00000000 00:00 0    [rollup]\n"
                                           "Rss:                 884 kB\n"
                                           "Pss:                 385 kB\n"
                                           "Shared_Clean:        696 kB\n"
                                           "Shared_Dirty:          0 kB\n"
                                           "Private_Clean:       120 kB\n"
                                           "Private_Dirty:        68 kB\n"
                                           "Referenced:          884 kB\n"
                                           "Anonymous:            68 kB\n"
                                           "Swap:                  4 kB\n"
                                           "Locked:              385 kB\n");
    ASSERT_TRUE(counters);
    EXPECT_EQ(counters->pss, 385 * kKiB);
    EXPECT_EQ(counters->privateBytes(), 188 * kKiB);
    EXPECT_EQ(counters->sharedBytes(), 696 * kKiB);
    EXPECT_EQ(counters->swap, 4 * kKiB);
    EXPECT_EQ(counters->pssShmem, std::nullopt);
    EXPECT_EQ(counters->pssDirty, std::nullopt);
    EXPECT_EQ(counters->swapPss, std::nullopt);
    EXPECT_EQ(counters->sharedHugetlb, std::nullopt);
    EXPECT_EQ(counters->privateHugetlb, std::nullopt);
}

TEST(FastCounters, AreEmptyWhereAnOldKernelReportsNothing) {
    const auto counters =
        parseStatus("Name:\tVmRSS: 9 kB\nVmSize:\t    4096 kB\nVmHWM:\t     900 kB\n"
                    "VmRSS:\t     884 kB\nVmPTE:\t      28 kB\n");
    ASSERT_TRUE(counters);
    EXPECT_EQ(counters->rss, 884 * kKiB) << "not what the program calls itself";
    EXPECT_EQ(counters->rssPeak, 900 * kKiB);
    EXPECT_EQ(counters->pageTables, 28 * kKiB);
    EXPECT_EQ(counters->rssShmem, std::nullopt);
    EXPECT_EQ(counters->swap, std::nullopt);
    EXPECT_EQ(counters->hugetlb, std::nullopt);
}

TEST(ProcessCounters, TextWithoutItsFirstFieldsIsNone) {
    EXPECT_EQ(parseStatus(""), std::nullopt);
    EXPECT_EQ(parseStatus("Name:\tkthreadd\nThreads:\t1\n"), std::nullopt);
    EXPECT_EQ(parseStatus("VmSize: 10 kB\nVmRSS: x kB\n"), std::nullopt);
    EXPECT_EQ(parseSmapsRollup("Rss: 10 kB\n"), std::nullopt);
    EXPECT_EQ(parseSmapsRollup("Rss: 10 kB\nPss: 99999999999999999999 kB\n"), std::nullopt);
}

TEST(ProcessCounters, NoSuchProcessIsOneSentence) {
    for (const std::int32_t pid : {999'999'999, 0, -1}) {
        const auto reader = ProcessCountersReader::open(pid);
        ASSERT_FALSE(reader);
        EXPECT_EQ(reader.error().kind, ErrorKind::target);
        EXPECT_EQ(reader.error().message, "process " + std::to_string(pid) +
                                              " does not exist or has ended: choose a running one");
    }
}

TEST(ProcessCounters, RefusesAPidThatBelongsToAnotherProcessByNow) {
    ProcessIdentity meant = selfProcess();
    meant.startTicks -= 1;
    const auto reader = ProcessCountersReader::open(meant);
    ASSERT_FALSE(reader);
    EXPECT_EQ(reader.error().kind, ErrorKind::target);
}

} // namespace
} // namespace ringscope
