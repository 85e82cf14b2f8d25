// SPDX-License-Identifier: MIT
#include "core/memory/page_states.h"

#include <random>

#include <gtest/gtest.h>

#include "core/memory/proc_pagemap.h"

namespace ringscope {
namespace {

constexpr std::uint64_t kPage = 4096;

PageFlags present() {
    PageFlags flags;
    flags.isPresent = true;
    return flags;
}

PageFlags ofFile() {
    PageFlags flags = present();
    flags.isFile = true;
    return flags;
}

PageFlags exclusive() {
    PageFlags flags = present();
    flags.isExclusive = true;
    return flags;
}

PageFlags guard() {
    PageFlags flags;
    flags.isGuard = true;
    return flags;
}

// Pages of [from, to) in units of pages.
AddressRange pages(std::uint64_t from, std::uint64_t to) {
    return {from * kPage, to * kPage};
}
PageRun run(std::uint64_t from, std::uint64_t to, const PageFlags& flags) {
    return {from * kPage, to * kPage, flags};
}

PageStates example() {
    PageStates states;
    states.ranges = {pages(10, 20), pages(30, 40)};
    states.runs = {run(10, 12, exclusive()), run(14, 15, ofFile()), run(30, 31, guard())};
    states.knownEnd = 36 * kPage;
    return states;
}

TEST(PageStates, SumHasEachByteThatWasAskedForOnce) {
    const PageBytes sum = sumPages(example());
    EXPECT_EQ(sum.of(PageState::anonymous), 2 * kPage);
    EXPECT_EQ(sum.exclusive, 2 * kPage);
    EXPECT_EQ(sum.of(PageState::file), kPage);
    EXPECT_EQ(sum.of(PageState::guard), kPage);
    EXPECT_EQ(sum.of(PageState::notPresent), (7 + 5) * kPage);
    EXPECT_EQ(sum.of(PageState::unknown), 4 * kPage);
    EXPECT_EQ(sum.resident(), 3 * kPage);
    EXPECT_EQ(sum.total(), 20 * kPage);
    EXPECT_TRUE(example().isCut());
}

TEST(PageStates, AllRunsHaveTheGapsToo) {
    EXPECT_EQ(allRuns(example()),
              (std::vector{run(10, 12, exclusive()), run(12, 14, {}), run(14, 15, ofFile()),
                           run(15, 20, {}), run(30, 31, guard()), run(31, 36, {})}))
        << "what is above the known end is left out";
    std::uint64_t bytes = 0;
    for (const PageRun& one : allRuns(example())) {
        bytes += one.end - one.start;
    }
    EXPECT_EQ(bytes, sumPages(example()).total() - sumPages(example()).of(PageState::unknown));
    PageStates bare = example();
    bare.runs.clear();
    EXPECT_EQ(allRuns(bare), (std::vector{run(10, 20, {}), run(30, 36, {})}));
    bare.knownEnd = 15 * kPage;
    EXPECT_EQ(allRuns(bare), (std::vector{run(10, 15, {})}));
}

TEST(PageStates, NothingAskedForIsNothing) {
    EXPECT_TRUE(allRuns({}).empty());
    EXPECT_EQ(sumPages(PageStates{}), PageBytes{});
    EXPECT_FALSE(PageStates{}.isCut());
    EXPECT_EQ(foldPages(example(), {5, 5}, 3), std::vector<PageBytes>(3));
    EXPECT_TRUE(foldPages(example(), pages(0, 9), 0).empty());
}

TEST(PageStates, ColumnsMayBeLargerOrSmallerThanPages) {
    const auto columns = foldPages(example(), pages(10, 20), 4); // 2.5 pages each
    ASSERT_EQ(columns.size(), 4U);
    EXPECT_EQ(columns[0].of(PageState::anonymous), 2 * kPage);
    EXPECT_EQ(columns[0].of(PageState::notPresent), kPage / 2);
    EXPECT_EQ(columns[1].of(PageState::file), kPage);
    EXPECT_EQ(columns[1].of(PageState::notPresent), kPage + kPage / 2);
    EXPECT_EQ(columns[2].of(PageState::notPresent), 2 * kPage + kPage / 2);
    const auto small = foldPages(example(), pages(14, 15), 3);
    EXPECT_EQ(small[0].of(PageState::file) + small[1].of(PageState::file) +
                  small[2].of(PageState::file),
              kPage);
    EXPECT_EQ(small[1].total(), small[1].of(PageState::file));
}

TEST(PageStates, ColumnsOutsideOfWhatWasAskedForAreEmpty) {
    const auto columns = foldPages(example(), pages(20, 40), 2);
    EXPECT_EQ(columns[0], PageBytes{});
    EXPECT_EQ(columns[1].total(), 10 * kPage);
}

// Against a model that asks for each byte, here in units of one: ranges and runs drawn at random.
TEST(PageStates, FoldingEqualsCountingByteByByte) {
    for (unsigned seed = 0; seed < 300; ++seed) {
        std::mt19937 random(seed);
        const auto upTo = [&](std::uint64_t most) { return random() % (most + 1); };
        PageStates states;
        std::vector<int> model(400, -1); // state, or -1: not asked for
        std::uint64_t at = upTo(5);
        while (at < 300) {
            const std::uint64_t end = at + 1 + upTo(60);
            states.ranges.push_back({at, end});
            at = end + 1 + upTo(20);
        }
        states.knownEnd = upTo(400);
        for (const AddressRange& range : states.ranges) {
            for (std::uint64_t byte = range.start; byte < range.end;) {
                const std::uint64_t end = std::min(range.end, byte + 1 + upTo(9));
                const bool isKnown = end <= states.knownEnd;
                const bool isRun = isKnown && upTo(1) == 0;
                const PageFlags flags = upTo(1) == 0 ? ofFile() : guard();
                if (isRun) {
                    states.runs.push_back({byte, end, flags});
                }
                for (; byte < end; ++byte) {
                    model[byte] = static_cast<int>(isRun                    ? stateOf(flags)
                                                   : byte < states.knownEnd ? PageState::notPresent
                                                                            : PageState::unknown);
                }
            }
        }
        const std::uint64_t start = upTo(200);
        const AddressRange window{start, start + 1 + upTo(190)};
        const std::size_t count = 1 + upTo(50);
        const auto columns = foldPages(states, window, count);
        for (std::size_t i = 0; i < count; ++i) {
            PageBytes expected;
            for (auto byte = window.start + window.size() * i / count;
                 byte < window.start + window.size() * (i + 1) / count; ++byte) {
                if (model[byte] >= 0) {
                    ++expected.byState[static_cast<std::size_t>(model[byte])];
                }
            }
            ASSERT_EQ(columns[i], expected) << "seed " << seed << ", column " << i;
        }
    }
}

TEST(PageStates, BordersOfTheWholeAddressSpaceDoNotOverflow) {
    PageStates states;
    states.ranges = {{0, std::uint64_t{1} << 63U}};
    states.knownEnd = states.ranges[0].end;
    for (const PageBytes& column : foldPages(states, states.ranges[0], 4096)) {
        ASSERT_EQ(column.of(PageState::notPresent), std::uint64_t{1} << 51U);
    }
}

// Values as Linux 6.18 gave them.
TEST(PagemapEntry, OfEachKindOfPage) {
    EXPECT_EQ(proc::flagsOfPagemapEntry(0), PageFlags{});
    EXPECT_EQ(proc::flagsOfPagemapEntry(0x810000000048abaf), exclusive());
    EXPECT_EQ(proc::flagsOfPagemapEntry(0x8000000000003b34), present()) << "the page of zeros";
    EXPECT_EQ(proc::flagsOfPagemapEntry(std::uint64_t{0xa} << 60U), ofFile());
    EXPECT_EQ(proc::flagsOfPagemapEntry(std::uint64_t{1} << 55U), PageFlags{}) << "soft-dirty";
}

TEST(PagemapEntry, OfAGuardIsNotSwapped) {
    EXPECT_EQ(proc::flagsOfPagemapEntry(0x440000000000009f), guard());
    PageFlags swapped;
    swapped.isSwapped = true;
    EXPECT_EQ(proc::flagsOfPagemapEntry(0x400000000000009f), swapped);
}

TEST(PageCategories, OfAGuardAreNotSwapped) {
    EXPECT_EQ(proc::flagsOfCategories(0x112), guard());
    PageFlags swapped;
    swapped.isSwapped = true;
    EXPECT_EQ(proc::flagsOfCategories(0x12), swapped);
}

TEST(PageCategories, OfTheHugePageOfZeros) {
    PageFlags zero = present();
    zero.isZero = true;
    zero.isHuge = true;
    EXPECT_EQ(proc::flagsOfCategories(0x6a), zero);
    EXPECT_EQ(stateOf(zero), PageState::zero);
}

TEST(PageState, HasANameEach) {
    for (std::size_t i = 0; i < kPageStates; ++i) {
        EXPECT_FALSE(pageStateName(static_cast<PageState>(i)).empty());
    }
    EXPECT_EQ(pageStateName(PageState::unknown), "unknown");
}

} // namespace
} // namespace ringscope
