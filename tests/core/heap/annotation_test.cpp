// SPDX-License-Identifier: MIT
// ringscope/heap.h in a program whose heap use is known exactly, with the tracker and without.
#include "core/heap/annotation_layout.h"
#include "tests/core/heap/tracked_target.h"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <gtest/gtest.h>
#include <sys/wait.h>

namespace ringscope {
namespace {

using Tracker = TrackedTarget::Tracker;

// Runs annotated_target up to a checkpoint behind what it does.
class Annotated {
public:
    explicit Annotated(const std::string& word, Tracker tracker = Tracker::on)
        : m_target({ANNOTATED_TARGET, word}, tracker) {
        EXPECT_TRUE(m_target.atCheckpoint()) << "the target did not start";
        m_target.goOn();
        const auto account = m_target.atCheckpoint();
        EXPECT_TRUE(account) << "the target failed";
        m_line = account ? account->allocations : 0;
    }
    [[nodiscard]] LedgerReader& ledger(std::size_t index = 0) {
        return m_target.ledgers().at(index);
    }
    [[nodiscard]] HeapAnnotations read(std::size_t index = 0) {
        auto annotations = ledger(index).readAnnotations();
        EXPECT_TRUE(annotations) << annotations.error().message;
        return annotations.value();
    }
    [[nodiscard]] TrackedTarget& target() { return m_target; }
    // Of an expectation that it violates.
    [[nodiscard]] std::uint64_t line() const { return m_line; }

private:
    TrackedTarget m_target;
    std::uint64_t m_line = 0;
};

template <typename Counters>
Counters named(const std::vector<Counters>& all, const std::string& name) {
    const auto found =
        std::find_if(all.begin(), all.end(), [&](const Counters& one) { return one.name == name; });
    EXPECT_NE(found, all.end()) << "there is no " << name;
    return found == all.end() ? Counters() : *found;
}

class AnnotationIn : public testing::TestWithParam<Tracker> {};

INSTANTIATE_TEST_SUITE_P(Mode, AnnotationIn, testing::Values(Tracker::on, Tracker::exact),
                         [](const auto& mode) {
                             return std::string(mode.param == Tracker::on ? "counts" : "exact");
                         });

TEST_P(AnnotationIn, ARegionHasWhatIsAllocatedInIt) {
    Annotated program("regions", GetParam());
    const HeapRegionCounters region = named(program.read().regions, "hot path");
    EXPECT_EQ(region.entries, 1000U);
    EXPECT_EQ(region.unattributed, 0U);
    EXPECT_EQ(region.allocating, 500U);
    EXPECT_EQ(region.allocations, 2000U);
    EXPECT_EQ(region.frees, 500U);
    EXPECT_EQ(region.allocatedBytes, 500U * (3 * 24 + 5000));
    EXPECT_EQ(region.freedBytes, 500U * 5000);
    EXPECT_EQ(region.mostAllocations, 4U);
    EXPECT_GT(region.timeNs, 0U);
}

TEST_P(AnnotationIn, AnOuterRegionHasWhatIsInInnerOnes) {
    Annotated program("nested", GetParam());
    const HeapAnnotations read = program.read();
    const HeapRegionCounters outer = named(read.regions, "outer");
    const HeapRegionCounters inner = named(read.regions, "inner");
    EXPECT_EQ(outer.entries, 1U);
    EXPECT_EQ(outer.allocations, 2U);
    EXPECT_EQ(outer.frees, 1U);
    EXPECT_EQ(inner.allocations, 1U);
    EXPECT_EQ(inner.frees, 1U);
    EXPECT_GE(outer.timeNs, inner.timeNs);
}

TEST_P(AnnotationIn, ViolatedExpectationsAreCountedWithTheirPlace) {
    Annotated program("expectations", GetParam());
    const HeapAnnotations read = program.read();
    const HeapExpectationCounters quiet = named(read.expectations, "quiet");
    EXPECT_EQ(quiet.scopes, 10U);
    EXPECT_EQ(quiet.violations, 0U);
    EXPECT_EQ(quiet.firstNs, 0);
    const HeapExpectationCounters noisy = named(read.expectations, "noisy");
    EXPECT_EQ(noisy.scopes, 4U);
    EXPECT_EQ(noisy.violations, 3U);
    EXPECT_EQ(noisy.allocations, 3U);
    EXPECT_EQ(noisy.allocatedBytes, 72U);
    EXPECT_EQ(noisy.mostAllocations, 1U);
    EXPECT_EQ(noisy.firstTid, program.target().pid());
    EXPECT_EQ(noisy.line, program.line());
    EXPECT_TRUE(noisy.file.ends_with("heap/annotated_target.cpp")) << noisy.file;
    EXPECT_EQ(named(read.expectations, "two").violations, 0U);
    EXPECT_EQ(named(read.expectations, "few bytes").violations, 1U);
    EXPECT_EQ(named(read.expectations, "few bytes").allowedBytes, 64U);
}

TEST_P(AnnotationIn, TheProgramCanAskForItsOwnCounts) {
    Annotated program("stats", GetParam());
    EXPECT_EQ(program.target().end().status, 0);
}

TEST_P(AnnotationIn, PoolsAreCountedByNameAndApartFromMalloc) {
    Annotated program("pools", GetParam());
    const HeapAnnotations read = program.read();
    const HeapPoolCounters nodes = named(read.pools, "nodes");
    EXPECT_EQ(nodes.pools, 2U);
    EXPECT_EQ(nodes.allocations, 11U);
    EXPECT_EQ(nodes.frees, 5U);
    EXPECT_EQ(nodes.allocatedBytes, 10 * 64U + 1000U);
    EXPECT_EQ(nodes.liveBlocks, 6U);
    EXPECT_EQ(nodes.liveBytes, 6 * 64U);
    EXPECT_EQ(nodes.peakBytes, 6 * 64U + 1000U);
    EXPECT_EQ(named(read.pools, "kept").pools, 0U);
    EXPECT_EQ(named(read.pools, "kept").liveBytes, 0U);
    const auto totals = program.ledger().readTotals();
    ASSERT_TRUE(totals);
    program.target().goOn();
    ASSERT_TRUE(program.target().atCheckpoint());
    const HeapAnnotations later = program.read();
    EXPECT_EQ(named(later.pools, "nodes").liveBlocks, 0U); // destroyed with 6 blocks
    EXPECT_EQ(named(later.pools, "nodes").pools, 0U);
    EXPECT_EQ(program.ledger().readTotals()->allocations, totals->allocations);
}

TEST_P(AnnotationIn, ManyThreadsAddUp) {
    Annotated program("threads", GetParam());
    const HeapRegionCounters region = named(program.read().regions, "threads");
    EXPECT_EQ(region.entries, 8000U);
    EXPECT_EQ(region.unattributed, 0U);
    EXPECT_EQ(region.allocations, 8000U);
    EXPECT_EQ(region.frees, 8000U);
}

TEST(Annotation, ThousandsOfShortThreadsAddUp) {
    Annotated program("thousands");
    const HeapRegionCounters region = named(program.read().regions, "threads");
    EXPECT_EQ(region.entries, 10'000U);
    EXPECT_EQ(region.unattributed, 0U);
    EXPECT_EQ(region.allocations, 10'000U);
    EXPECT_EQ(region.allocating, 10'000U);
}

TEST(Annotation, ARegionThatEndsInAnotherThreadIsNotAttributed) {
    Annotated program("moved");
    const HeapRegionCounters region = named(program.read().regions, "moved");
    EXPECT_EQ(region.entries, 1U);
    EXPECT_EQ(region.unattributed, 1U);
    EXPECT_EQ(region.allocations, 0U);
    EXPECT_EQ(region.allocationsPerEntry(), 0.0);
}

TEST_P(AnnotationIn, AForksChildGoesOnWithNamesAndPools) {
    Annotated program("forks", GetParam());
    ASSERT_EQ(program.target().ledgers().size(), 2U);
    const HeapAnnotations parent = program.read(0);
    EXPECT_EQ(named(parent.regions, "before").entries, 1U);
    EXPECT_EQ(named(parent.regions, "open").entries, 1U);
    EXPECT_EQ(named(parent.pools, "shared").liveBytes, 60U);
    const HeapAnnotations child = program.read(1);
    ASSERT_EQ(child.regions.size(), 1U);
    EXPECT_EQ(child.regions[0].name, "after");
    EXPECT_EQ(child.regions[0].entries, 2U);
    EXPECT_EQ(child.regions[0].allocations, 2U);
    const HeapPoolCounters pool = named(child.pools, "shared");
    EXPECT_EQ(pool.allocations, 0U);
    EXPECT_EQ(pool.frees, 1U);
    EXPECT_EQ(pool.liveBlocks, 1U);
    EXPECT_EQ(pool.liveBytes, 20U);
}

TEST(Annotation, MoreNamesThanPlacesAreCountedTogether) {
    Annotated program("names");
    const HeapAnnotations read = program.read();
    ASSERT_EQ(read.regions.size(), kMostAnnotations);
    EXPECT_EQ(read.regions[0].name, "");
    EXPECT_EQ(read.regions[0].entries, 300U - (kMostAnnotations - 1));
    EXPECT_EQ(read.regions[0].allocations, 300U - (kMostAnnotations - 1));
    EXPECT_EQ(named(read.regions, "region 254").allocations, 1U);
}

TEST(Annotation, ThreadsThatNameTheSameAtOnceMeetInOnePlace) {
    Annotated program("race");
    const HeapAnnotations read = program.read();
    EXPECT_EQ(read.regions.size(), 25U);
    for (int i = 0; i < 25; ++i) {
        EXPECT_EQ(named(read.regions, "race " + std::to_string(i)).entries, 8U);
    }
}

TEST(Annotation, LongNamesAreCutBetweenCharacters) {
    Annotated program("names");
    program.target().goOn(); // out of the scopes
    program.target().end();
    const HeapAnnotations read = program.read();
    EXPECT_EQ(named(read.expectations, std::string(47, 'x')).scopes, 1U);
    std::string cut;
    for (int i = 0; i < 23; ++i) {
        cut += "ä";
    }
    EXPECT_EQ(named(read.expectations, cut).scopes, 1U);
}

TEST_P(AnnotationIn, MarkersComeWithTimeAndThread) {
    Annotated program("markers", GetParam());
    const std::vector<HeapMarker> markers = program.ledger().newMarkers();
    ASSERT_EQ(markers.size(), 3U);
    EXPECT_EQ(markers[0].text, "phase 0");
    EXPECT_EQ(markers[2].text, "phase 2");
    EXPECT_EQ(markers[1].tid, program.target().pid());
    EXPECT_LE(markers[0].timeNs, markers[1].timeNs);
    EXPECT_GE(markers[0].timeNs, program.ledger().startedNs());
}

TEST(Annotation, TheOldestOfTooManyMarkersAreLost) {
    Annotated program("many-markers");
    const std::vector<HeapMarker> markers = program.ledger().newMarkers();
    ASSERT_EQ(markers.size(), kMarkerPlaces);
    EXPECT_EQ(markers.back().text, "phase 999");
    EXPECT_EQ(program.ledger().lostMarkers(), 1000 - kMarkerPlaces);
}

TEST(Annotation, NothingHappensWithoutTrackerOrReader) {
    for (const Tracker tracker : {Tracker::off, Tracker::withoutReader}) {
        for (const char* word : {"regions", "nested", "expectations", "stats", "markers", "threads",
                                 "forks", "names", "moved"}) {
            Annotated program(word, tracker);
            EXPECT_EQ(program.target().end().status, 0) << word;
        }
    }
}

TEST(Annotation, AViolationEndsTheProgramWhenItIsToldTo) {
    ::setenv("RINGSCOPE_HEAP_EXPECT", "abort", 1);
    TrackedTarget process({ANNOTATED_TARGET, "expectations"});
    ::unsetenv("RINGSCOPE_HEAP_EXPECT");
    ASSERT_TRUE(process.atCheckpoint());
    ASSERT_EQ(process.ledgers().size(), 1U);
    process.goOn();
    const int status = process.end().status;
    EXPECT_TRUE(WIFSIGNALED(status));
    EXPECT_EQ(WTERMSIG(status), SIGABRT);
    const auto read = process.ledgers()[0].readAnnotations();
    ASSERT_TRUE(read);
    EXPECT_EQ(named(read->expectations, "noisy").violations, 1U);
}

} // namespace
} // namespace ringscope
