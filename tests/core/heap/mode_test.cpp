// SPDX-License-Identifier: MIT
// What is recorded changes while the program runs, and only some blocks are.
#include "core/heap/profile_layout.h"
#include "core/heap/sampling.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <gtest/gtest.h>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "tests/core/heap/tracked_target.h"

namespace ringscope {
namespace {

using Tracker = TrackedTarget::Tracker;

class HeapMode : public ::testing::Test {
protected:
    void start(Tracker tracker) {
        m_target.emplace(std::vector<std::string>{MODE_TARGET}, tracker);
    }

    // Sends letters to the target, which has done what they say when it returns.
    void tell(const std::string& letters) {
        for (const char letter : letters) {
            ASSERT_TRUE(m_target->tell(letter)) << letter;
        }
    }

    LedgerReader& ledger(std::size_t index = 0) {
        auto& ledgers = m_target->ledgers();
        for (int i = 0; i < 1000 && ledgers.size() <= index; ++i) {
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
            (void)m_target->ledgers();
        }
        EXPECT_GT(ledgers.size(), index);
        return ledgers[index];
    }

    // Asks for it and lets the target allocate until it is in force or refused.
    void change(LedgerMode mode) {
        LedgerReader& reader = ledger();
        reader.requestMode(mode);
        for (int i = 0; i < 1000; ++i) {
            tell("a");
            tell("f");
            reader.pollMode();
            if (reader.mode() == mode || reader.modeRefusal() != ModeRefusal::none) {
                takeProfiles(reader);
                return;
            }
        }
        ADD_FAILURE() << "the mode does not change";
    }

    // Handed over before the mode was in force.
    void takeProfiles(LedgerReader& reader) {
        if (!m_target->hasReceiver()) {
            return;
        }
        (void)m_target->ledgers();
        for (const AnnouncedProfile& each : m_target->receiver().takeProfiles()) {
            EXPECT_EQ(each.ledgerStartedNs, reader.startedNs());
            EXPECT_EQ(each.pid, m_target->pid());
            reader.setProfile(each.profile);
        }
    }

    HeapProfile profile() {
        LedgerReader& reader = ledger();
        if (reader.profile() == nullptr) {
            ADD_FAILURE() << "no profile";
            return {};
        }
        auto read = reader.profile()->read();
        EXPECT_TRUE(read) << read.error().message;
        EXPECT_EQ(read->lost, 0U);
        return std::move(*read);
    }

    // Those whose number of blocks in all is that; the target has few places.
    static std::vector<HeapSums> sitesWith(const HeapProfile& profile, std::uint64_t blocks) {
        std::vector<HeapSums> found;
        for (const HeapStack& stack : profile.stacks) {
            if (stack.sums.blocks == blocks) {
                found.push_back(stack.sums);
            }
        }
        return found;
    }

    std::optional<TrackedTarget> m_target;
};

TEST_F(HeapMode, EveryBlockIsRecordedFromWhenItIsAskedFor) {
    start(Tracker::on);
    tell("bb");
    EXPECT_EQ(ledger().profile(), nullptr);
    change(LedgerMode::exact);
    const HeapProfile before = profile();
    tell("b");
    const HeapProfile after = profile();
    EXPECT_EQ(after.total.blocks - before.total.blocks, 500U);
    EXPECT_EQ(after.total.liveBlocks - before.total.liveBlocks, 500U);
    EXPECT_EQ(after.samplePeriodBytes, 0U);
    const auto sites = sitesWith(after, 500);
    ASSERT_EQ(sites.size(), 1U);
    EXPECT_EQ(sites[0].liveBytes, 500U * 2000 + 250);
}

TEST_F(HeapMode, OlderBlocksAreFreedAsUnknown) {
    start(Tracker::on);
    tell("bbb");
    change(LedgerMode::exact); // frees the oldest thousand
    EXPECT_LE(profile().unknownFrees, 1000U);
    tell("F");
    const HeapProfile after = profile();
    EXPECT_EQ(after.unknownFrees, 1500U);
    EXPECT_EQ(after.total.liveBlocks, 0U);
    EXPECT_EQ(ledger().read()->liveBlocks, ledger().read()->allocations - ledger().read()->frees);
}

TEST_F(HeapMode, RecordedBlocksAreFollowedWhenNoMoreAreRecorded) {
    start(Tracker::exact);
    tell("b");
    change(LedgerMode::counters);
    const HeapProfile before = profile();
    tell("b");
    EXPECT_EQ(profile().total.blocks, before.total.blocks) << "no more are recorded";
    tell("F");
    const HeapProfile after = profile();
    EXPECT_EQ(after.total.liveBlocks, 0U);
    EXPECT_EQ(after.unknownFrees, before.unknownFrees) << "those of the others are not unknown";
    change(LedgerMode::exact);
    tell("b");
    const auto sites = sitesWith(profile(), 500 + 500);
    const auto isOfB = [](const HeapSums& sums) { return sums.bytes == 1000 * 2000 + 500; };
    EXPECT_EQ(std::count_if(sites.begin(), sites.end(), isOfB), 1) << "in the same profile";
}

TEST_F(HeapMode, CountsGoOnWithoutAStep) {
    start(Tracker::on);
    tell("b");
    const auto before = ledger().read();
    for (const LedgerMode mode :
         {LedgerMode::sampled, LedgerMode::exact, LedgerMode::counters, LedgerMode::sampled}) {
        change(mode);
    }
    const auto after = ledger().read();
    // change() allocates and frees alike, and what it frees is older.
    EXPECT_EQ(after->liveBlocks, before->liveBlocks);
    tell("F");
    EXPECT_EQ(ledger().read()->liveBlocks, before->liveBlocks - 500);
}

TEST_F(HeapMode, SamplesStandForAll) {
    start(Tracker::sampled);
    tell("l"); // 300 MB: some 570 samples, so 5 deviations are 21 %
    const HeapProfile profile = this->profile();
    const auto counters = ledger().read();
    ASSERT_EQ(profile.samplePeriodBytes, kSamplePeriod);
    const auto blocks = static_cast<double>(counters->allocations);
    EXPECT_NEAR(static_cast<double>(profile.total.blocks), blocks, 0.21 * blocks);
    EXPECT_NEAR(static_cast<double>(profile.total.liveBytes), 300e6, 0.21 * 300e6);
    const auto read = ledger().profile()->readBlocks();
    ASSERT_TRUE(read);
    EXPECT_GT(read->size(), 400U);
    EXPECT_LT(read->size(), 760U);
    for (const LiveBlock& block : *read) {
        EXPECT_GE(block.bytes, 1000U);
    }
}

TEST_F(HeapMode, SamplesOfASmallHeapTakeLittleMemory) {
    start(Tracker::sampled);
    for (int i = 0; i < 40; ++i) {
        tell("bFt"); // 40 GB in all: 76,000 samples
    }
    std::ifstream smaps("/proc/" + std::to_string(m_target->pid()) + "/smaps");
    long rssKib = -1;
    bool isProfile = false;
    for (std::string line; std::getline(smaps, line);) {
        isProfile = isProfile || line.find(kProfileFileName) != std::string::npos;
        if (isProfile && line.rfind("Rss:", 0) == 0) {
            rssKib = std::strtol(line.c_str() + 4, nullptr, 10);
            break;
        }
    }
    EXPECT_GT(rssKib, 0);
    EXPECT_LT(rssKib, 512);
}

TEST_F(HeapMode, WhatIsFreedIsNoMoreInSamples) {
    start(Tracker::sampled);
    tell("lhF");
    const HeapProfile after = profile();
    EXPECT_GT(after.total.blocks, 0U);
    EXPECT_EQ(after.total.liveBlocks, 0U);
    EXPECT_EQ(after.total.liveBytes, 0U);
    EXPECT_GT(after.total.peakBytes, 500'000'000U * 8 / 10);
    EXPECT_TRUE(ledger().profile()->readBlocks()->empty());
}

TEST_F(HeapMode, LargeBlocksAreSampledAlmostAll) {
    start(Tracker::sampled);
    tell("h"); // 100 of ten periods each: one in 20,000 is missed
    const auto sites = sitesWith(profile(), 100);
    ASSERT_EQ(sites.size(), 1U);
    EXPECT_EQ(sites[0].liveBytes, 100U * 5'000'000 + 50);
}

TEST_F(HeapMode, ShortLivedSamplesAreTemporary) {
    start(Tracker::sampled);
    tell("t"); // 1 GB: 1900 samples
    const HeapProfile after = profile();
    EXPECT_NEAR(static_cast<double>(after.total.blocks), 1e6, 0.12e6);
    EXPECT_EQ(after.total.temporaryBlocks, after.total.blocks);
    EXPECT_EQ(after.total.liveBlocks, 0U);
}

TEST_F(HeapMode, AReallocationOfASampledBlockIsANewOne) {
    start(Tracker::sampled);
    tell("gggggggg");
    const HeapProfile after = profile();
    EXPECT_EQ(after.total.liveBytes, 0U);
    // Each grows through 300 MB in all.
    EXPECT_NEAR(static_cast<double>(after.total.bytes), 8 * 265e6, 8 * 60e6);
}

TEST_F(HeapMode, AForkedChildGoesOnInTheModeOfItsParent) {
    start(Tracker::on);
    change(LedgerMode::exact);
    tell("k");
    LedgerReader& child = ledger(1);
    EXPECT_EQ(child.mode(), LedgerMode::exact);
    ASSERT_NE(child.profile(), nullptr);
    EXPECT_EQ(child.profile()->read()->total.blocks, 100U);
}

TEST_F(HeapMode, ThreadsOfBeforeAndAfterAreRecordedThroughManyChanges) {
    start(Tracker::on);
    tell("T");
    constexpr LedgerMode kModes[] = {LedgerMode::exact, LedgerMode::sampled,  LedgerMode::counters,
                                     LedgerMode::exact, LedgerMode::counters, LedgerMode::sampled};
    for (int i = 0; i < 60; ++i) {
        change(kModes[i % 6]);
    }
    tell("E");
    tell("F");
    const HeapProfile after = profile();
    EXPECT_GT(after.total.blocks, 1000U);
    EXPECT_EQ(after.total.liveBlocks, 0U);
    EXPECT_EQ(after.total.liveBytes, 0U);
    for (const HeapStack& stack : after.stacks) {
        EXPECT_EQ(stack.sums.liveBlocks, 0U);
    }
    EXPECT_TRUE(ledger().profile()->readBlocks()->empty());
    EXPECT_EQ(m_target->end().status, 0);
}

TEST_F(HeapMode, WithoutAReaderItIsRefusedAndCountingGoesOn) {
    start(Tracker::on);
    tell("b");
    (void)ledger();
    m_target->closeReceiver();
    change(LedgerMode::exact);
    EXPECT_EQ(ledger().modeRefusal(), ModeRefusal::noReader);
    EXPECT_EQ(ledger().mode(), LedgerMode::counters);
    const auto before = ledger().read();
    tell("b");
    EXPECT_EQ(ledger().read()->allocations, before->allocations + 500);
}

} // namespace
} // namespace ringscope
