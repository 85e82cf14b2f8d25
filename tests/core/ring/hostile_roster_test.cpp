// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "core/base/clock.h"
#include "core/ring/producer.h"
#include "core/ring/repair.h"
#include "core/ring/stuck_watch.h"
#include "tests/core/ring/hostile_roster.h"

namespace ringscope {
namespace {

// Without bounds each of these takes minutes to days.
constexpr double kLongSeconds = 30;

class HostileRoster : public testing::Test {
protected:
    void TearDown() override {
        EXPECT_LT(static_cast<double>(monotonicNs() - m_startNs) / 1e9, kLongSeconds);
    }

private:
    std::int64_t m_startNs = monotonicNs();
};

TEST_F(HostileRoster, DoesNotKeepTheStuckWatchBusy) {
    const Segment segment = segmentFullOfTheDead(1024, 1024);
    auto observer = RingObserver::open(segment.name());
    ASSERT_TRUE(observer);
    StuckWatch watch(std::make_shared<RingObserver>(std::move(*observer)));
    const auto stuck = watch.look(1);
    ASSERT_TRUE(stuck);
    EXPECT_FALSE(stuck->empty()) << "the first of them are told";
    EXPECT_LT(stuck->size(), 4096U);
}

TEST_F(HostileRoster, DoesNotKeepARepairBusy) {
    const Segment segment = segmentFullOfTheDead(64, kMaxBatch);
    RepairOptions options;
    options.isDryRun = true;
    const auto report = repairRing(segment, options);
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_EQ(report->deadParticipants, layout::kMaxRosterEntries);
    ASSERT_FALSE(report->refused.empty());
    EXPECT_NE(report->refused.back().reason.find("more claims than a crash leaves"),
              std::string::npos)
        << report->refused.back().reason;
}

TEST_F(HostileRoster, SlotThatManyClaimIsGivenBackOnceInADryRun) {
    const Segment segment = segmentFullOfTheDead(64, kMaxBatch);
    for (std::uint32_t index = 0; index < segment.rosterEntryCount(); ++index) {
        segment.rosterEntries()[index].intent |= layout::kIntentClaimed;
    }
    RepairOptions options;
    options.isDryRun = true;
    const auto report = repairRing(segment, options);
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_EQ(report->slots.size(), 64U);
}

TEST_F(HostileRoster, ClaimLargerThanAnyBatchIsRefused) {
    const Segment segment = segmentFullOfTheDead(1024, kMaxBatch + 1);
    RepairOptions options;
    options.isDryRun = true;
    const auto report = repairRing(segment, options);
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_TRUE(report->slots.empty());
    ASSERT_EQ(report->refused.size(), layout::kMaxRosterEntries);
    EXPECT_NE(report->refused.front().reason.find("cannot be"), std::string::npos);
}

} // namespace
} // namespace ringscope
