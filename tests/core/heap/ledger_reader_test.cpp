// SPDX-License-Identifier: MIT
#include "core/heap/ledger_reader.h"

#include "core/base/clock.h"
#include "tests/core/heap/hand_made_ledger.h"

#include <fcntl.h>
#include <functional>
#include <gtest/gtest.h>
#include <random>

namespace ringscope {
namespace {

const ProcessIdentity kProcess{4711, 99, 1};

Expected<LedgerReader> openLedger(HandMadeLedger& ledger) {
    return LedgerReader::open(ledger.file(), kProcess);
}

HeapCounters readOnce(HandMadeLedger& ledger) {
    auto reader = openLedger(ledger);
    EXPECT_TRUE(reader) << reader.error().message;
    auto counters = reader->read();
    EXPECT_TRUE(counters) << counters.error().message;
    return counters.value();
}

TEST(SizeClass, EverySizeLiesBetweenItsFloorAndTheNext) {
    std::mt19937_64 random(7);
    for (int i = 0; i < 100'000; ++i) {
        const std::uint64_t size = random() >> (random() % 64);
        const std::uint32_t found = sizeClassOf(size);
        ASSERT_LT(found, kSizeClassCount);
        ASSERT_GE(size, sizeClassFloor(found)) << size;
        if (found + 1 < kSizeClassCount) {
            ASSERT_LT(size, sizeClassFloor(found + 1)) << size;
        }
    }
}

TEST(SizeClass, FloorsBeginTheirClass) {
    for (std::uint32_t c = 1; c < kSizeClassCount; ++c) {
        EXPECT_EQ(sizeClassOf(sizeClassFloor(c)), c);
        EXPECT_EQ(sizeClassOf(sizeClassFloor(c) - 1), c - 1);
    }
}

TEST(SmallCell, EachCountsBlocksOfOneSizeAndOneClass) {
    for (std::uint64_t bytes = 0; bytes < 2 * kSmallChunkEnd; ++bytes) {
        if (hasSmallCell(bytes)) {
            ASSERT_LT(smallCellOf(bytes), kSmallCellCount);
            ASSERT_EQ(smallCellBytes(smallCellOf(bytes)), bytes);
        }
    }
}

TEST(LedgerReader, AddsSmallCellsToTheirClassesAndBytes) {
    HandMadeLedger ledger;
    ThreadSlot& slot = ledger.run(1, 100, "main");
    HandMadeLedger::allocate(slot, 24); // in a class, as of another allocator than glibc's
    slot.small[smallCellOf(24)].allocations.store(3, std::memory_order_relaxed);
    slot.small[smallCellOf(24)].frees.store(1, std::memory_order_relaxed);
    slot.small[smallCellOf(1000)].allocations.store(2, std::memory_order_relaxed);
    slot.firstAllocations.store(1, std::memory_order_relaxed);
    slot.firstAllocatedBytes.store(24, std::memory_order_relaxed);
    const HeapCounters counters = readOnce(ledger);
    EXPECT_EQ(counters.allocations, 6U);
    EXPECT_EQ(counters.frees, 1U);
    EXPECT_EQ(counters.allocatedBytes, 4 * 24U + 2 * 1000U);
    EXPECT_EQ(counters.freedBytes, 24U);
    EXPECT_EQ(counters.classes[0], (HeapClassCounters{4, 1, 3}));
    EXPECT_EQ(counters.classes[sizeClassOf(1000)], (HeapClassCounters{2, 0, 2}));
    ASSERT_EQ(counters.threads.size(), 1U);
    EXPECT_EQ(counters.threads[0].allocations, 5U);
    EXPECT_EQ(counters.threads[0].allocatedBytes, 3 * 24U + 2 * 1000U);
    EXPECT_EQ(counters.threads[0].freedBytes, 24U);
}

TEST(LedgerReader, SumsThreadsAndTheSharedSlot) {
    HandMadeLedger ledger;
    HandMadeLedger::allocate(ledger.slot(0), 24);
    ThreadSlot& first = ledger.run(1, 100, "main");
    HandMadeLedger::allocate(first, 24);
    HandMadeLedger::allocate(first, 1000);
    ThreadSlot& second = ledger.run(2, 101, "worker");
    HandMadeLedger::release(second, 24);
    second.reallocations.store(3, std::memory_order_relaxed);
    const HeapCounters counters = readOnce(ledger);
    EXPECT_EQ(counters.allocations, 3U);
    EXPECT_EQ(counters.frees, 1U);
    EXPECT_EQ(counters.reallocations, 3U);
    EXPECT_EQ(counters.allocatedBytes, 1048U);
    EXPECT_EQ(counters.liveBytes, 1024U);
    EXPECT_EQ(counters.liveBlocks, 2U);
    EXPECT_EQ(counters.classes[0], (HeapClassCounters{2, 1, 1}));
    EXPECT_EQ(counters.classes[sizeClassOf(1000)], (HeapClassCounters{1, 0, 1}));
    ASSERT_EQ(counters.threads.size(), 2U);
    EXPECT_EQ(counters.threads[1].name, "worker");
    EXPECT_EQ(counters.threads[1].frees, 1U);
}

TEST(LedgerReader, ThreadsOwnCountsLeaveOutTheSlotsEarlierThread) {
    HandMadeLedger ledger;
    ThreadSlot& slot = ledger.run(1, 200, "second");
    HandMadeLedger::allocate(slot, 40);
    slot.firstAllocations.store(1, std::memory_order_relaxed);
    slot.firstAllocatedBytes.store(40, std::memory_order_relaxed);
    HandMadeLedger::allocate(slot, 56);
    const HeapCounters counters = readOnce(ledger);
    EXPECT_EQ(counters.allocations, 2U);
    ASSERT_EQ(counters.threads.size(), 1U);
    EXPECT_EQ(counters.threads[0].allocations, 1U);
    EXPECT_EQ(counters.threads[0].allocatedBytes, 56U);
}

TEST(LedgerReader, InheritedBlocksAreLiveButNotAllocated) {
    HandMadeLedger ledger;
    ledger.header().origin = LedgerOrigin::forked;
    ledger.header().inheritedBytes = 500;
    ledger.header().inheritedBlocks[sizeClassOf(500)] = 1;
    HandMadeLedger::release(ledger.run(1, 1, "child"), 500);
    HandMadeLedger::allocate(ledger.slot(1), 24);
    const HeapCounters counters = readOnce(ledger);
    EXPECT_EQ(counters.inheritedBlocks, 1U);
    EXPECT_EQ(counters.allocations, 1U);
    EXPECT_EQ(counters.liveBytes, 24U);
    EXPECT_EQ(counters.liveBlocks, 1U);
}

TEST(LedgerReader, SampledPeakIsTheLargestOfTheReads) {
    HandMadeLedger ledger;
    ThreadSlot& slot = ledger.run(1, 1, "main");
    const FileDescriptor file = ledger.file();
    auto reader = LedgerReader::open(FileDescriptor(::dup(file.get())), kProcess);
    ASSERT_TRUE(reader);
    for (const std::uint64_t live : {100U, 900U, 300U}) {
        slot.allocatedBytes.store(live, std::memory_order_relaxed);
        ASSERT_EQ(::pwrite(file.get(), &slot, sizeof(slot),
                           static_cast<off_t>(kLedgerHeaderBytes + sizeof(slot))),
                  static_cast<ssize_t>(sizeof(slot)));
        ASSERT_EQ(reader->read()->liveBytes, live);
    }
    EXPECT_EQ(reader->read()->sampledPeakBytes, 900U);
}

// The process's side of a question: answers what was asked last.
void answer(const FileDescriptor& ledger, std::uint64_t tookNs) {
    constexpr off_t kAt = offsetof(LedgerHeader, allocator);
    std::uint64_t words[8] = {};
    ASSERT_EQ(::pread(ledger.get(), words, sizeof(words), kAt), ssize_t{sizeof(words)});
    words[offsetof(AllocatorAnswer, answered) / 8] = words[0];
    words[offsetof(AllocatorAnswer, tookNs) / 8] = tookNs;
    words[offsetof(AllocatorAnswer, freeBytes) / 8] = 1000 + words[0];
    ASSERT_EQ(::pwrite(ledger.get(), words, sizeof(words), kAt), ssize_t{sizeof(words)});
}

std::uint64_t askedOf(const FileDescriptor& ledger) {
    std::uint64_t asked = 0;
    EXPECT_EQ(::pread(ledger.get(), &asked, sizeof(asked), offsetof(LedgerHeader, allocator)),
              ssize_t{sizeof(asked)});
    return asked;
}

TEST(LedgerReader, AsksTheAllocatorOnceASecondAndNoMoreWhenItTakesLong) {
    HandMadeLedger ledger;
    const FileDescriptor file = ledger.file();
    auto reader = LedgerReader::open(FileDescriptor(::dup(file.get())), kProcess);
    ASSERT_TRUE(reader);
    std::int64_t now = 7'000'000'000;
    reader->pollAllocator(now);
    ASSERT_EQ(askedOf(file), 1U);
    reader->pollAllocator(now + kNsPerSecond / 2);
    EXPECT_EQ(askedOf(file), 1U) << "before the second is over";
    EXPECT_FALSE(reader->allocator());
    answer(file, 1000);
    now += kNsPerSecond;
    reader->pollAllocator(now);
    ASSERT_TRUE(reader->allocator());
    EXPECT_EQ(reader->allocator()->freeBytes, 1001U);
    EXPECT_EQ(askedOf(file), 2U);
    answer(file, std::uint64_t{kLongestAnswerNs} + 1);
    now += kNsPerSecond;
    reader->pollAllocator(now);
    EXPECT_EQ(reader->allocator()->freeBytes, 1002U) << "what it cost was paid";
    reader->pollAllocator(now + 3600 * kNsPerSecond);
    EXPECT_EQ(askedOf(file), 2U);
}

TEST(LedgerReader, DoesNotAskWhereManyBlocksWereFreed) {
    HandMadeLedger ledger;
    ThreadSlot& slot = ledger.run(1, 1, "main");
    CellCounters& cell = slot.small[2];
    const FileDescriptor file = ledger.file();
    auto reader = LedgerReader::open(FileDescriptor(::dup(file.get())), kProcess);
    ASSERT_TRUE(reader);
    const auto setFrees = [&](std::uint64_t frees) {
        cell.allocations.store(2 * kMostFreeBlocks, std::memory_order_relaxed);
        cell.frees.store(frees, std::memory_order_relaxed);
        ASSERT_EQ(::pwrite(file.get(), &slot, sizeof(slot),
                           static_cast<off_t>(kLedgerHeaderBytes + sizeof(slot))),
                  static_cast<ssize_t>(sizeof(slot)));
        ASSERT_TRUE(reader->readTotals());
    };
    setFrees(0);
    setFrees(kMostFreeBlocks);
    reader->pollAllocator(0);
    EXPECT_EQ(askedOf(file), 0U);
    setFrees(kMostFreeBlocks - 1);
    reader->pollAllocator(1);
    EXPECT_EQ(askedOf(file), 1U);
}

TEST(LedgerReader, AsksNothingOfALedgerThatItMayNotWrite) {
    HandMadeLedger ledger;
    const FileDescriptor file = ledger.file();
    const std::string path = "/proc/self/fd/" + std::to_string(file.get());
    auto reader =
        LedgerReader::open(FileDescriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC)), kProcess);
    ASSERT_TRUE(reader);
    reader->pollAllocator(0);
    reader->pollAllocator(2 * kNsPerSecond);
    EXPECT_EQ(askedOf(file), 0U);
    EXPECT_FALSE(reader->allocator());
    EXPECT_TRUE(reader->readTotals());
}

TEST(LedgerReader, TotalsAreTheSumsOfTheWholeReading) {
    HandMadeLedger ledger;
    ledger.header().inheritedBytes = 500;
    ledger.header().inheritedBlocks[sizeClassOf(500)] = 1;
    ThreadSlot& thread = ledger.run(1, 100, "main");
    HandMadeLedger::allocate(ledger.slot(0), 24);
    HandMadeLedger::allocate(thread, 1000);
    HandMadeLedger::release(thread, 24);
    const HeapCounters counters = readOnce(ledger);
    const HeapTotals totals = openLedger(ledger)->readTotals().value();
    EXPECT_EQ(totals.allocations, counters.allocations);
    EXPECT_EQ(totals.frees, counters.frees);
    EXPECT_EQ(totals.liveBytes, counters.liveBytes);
    EXPECT_EQ(totals.liveBlocks, counters.liveBlocks);
}

TEST(LedgerReader, TotalsFollowTheLedger) {
    HandMadeLedger ledger;
    ThreadSlot& slot = ledger.run(1, 1, "main");
    const FileDescriptor file = ledger.file();
    auto reader = LedgerReader::open(FileDescriptor(::dup(file.get())), kProcess);
    ASSERT_TRUE(reader);
    const auto write = [&] {
        return ::pwrite(file.get(), &slot, sizeof(slot),
                        static_cast<off_t>(kLedgerHeaderBytes + sizeof(slot))) ==
               static_cast<ssize_t>(sizeof(slot));
    };
    for (std::uint64_t i = 1; i <= 3; ++i) {
        HandMadeLedger::allocate(slot, 40);
        HandMadeLedger::allocate(slot, 1000);
        HandMadeLedger::release(slot, 1000);
        ASSERT_TRUE(write());
        // Twice: a ledger in which nothing changed is not copied a second time.
        for (const HeapTotals& totals : {*reader->readTotals(), *reader->readTotals()}) {
            EXPECT_EQ(totals.allocations, 2 * i);
            EXPECT_EQ(totals.frees, i);
            EXPECT_EQ(totals.liveBytes, 40 * i);
            EXPECT_EQ(totals.liveBlocks, i);
        }
    }
}

TEST(LedgerReader, LiveNeverFallsBelowZero) {
    HandMadeLedger ledger;
    HandMadeLedger::release(ledger.run(1, 1, "main"), 500);
    const HeapCounters counters = readOnce(ledger);
    EXPECT_EQ(counters.liveBytes, 0U);
    EXPECT_EQ(counters.liveBlocks, 0U);
}

TEST(LedgerReader, TellsWhatTheLedgerCosts) {
    HandMadeLedger ledger;
    const HeapCounters counters = readOnce(ledger);
    EXPECT_EQ(counters.ledgerBytes, ledger.bytes());
    EXPECT_EQ(counters.ledgerResidentBytes, 16'384U); // 12800 bytes in pages of 4 KiB
}

struct Damage {
    const char* name;
    std::function<void(HandMadeLedger&)> apply;
    const char* says;
};

class LedgerReaderRefuses : public testing::TestWithParam<Damage> {};

TEST_P(LedgerReaderRefuses, DamagedLedger) {
    HandMadeLedger ledger;
    GetParam().apply(ledger);
    auto reader = openLedger(ledger);
    ASSERT_FALSE(reader);
    EXPECT_EQ(reader.error().kind, ErrorKind::damaged);
    EXPECT_NE(reader.error().message.find(GetParam().says), std::string::npos)
        << reader.error().message;
    EXPECT_NE(reader.error().message.find("4711"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, LedgerReaderRefuses,
    testing::Values(
        Damage{"Magic", [](HandMadeLedger& l) { l.header().magic ^= 1; }, "not a heap ledger"},
        Damage{"Version", [](HandMadeLedger& l) { l.header().version = 77; }, "version 77"},
        Damage{"Unfinished",
               [](HandMadeLedger& l) { l.header().ready.store(0, std::memory_order_relaxed); },
               "not finished"},
        Damage{"Mode", [](HandMadeLedger& l) { l.header().mode = LedgerMode{4}; }, "unknown mode"},
        Damage{"NoSlots", [](HandMadeLedger& l) { l.header().slotCount = 0; }, "thread slots"},
        Damage{"HugeSlotCount", [](HandMadeLedger& l) { l.header().slotCount = 0xffff'ffff; },
               "4294967295 thread slots"},
        Damage{"MoreSlotsThanFile", [](HandMadeLedger& l) { l.header().slotCount = 5; },
               "5 thread slots"},
        Damage{"HugeLength", [](HandMadeLedger& l) { l.header().ledgerBytes = ~std::uint64_t{0}; },
               "thread slots"}),
    [](const auto& kind) { return kind.param.name; });

TEST(LedgerReader, RefusesEveryTruncation) {
    HandMadeLedger ledger;
    for (std::size_t bytes = 0; bytes < ledger.bytes(); bytes += 511) {
        auto reader = LedgerReader::open(ledger.file(bytes), kProcess);
        ASSERT_FALSE(reader) << bytes;
        EXPECT_EQ(reader.error().kind, ErrorKind::damaged);
    }
}

TEST(LedgerReader, SaysSoWhenTheFileIsCutAfterwards) {
    HandMadeLedger ledger;
    const FileDescriptor file = ledger.file();
    auto reader = LedgerReader::open(FileDescriptor(::dup(file.get())), kProcess);
    ASSERT_TRUE(reader);
    ASSERT_EQ(::ftruncate(file.get(), 5000), 0);
    const auto counters = reader->read();
    ASSERT_FALSE(counters);
    EXPECT_NE(counters.error().message.find("cut short"), std::string::npos);
}

TEST(LedgerReader, SaysSoWhenMoreSlotsAreInUseThanThereAre) {
    HandMadeLedger ledger;
    ledger.header().slotsUsed.store(5, std::memory_order_relaxed);
    auto reader = openLedger(ledger);
    ASSERT_TRUE(reader);
    EXPECT_FALSE(reader->read());
}

TEST(LedgerReader, ReadsRandomCountersWithoutHarm) {
    HandMadeLedger ledger;
    std::mt19937_64 random(11);
    auto* words = reinterpret_cast<std::uint64_t*>(&ledger.slot(0));
    for (std::size_t i = 0; i < 4 * sizeof(ThreadSlot) / 8; ++i) {
        words[i] = random();
    }
    const HeapCounters counters = readOnce(ledger);
    for (const HeapThreadCounters& thread : counters.threads) {
        EXPECT_LE(thread.name.size(), 15U);
    }
}

} // namespace
} // namespace ringscope
