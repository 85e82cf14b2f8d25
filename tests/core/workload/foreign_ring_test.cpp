// SPDX-License-Identifier: MIT
// Runs in a ring that was there before them and that DMXP clients use as well.
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <set>
#include <span>

#include "core/base/clock.h"
#include "core/workload/message_body.h"
#include "tests/core/workload/foreign_ring.h"
#include "tests/support/forked_process.h"

namespace ringscope {
namespace {

TEST(ForeignRing, IsUsedAndLeftInPlace) {
    const ShmFile file(segmentName("dmxp"));
    dmxp::Client client = dmxp::Client::create(file.name(), kSmallRing);
    client.createChannel(64);
    const RunResult result = runWith(scenarioIn(file.name()), [](WorkloadRun&) {});
    EXPECT_EQ(result.messages.sent, 2'000U);
    EXPECT_EQ(result.messages.received, 2'000U);
    EXPECT_EQ(result.messages.foreign, 0U);
    EXPECT_EQ(result.messages.takenByOthers, 0U);
    EXPECT_TRUE(result.isAccountedFor());
    EXPECT_EQ(result.capacity, 64U);
    EXPECT_TRUE(ringExists(file.name()));
    EXPECT_EQ(client.tail(0), 2'000U);
    EXPECT_TRUE(client.send(0, 1, "and still works"));
    EXPECT_TRUE(client.receive(0));
}

TEST(ForeignRing, MessagesOfOthersAreCountedApart) {
    const ShmFile file(segmentName("dmxp"));
    dmxp::Client client = dmxp::Client::create(file.name(), kSmallRing);
    client.createChannel(64);
    std::uint64_t sent = 0;
    const RunResult result = runWith(scenarioIn(file.name()), [&](WorkloadRun&) {
        sent += sent < 300 && client.send(0, sent, "of another program") ? 1U : 0U;
    });
    EXPECT_GT(sent, 10U);
    EXPECT_EQ(result.messages.sent, 2'000U);
    EXPECT_EQ(result.messages.received, 2'000U);
    EXPECT_EQ(result.messages.foreign + (client.tail(0) - client.head(0)), sent);
    EXPECT_TRUE(result.messages.isClean());
    EXPECT_TRUE(result.isAccountedFor());
}

TEST(ForeignRing, MessagesThatOthersTookAreNotLost) {
    const ShmFile file(segmentName("dmxp"));
    dmxp::Client client = dmxp::Client::create(file.name(), kSmallRing);
    client.createChannel(64);
    Scenario scenario = scenarioIn(file.name());
    scenario.work.time = WorkTime::fixed; // our consumer leaves some for others
    scenario.work.style = WorkStyle::sleep;
    scenario.work.ns = kNsPerMs;
    scenario.run.messages = 1'000;
    std::uint64_t taken = 0;
    const RunResult result = runWith(scenario, [&](WorkloadRun&) {
        while (const auto message = client.receive(0)) {
            EXPECT_GE(message->payload.size(), 24U);
            ++taken;
        }
    });
    EXPECT_GT(taken, 0U);
    EXPECT_EQ(result.messages.sent, 1'000U);
    EXPECT_EQ(result.messages.takenByOthers, taken);
    EXPECT_EQ(result.messages.lost, 0U);
    EXPECT_TRUE(result.isAccountedFor());
}

TEST(ForeignRing, LossBeyondWhatOthersTookIsLoss) {
    DeliveryCheck check(1, 1);
    DeliveryCheck::Evidence evidence;
    evidence.sent = {10};
    evidence.claimed = 7;
    const DeliveryCounts counts = check.verdict(evidence);
    EXPECT_EQ(counts.takenByOthers, 7U);
    EXPECT_EQ(counts.lost, 3U);
}

// Of eight that were claimed, dead consumers had two: others took six at most.
TEST(ForeignRing, WhatDeadConsumersHadWasNotTakenByOthers) {
    DeliveryCheck check(1, 1);
    DeliveryCheck::Evidence evidence;
    evidence.sent = {10};
    evidence.taken = {{0, 0, 3, true}};  // repaired
    evidence.inRing = {{0, 0, 4, true}}; // not repaired
    evidence.claimed = 8;
    DeliveryCounts counts = check.verdict(evidence);
    EXPECT_EQ(counts.lostWithHolder, 1U);
    EXPECT_EQ(counts.unreleased, 1U);
    EXPECT_EQ(counts.takenByOthers, 6U);
    EXPECT_EQ(counts.lost, 3U);
    evidence.claimed = 20; // others' messages too
    counts = check.verdict(evidence);
    EXPECT_EQ(counts.takenByOthers, 8U);
    EXPECT_EQ(counts.lost, 1U) << "the one that is known to be";
}

TEST(ForeignRing, IsCreatedForDmxpClientsWhenThereIsNone) {
    const ShmFile file(segmentName("dmxp"));
    Scenario scenario = scenarioIn(file.name());
    scenario.ring.isDmxpCompatible = true;
    std::optional<dmxp::Client> client;
    const RunResult result = runWith(scenario, [&](WorkloadRun& run) {
        if (!client && run.status().sent > 0) {
            client.emplace(dmxp::Client::attach(file.name()));
            EXPECT_TRUE(client->send(0, 1, "from DMXP"));
        }
    });
    EXPECT_TRUE(client);
    EXPECT_EQ(result.messages.foreign, 1U);
    EXPECT_TRUE(result.isAccountedFor());
    EXPECT_FALSE(ringExists(file.name())) << "the run created it";
}

// What a DMXP client receives beside or after the run.
struct Taken {
    std::uint64_t messages = 0;
    std::set<std::uint64_t> ids;
    std::set<std::uint32_t> types;
};

void takeAll(dmxp::Client& client, Taken& taken) {
    while (const auto message = client.receive(0)) {
        ++taken.messages;
        taken.ids.insert(message->id);
        taken.types.insert(message->type);
        MessageStamp stamp;
        EXPECT_TRUE(openMessage(std::as_bytes(std::span(message->payload)), &stamp));
        EXPECT_EQ(messageIdOf(stamp.sender, stamp.sequence), message->id);
    }
}

TEST(ForeignRing, ClientReceivesAllThatARunWithoutConsumersSends) {
    const ShmFile file(segmentName("dmxp"));
    dmxp::Client client = dmxp::Client::create(file.name(), kSmallRing);
    client.createChannel(64);
    Scenario scenario = scenarioIn(file.name());
    scenario.workers.producers = 2;
    scenario.workers.consumers = 0;
    scenario.run.messages = 0;
    scenario.run.durationNs = 300 * kNsPerMs;
    Taken taken;
    const RunResult result = runWith(scenario, [&](WorkloadRun&) { takeAll(client, taken); });
    EXPECT_EQ(result.outcome, RunOutcome::completed);
    EXPECT_TRUE(result.isAccountedFor());
    EXPECT_GT(result.messages.sent, 100U);
    EXPECT_EQ(result.messages.received, 0U);
    EXPECT_EQ(result.messages.takenByOthers + result.messages.inRing, result.messages.sent);
    EXPECT_GT(result.throughputPerSecond, 100);
    takeAll(client, taken);
    EXPECT_EQ(taken.messages, result.messages.sent);
    EXPECT_EQ(taken.ids.size(), result.messages.sent);
    ASSERT_EQ(taken.types.size(), 1U);
    EXPECT_EQ(*taken.types.begin() & 0xFFFFU, 0x5352U);
}

TEST(ForeignRing, RunWithoutProducersReceivesAllThatAClientSends) {
    const ShmFile file(segmentName("dmxp"));
    dmxp::Client client = dmxp::Client::create(file.name(), kSmallRing);
    client.createChannel(64);
    Scenario scenario = scenarioIn(file.name());
    scenario.workers.producers = 0;
    scenario.workers.consumers = 2;
    scenario.run.messages = 1'500;
    std::uint64_t sent = 0;
    std::uint64_t seen = 0;
    const RunResult result = runWith(scenario, [&](WorkloadRun& run) {
        while (sent < 1'500 && client.send(0, sent, "of another program")) {
            ++sent;
        }
        seen = std::max(seen, run.status().workers[0].received + run.status().workers[1].received);
    });
    EXPECT_EQ(result.outcome, RunOutcome::completed);
    EXPECT_TRUE(result.isAccountedFor());
    EXPECT_EQ(result.messages.sent, 0U);
    EXPECT_EQ(result.messages.received, 0U);
    EXPECT_EQ(result.messages.foreign, 1'500U);
    EXPECT_EQ(seen, 1'500U);
    EXPECT_EQ(client.head(0), 1'500U);
    EXPECT_GT(result.throughputPerSecond, 100);
}

TEST(ForeignRing, RunWithoutProducersHasNothingToStallOn) {
    const ShmFile file(segmentName("dmxp"));
    dmxp::Client client = dmxp::Client::create(file.name(), kSmallRing);
    client.createChannel(64);
    Scenario scenario = scenarioIn(file.name());
    scenario.workers.producers = 0;
    scenario.run.messages = 10;
    const std::int64_t speaksAtNs = monotonicNs() + 2'500 * kNsPerMs;
    std::uint64_t sent = 0;
    const RunResult result = runWith(scenario, [&](WorkloadRun&) {
        sent += monotonicNs() > speaksAtNs && sent < 10 && client.send(0, sent, "late") ? 1U : 0U;
    });
    EXPECT_EQ(result.outcome, RunOutcome::completed);
    EXPECT_EQ(result.messages.foreign, 10U);
}

TEST(ForeignRing, IsFullWhenNobodyTakesWhatARunSends) {
    const ShmFile file(segmentName("dmxp"));
    dmxp::Client client = dmxp::Client::create(file.name(), kSmallRing);
    client.createChannel(64);
    Scenario scenario = scenarioIn(file.name());
    scenario.workers.consumers = 0;
    const RunResult result = runWith(scenario, [](WorkloadRun&) {});
    EXPECT_EQ(result.outcome, RunOutcome::stalled);
    EXPECT_EQ(result.messages.sent, 64U);
    EXPECT_EQ(result.messages.inRing, 64U);
    EXPECT_EQ(result.messages.lost, 0U);
    EXPECT_EQ(goRound(client, 200), 200U);
}

TEST(ForeignRing, RunEndsThoughOthersGoOnSending) {
    const ShmFile file(segmentName("dmxp"));
    dmxp::Client client = dmxp::Client::create(file.name(), kSmallRing);
    client.createChannel(64);
    Scenario scenario = scenarioIn(file.name());
    scenario.work.time = WorkTime::fixed; // the ring is never empty
    scenario.work.ns = 200 * kNsPerUs;
    scenario.run.messages = 200;
    auto run = WorkloadRun::start(scenario);
    ASSERT_TRUE(run) << run.error().message;
    const ForkedProcess sender([&client] {
        for (std::uint64_t id = 0;; ++id) {
            while (!client.send(0, id, "without end")) {
                waitNs(kNsPerUs);
            }
        }
    });
    const RunResult result = runToEnd(**run);
    EXPECT_EQ(result.outcome, RunOutcome::completed);
    EXPECT_EQ(result.messages.received, 200U);
    EXPECT_GT(result.messages.foreign, 0U);
    EXPECT_TRUE(result.isAccountedFor());
}

TEST(ForeignRing, TwoRunsTellTheirMessagesApart) {
    const ShmFile file(segmentName("dmxp"));
    dmxp::Client client = dmxp::Client::create(file.name(), kSmallRing);
    client.createChannel(64);
    auto other = WorkloadRun::start(scenarioIn(file.name()));
    ASSERT_TRUE(other) << other.error().message;
    const RunResult result =
        runWith(scenarioIn(file.name()), [&](WorkloadRun&) { (*other)->poll(); });
    const RunResult others = runToEnd(**other);
    for (const RunResult* one : {&result, &others}) {
        EXPECT_EQ(one->messages.sent, 2'000U);
        EXPECT_GT(one->messages.foreign, 0U);
        EXPECT_TRUE(one->isAccountedFor());
    }
    EXPECT_EQ(result.messages.received + others.messages.foreign +
                  (client.tail(0) - client.head(0)) + others.messages.received +
                  result.messages.foreign,
              4'000U);
}

} // namespace
} // namespace ringscope
