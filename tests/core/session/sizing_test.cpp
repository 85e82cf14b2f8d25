// SPDX-License-Identifier: MIT
#include "core/session/sizing.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <gtest/gtest.h>
#include <limits>

#include "core/session/offered_load.h"
#include "core/session/sizing_json.h"
#include "core/workload/scenario_file.h"
#include "tests/support/session_builder.h"

namespace ringscope {
namespace {

constexpr std::int64_t kMs = 1'000'000;

// One channel, sampled each millisecond; cursors as given.
struct Rows {
    SessionBuilder::Samples fill;
    SessionBuilder::Samples sent;
    SessionBuilder::Samples received;

    void add(std::uint64_t capacity, double tail, double head) {
        const auto now = static_cast<std::int64_t>(sent.size()) * kMs;
        fill.emplace_back(now, 100 * (tail - head) / static_cast<double>(capacity));
        sent.emplace_back(now, tail);
        received.emplace_back(now, head);
    }
};

SessionView viewOf(std::uint64_t capacity, const Rows& rows,
                   const std::optional<Scenario>& scenario = std::nullopt) {
    SessionView view =
        SessionBuilder()
            .track("ring.ch0.fill", TrackKind::gauge, Unit::percent, rows.fill)
            .track("ring.ch0.sent", TrackKind::counter, Unit::count, rows.sent)
            .track("ring.ch0.received", TrackKind::counter, Unit::count, rows.received)
            .build();
    RingTarget ring;
    ring.channels.push_back({0, capacity, 0, 0});
    view.ring = std::make_shared<const RingTarget>(ring);
    if (scenario) {
        Provenance provenance;
        provenance.scenarioToml = scenarioToml(*scenario);
        view.provenance = std::make_shared<const Provenance>(provenance);
    }
    return view;
}

ChannelSizing onlySizing(const SessionView& view) {
    const std::vector<ChannelSizing> all = sizingOf(view);
    EXPECT_EQ(all.size(), 1U);
    return all.empty() ? ChannelSizing() : all.front();
}

// A fluid ring of one consumer: due(ms) messages are meant to be sent by then, perMs are consumed
// while there are any.
Rows simulated(std::uint64_t capacity, int ms, double perMs,
               const std::function<double(double)>& due) {
    Rows rows;
    double tail = 0;
    double head = 0;
    for (int i = 0; i < ms; ++i) {
        tail = std::max(tail, std::min(due(i), head + static_cast<double>(capacity)));
        rows.add(capacity, tail, head);
        head = std::min(tail, head + perMs);
    }
    return rows;
}

// 100 messages a millisecond for 20 ms, then 80 ms of silence; 30 a millisecond are consumed, so
// that 20 x (100 - 30) = 1400 are left over when a burst ends.
constexpr double kPerMs = 100;
constexpr double kConsumed = 30;
double bursts(double ms) {
    const double cycles = std::floor(ms / 100);
    return kPerMs * (cycles * 20 + std::min(ms - cycles * 100, 20.0));
}
Scenario burstScenario() {
    Scenario scenario;
    scenario.workers.producers = 1;
    scenario.workers.consumers = 1;
    scenario.rate.mode = RateMode::bursts;
    scenario.rate.perSecond = 1000 * kPerMs;
    scenario.rate.onNs = 20 * kMs;
    scenario.rate.offNs = 80 * kMs;
    return scenario;
}

TEST(Sizing, HighWaterMarksAreThoseOfTheCursors) {
    Rows rows;
    for (const auto& [tail, head] : std::vector<std::pair<double, double>>{
             {0, 0}, {0, 0}, {4, 0}, {8, 0}, {8, 0}, {8, 0}, {10, 6}, {10, 10}, {10, 10}}) {
        rows.add(8, tail, head);
    }
    const ChannelSizing sizing = onlySizing(viewOf(8, rows));
    EXPECT_EQ(sizing.maxFill, 8U);
    EXPECT_EQ(sizing.minFree, 0U);
    EXPECT_EQ(sizing.observedNs, 8 * kMs);
    EXPECT_EQ(sizing.atFullNs, 3 * kMs);
    EXPECT_EQ(sizing.atEmptyNs, 3 * kMs);
    EXPECT_DOUBLE_EQ(sizing.atFullPercent(), 37.5);
    EXPECT_EQ(sizing.longestReceiveStallNs, 3 * kMs) << "from the sample that first saw messages";
    EXPECT_EQ(sizing.longestSendStallNs, 2 * kMs);
}

TEST(Sizing, RingThatWasNeverFullNeedsItsLargestBacklog) {
    const ChannelSizing sizing = onlySizing(viewOf(8192, simulated(8192, 300, kConsumed, bursts)));
    EXPECT_EQ(sizing.advice, SizingAdvice::suffices);
    EXPECT_EQ(sizing.maxFill, 1430U) << "before the consumer's turn of that millisecond";
    EXPECT_LE(sizing.maxFillBound, 1430U + 100U);
    EXPECT_EQ(sizing.needed, sizing.maxFillBound + 1) << "and one in the consumer's hands";
    EXPECT_EQ(sizing.recommendedCapacity, 2048U);
}

TEST(Sizing, BoundCoversWhatHappensBetweenTwoSamples) {
    Rows rows;
    rows.add(1024, 0, 0);
    rows.add(1024, 300, 300); // 300 came and went: there may have been 300 at once
    rows.add(1024, 300, 300);
    const ChannelSizing sizing = onlySizing(viewOf(1024, rows));
    EXPECT_EQ(sizing.maxFill, 0U);
    EXPECT_EQ(sizing.maxFillBound, 300U);
    EXPECT_EQ(sizing.recommendedCapacity, 512U);
}

TEST(Sizing, FullRingOfAKnownRateNeedsTheBacklogOfALargerOne) {
    for (const std::uint64_t capacity : {64U, 256U, 1024U}) {
        const ChannelSizing sizing = onlySizing(
            viewOf(capacity, simulated(capacity, 300, kConsumed, bursts), burstScenario()));
        EXPECT_EQ(sizing.advice, SizingAdvice::grow) << capacity;
        EXPECT_NEAR(static_cast<double>(sizing.needed), 1430, 150) << capacity;
        EXPECT_EQ(sizing.recommendedCapacity, 2048U) << capacity;
    }
}

TEST(Sizing, RangeInTheMiddleOfAWaitCountsWhatIsHeldBackSinceBefore) {
    const SessionView view = viewOf(256, simulated(256, 300, kConsumed, bursts), burstScenario());
    const auto sizing = sizingOf(view, 115 * kMs, 130 * kMs);
    ASSERT_EQ(sizing.size(), 1U);
    EXPECT_EQ(sizing.front().recommendedCapacity, 2048U);
}

TEST(Sizing, FullRingOfAnUnknownRateIsEstimatedFromBeforeItWasFull) {
    const ChannelSizing sizing = onlySizing(viewOf(1024, simulated(1024, 300, kConsumed, bursts)));
    EXPECT_EQ(sizing.advice, SizingAdvice::growAtLeast);
    EXPECT_NEAR(static_cast<double>(sizing.needed), 1430, 150);
    EXPECT_EQ(sizing.recommendedCapacity, 2048U);
}

TEST(Sizing, NoCapacityHelpsWhenConsumersAreTooSlow) {
    Scenario scenario;
    scenario.rate.mode = RateMode::fixed;
    scenario.rate.perSecond = 50'000;
    const auto due = [](double ms) { return 50 * ms; };
    for (const auto& known : {std::optional<Scenario>(scenario), std::optional<Scenario>()}) {
        const ChannelSizing sizing =
            onlySizing(viewOf(256, simulated(256, 300, kConsumed, due), known));
        EXPECT_EQ(sizing.advice, SizingAdvice::noCapacityHelps);
        EXPECT_EQ(sizing.recommendedCapacity, 0U);
        EXPECT_NEAR(sizing.offeredPerSecond, 50'000, 2000);
        EXPECT_NEAR(sizing.consumedPerSecond, 30'000, 1000);
    }
}

TEST(Sizing, ProducersWithoutARateFillAnyRing) {
    Scenario scenario;
    scenario.rate.mode = RateMode::max;
    const auto due = [](double ms) { return 1e6 * ms; };
    const ChannelSizing sizing =
        onlySizing(viewOf(256, simulated(256, 100, kConsumed, due), scenario));
    EXPECT_EQ(sizing.advice, SizingAdvice::unpaced);
    EXPECT_EQ(sizing.recommendedCapacity, 0U);
}

TEST(Sizing, SlotThatIsHeldForALapNeedsWhatComesMeanwhile) {
    Scenario scenario;
    scenario.rate.mode = RateMode::fixed;
    scenario.rate.perSecond = 10'000;
    Rows rows;
    for (int i = 0; i < 200; ++i) { // slot 0 is held from 50 ms to 150 ms: 500 + 64 is in its way
        const double due = 10.0 * i;
        const bool isBlocked = due > 564 && i < 150;
        rows.add(64, isBlocked ? 564 : due, isBlocked ? 564 : due);
        rows.fill.back().second = isBlocked ? 100 : 0;
    }
    const ChannelSizing sizing = onlySizing(viewOf(64, rows, scenario));
    EXPECT_EQ(sizing.advice, SizingAdvice::grow);
    EXPECT_NEAR(static_cast<double>(sizing.needed), 1000, 25);
    EXPECT_EQ(sizing.maxFill, 0U);
    EXPECT_EQ(sizing.minFree, 0U);
}

TEST(Sizing, RingThatWasNeverFullMustHoldWhatComesWhileASlotIsKept) {
    Scenario scenario;
    scenario.rate.mode = RateMode::fixed;
    scenario.rate.perSecond = 10'000;
    Rows rows;
    for (int i = 0; i < 300; ++i) {
        rows.add(8192, 10.0 * i, 10.0 * i); // whoever holds a slot is not seen
    }
    EXPECT_EQ(onlySizing(viewOf(8192, rows, scenario)).recommendedCapacity, 16U);
    EXPECT_FALSE(onlySizing(viewOf(8192, rows)).isHoldTimeKnown);
    scenario.stall.everyNs = 200 * kMs;
    scenario.stall.forNs = 100 * kMs; // 1000 messages
    const ChannelSizing sizing = onlySizing(viewOf(8192, rows, scenario));
    EXPECT_NEAR(static_cast<double>(sizing.needed), 1010, 5);
    EXPECT_EQ(sizing.recommendedCapacity, 1024U);
    EXPECT_TRUE(sizing.isHoldTimeKnown);
}

TEST(Sizing, WaitsThatNoSampleSawStillAskForMore) {
    Rows rows = simulated(64, 100, kConsumed, [](double ms) { return 20 * ms; });
    SessionView view = viewOf(64, rows, burstScenario());
    EXPECT_EQ(onlySizing(view).advice, SizingAdvice::suffices);
    SessionView waits =
        SessionBuilder()
            .track("messages.full_waits", TrackKind::counter, Unit::count, {{0, 0}, {50 * kMs, 3}})
            .build();
    view.groups.push_back(waits.groups.front());
    EXPECT_EQ(onlySizing(view).advice, SizingAdvice::grow);
    EXPECT_EQ(onlySizing(view).recommendedCapacity, 128U);
}

TEST(Sizing, ChannelMadeAnewIsNotABacklog) {
    Rows rows;
    rows.add(64, 1000, 990);
    rows.add(64, 1010, 1000);
    rows.add(64, 0, 0);
    rows.add(64, 5, 0);
    const ChannelSizing sizing = onlySizing(viewOf(64, rows));
    EXPECT_EQ(sizing.maxFill, 10U);
    EXPECT_LE(sizing.maxFillBound, 20U);
}

TEST(Sizing, GapIsNeitherFullNorEmpty) {
    Rows rows;
    rows.add(64, 0, 0);
    rows.add(64, std::numeric_limits<double>::quiet_NaN(), 0);
    rows.add(64, 0, 0);
    rows.add(64, 1, 1);
    EXPECT_EQ(onlySizing(viewOf(64, rows)).observedNs, kMs);
}

TEST(Sizing, OldestMessageIsAsOldAsTheTailIsPastTheHead) {
    Rows rows;
    rows.add(64, 0, 0);
    rows.add(64, 3, 0);
    rows.add(64, 9, 2);
    rows.add(64, 9, 2);
    rows.add(64, 9, 3);
    rows.add(64, 9, 9);
    const SessionView view = viewOf(64, rows);
    EXPECT_EQ(oldestMessageAgeNs(view, 0, 0), std::nullopt);
    EXPECT_EQ(oldestMessageAgeNs(view, 0, 3 * kMs), 2 * kMs);
    EXPECT_EQ(oldestMessageAgeNs(view, 0, 4 * kMs), 2 * kMs) << "3 came with the second";
    EXPECT_EQ(oldestMessageAgeNs(view, 0, 5 * kMs), std::nullopt);
    EXPECT_EQ(oldestMessageAgeNs(view, 7, 4 * kMs), std::nullopt) << "no such channel";
}

TEST(Sizing, JsonReadsBackAsItWas) {
    const std::vector<ChannelSizing> all =
        sizingOf(viewOf(256, simulated(256, 300, kConsumed, bursts), burstScenario()));
    const auto read = sizingFromJson(sizingToJson(all));
    ASSERT_TRUE(read);
    ASSERT_EQ(read->size(), 1U);
    EXPECT_EQ(sizingToJson(*read), sizingToJson(all));
    EXPECT_EQ(read->front().atFullNs, all.front().atFullNs);
    EXPECT_EQ(sizingFromJson("{}"), std::nullopt);
}

TEST(OfferedLoad, IsWhatThePacersSchedule) {
    Scenario scenario = burstScenario();
    scenario.ring.channels = 2;
    const auto load = OfferedLoad::of(scenario);
    ASSERT_TRUE(load);
    EXPECT_DOUBLE_EQ(load->dueBy(0.01), 500);
    EXPECT_DOUBLE_EQ(load->dueBy(0.05), 1000);
    EXPECT_DOUBLE_EQ(load->dueBy(0.11), 1500);
    EXPECT_DOUBLE_EQ(load->perSecond(), 10'000);
    EXPECT_NEAR(load->secondsOf(1500), 0.11, 1e-9);
    scenario.rate = {RateMode::ramp, 1000, 3000, 2'000 * kMs, 0, 0};
    EXPECT_DOUBLE_EQ(OfferedLoad::of(scenario)->dueBy(2), 2000);
    EXPECT_DOUBLE_EQ(OfferedLoad::of(scenario)->dueBy(3), 3500);
    scenario.run.messages = 100;
    EXPECT_DOUBLE_EQ(OfferedLoad::of(scenario)->dueBy(3), 50);
}

TEST(OfferedLoad, IsUnknownWhenProducersSetTheirOwnPace) {
    Scenario scenario = burstScenario();
    scenario.rate.perSecond = 0;
    EXPECT_FALSE(OfferedLoad::of(scenario));
    scenario = burstScenario();
    scenario.workers.startWithinNs = 1;
    EXPECT_FALSE(OfferedLoad::of(scenario));
    scenario = burstScenario();
    scenario.ring.channels = 2;
    scenario.ring.spread = ChannelSpread::own;
    EXPECT_FALSE(OfferedLoad::of(scenario)) << "one producer has both";
}

} // namespace
} // namespace ringscope
