// SPDX-License-Identifier: MIT
#include "core/heap/annotation_reader.h"

#include "core/heap/ledger_reader.h"
#include "tests/core/heap/hand_made_ledger.h"

#include <gtest/gtest.h>
#include <limits>
#include <random>

namespace ringscope {
namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;
constexpr std::uint64_t kLargest = std::numeric_limits<std::uint64_t>::max();

HandMadeLedger annotated() {
    return HandMadeLedger(4, HandMadeLedger::Annotations::some);
}

Expected<LedgerReader> openLedger(HandMadeLedger& ledger) {
    return LedgerReader::open(ledger.file(), {4711, 99, 1});
}

HeapAnnotations readOnce(HandMadeLedger& ledger) {
    auto reader = openLedger(ledger);
    EXPECT_TRUE(reader) << reader.error().message;
    auto annotations = reader->readAnnotations();
    EXPECT_TRUE(annotations) << annotations.error().message;
    return annotations ? *annotations : HeapAnnotations();
}

template <std::size_t WordCount>
void put(LedgerCounter (&to)[WordCount], std::string_view text) {
    std::uint64_t words[WordCount] = {};
    std::memcpy(words, text.data(), std::min(text.size(), sizeof(words)));
    for (std::size_t i = 0; i < WordCount; ++i) {
        to[i].store(words[i], kRelaxed);
    }
}

void putMarker(LedgerAnnotations& all, std::uint64_t sequence, std::string_view text) {
    LedgerMarker& marker = all.marker[(sequence - 1) % kMarkerPlaces];
    marker.sequence.store(sequence, kRelaxed);
    marker.timeNs.store(sequence * 10, kRelaxed);
    put(marker.text, text);
    all.markers.store(sequence, kRelaxed);
}

TEST(AnnotationReader, HasNothingInALedgerWithoutAnnotations) {
    HandMadeLedger ledger;
    EXPECT_TRUE(readOnce(ledger).isEmpty());
    EXPECT_TRUE(openLedger(ledger)->newMarkers().empty());
}

TEST(AnnotationReader, ReadsRegionsThatWereEntered) {
    HandMadeLedger ledger = annotated();
    LedgerAnnotations& all = ledger.annotations();
    all.regions.store(3, kRelaxed);
    for (const std::uint32_t i : {1U, 2U}) {
        put(all.region[i].name, i == 1 ? "never" : "hot path");
        all.region[i].isNamed.store(1, kRelaxed);
    }
    all.region[2].entries.store(5, kRelaxed);
    all.region[2].unattributed.store(1, kRelaxed);
    all.region[2].allocations.store(8, kRelaxed);
    all.region[2].allocatedBytes.store(100, kRelaxed);
    const HeapAnnotations read = readOnce(ledger);
    ASSERT_EQ(read.regions.size(), 1U);
    EXPECT_EQ(read.regions[0].name, "hot path");
    EXPECT_EQ(read.regions[0].allocationsPerEntry(), 2.0);
    EXPECT_EQ(read.regions[0].bytesPerEntry(), 25.0);
}

TEST(AnnotationReader, WhatFoundNoPlaceHasNoName) {
    HandMadeLedger ledger = annotated();
    ledger.annotations().regions.store(1, kRelaxed);
    ledger.annotations().region[0].entries.store(7, kRelaxed);
    const HeapAnnotations read = readOnce(ledger);
    ASSERT_EQ(read.regions.size(), 1U);
    EXPECT_EQ(read.regions[0].name, "");
    EXPECT_EQ(read.regions[0].entries, 7U);
}

TEST(AnnotationReader, LeavesOutEntriesWithoutAName) {
    HandMadeLedger ledger = annotated();
    ledger.annotations().regions.store(2, kRelaxed);
    ledger.annotations().region[1].entries.store(7, kRelaxed);
    EXPECT_TRUE(readOnce(ledger).regions.empty());
}

TEST(AnnotationReader, NegativeAmountsOfPoolsAreNone) {
    HandMadeLedger ledger = annotated();
    LedgerPool& pool = ledger.annotations().pool[1];
    ledger.annotations().pools.store(2, kRelaxed);
    pool.isNamed.store(1, kRelaxed);
    pool.allocations.store(1, kRelaxed);
    pool.liveBlocks.store(kLargest, kRelaxed);
    pool.liveBytes.store(kLargest - 100, kRelaxed);
    const HeapAnnotations read = readOnce(ledger);
    ASSERT_EQ(read.pools.size(), 1U);
    EXPECT_EQ(read.pools[0].liveBlocks, 0U);
    EXPECT_EQ(read.pools[0].liveBytes, 0U);
}

TEST(AnnotationReader, KeepsToItsTablesWhateverTheyClaim) {
    std::mt19937_64 random(11);
    for (int trial = 0; trial < 20; ++trial) {
        HandMadeLedger ledger = annotated();
        auto* words = reinterpret_cast<LedgerCounter*>(&ledger.annotations());
        for (std::size_t i = 0; i < sizeof(LedgerAnnotations) / 8; ++i) {
            words[i].store(random() % 3 == 0 ? 1 : random(), kRelaxed);
        }
        ledger.annotations().regions.store(trial == 0 ? UINT32_MAX : 300, kRelaxed);
        auto reader = openLedger(ledger);
        ASSERT_TRUE(reader);
        const auto read = reader->readAnnotations();
        ASSERT_TRUE(read);
        EXPECT_LE(read->regions.size(), kMostAnnotations);
        for (const HeapRegionCounters& region : read->regions) {
            EXPECT_LE(region.name.size(), 47U);
        }
        for (const HeapExpectationCounters& expectation : read->expectations) {
            EXPECT_LE(expectation.file.size(), 63U);
            EXPECT_GE(expectation.firstNs, 0);
        }
        EXPECT_LE(reader->newMarkers().size(), kMarkerPlaces);
    }
}

TEST(AnnotationReader, RefusesAPlaceOutsideOfTheLedger) {
    for (const std::uint64_t offset : {std::uint64_t{4096}, annotationsOffset(4) + 4096,
                                       annotationsOffset(4) + 8, kLargest - 4095, kLargest}) {
        HandMadeLedger ledger = annotated();
        ledger.header().annotationsOffset = offset;
        const auto reader = openLedger(ledger);
        ASSERT_FALSE(reader) << offset;
        EXPECT_EQ(reader.error().kind, ErrorKind::damaged);
    }
}

TEST(AnnotationReader, GivesEachMarkerOnce) {
    HandMadeLedger ledger = annotated();
    putMarker(ledger.annotations(), 1, "one");
    putMarker(ledger.annotations(), 2, "two");
    auto reader = openLedger(ledger);
    ASSERT_TRUE(reader);
    const auto markers = reader->newMarkers();
    ASSERT_EQ(markers.size(), 2U);
    EXPECT_EQ(markers[0].text, "one");
    EXPECT_EQ(markers[1], (HeapMarker{20, 0, "two"}));
    EXPECT_TRUE(reader->newMarkers().empty());
    EXPECT_EQ(reader->lostMarkers(), 0U);
}

TEST(AnnotationReader, CountsMarkersThatWereOverwritten) {
    HandMadeLedger ledger = annotated();
    for (std::uint64_t i = 1; i <= kMarkerPlaces + 10; ++i) {
        putMarker(ledger.annotations(), i, std::to_string(i));
    }
    auto reader = openLedger(ledger);
    ASSERT_TRUE(reader);
    const auto markers = reader->newMarkers();
    ASSERT_EQ(markers.size(), kMarkerPlaces);
    EXPECT_EQ(markers.front().text, "11");
    EXPECT_EQ(reader->lostMarkers(), 10U);
}

TEST(AnnotationReader, WaitsForAMarkerThatIsBeingWritten) {
    HandMadeLedger ledger = annotated();
    putMarker(ledger.annotations(), 1, "one");
    ledger.annotations().markers.store(2, kRelaxed);
    auto reader = openLedger(ledger);
    ASSERT_TRUE(reader);
    EXPECT_EQ(reader->newMarkers().size(), 1U);
    EXPECT_EQ(reader->lostMarkers(), 0U);
}

} // namespace
} // namespace ringscope
