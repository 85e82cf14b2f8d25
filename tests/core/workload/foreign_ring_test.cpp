// SPDX-License-Identifier: MIT
// Runs in a ring that was there before them and that DMXP clients use as well.
#include <gtest/gtest.h>
#include <optional>

#include "core/base/clock.h"
#include "core/workload/workload_run.h"
#include "tests/core/ring/dmxp_client.h"
#include "tests/core/ring/ring_builders.h"
#include "tests/core/workload/run_until.h"

namespace ringscope {
namespace {

constexpr std::uint64_t kSmall = std::uint64_t{1} << 20U;

Scenario scenarioIn(const std::string& ring) {
    Scenario scenario;
    scenario.name = "foreign";
    scenario.ring.attach = ring;
    scenario.workers.producers = 1;
    scenario.workers.consumers = 1;
    scenario.rate.mode = RateMode::fixed;
    scenario.rate.perSecond = 5'000;
    scenario.run.warmUpNs = 0;
    scenario.run.durationNs = 0;
    scenario.run.messages = 2'000;
    return scenario;
}

// Polls the run to its end and lets the DMXP client act meanwhile.
template <typename Act>
RunResult runWith(const Scenario& scenario, Act act) {
    auto run = WorkloadRun::start(scenario);
    if (!run) {
        ADD_FAILURE() << run.error().message;
        return {};
    }
    EXPECT_TRUE(pollUntil(**run, [&] {
        act(**run);
        return (*run)->isFinished();
    }));
    return (*run)->result();
}

TEST(ForeignRing, IsUsedAndLeftInPlace) {
    const ShmFile file(segmentName("dmxp"));
    dmxp::Client client = dmxp::Client::create(file.name(), kSmall);
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
    dmxp::Client client = dmxp::Client::create(file.name(), kSmall);
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
    dmxp::Client client = dmxp::Client::create(file.name(), kSmall);
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
    evidence.takenByOthers = 7;
    const DeliveryCounts counts = check.verdict(evidence);
    EXPECT_EQ(counts.takenByOthers, 7U);
    EXPECT_EQ(counts.lost, 3U);
}

TEST(ForeignRing, MustExistAndHoldThePayload) {
    const ShmFile file(segmentName("dmxp"));
    const auto missing = WorkloadRun::start(scenarioIn(file.name()));
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().kind, ErrorKind::target);

    dmxp::Client client = dmxp::Client::create(file.name(), kSmall);
    client.createChannel(64);
    Scenario scenario = scenarioIn(file.name());
    scenario.ring.payloadCapacity = 4096;
    scenario.payload.bytes = 2048;
    const auto large = WorkloadRun::start(scenario);
    ASSERT_FALSE(large);
    EXPECT_EQ(large.error().kind, ErrorKind::usage);
    scenario = scenarioIn(file.name());
    scenario.ring.channels = 2;
    EXPECT_FALSE(WorkloadRun::start(scenario)) << "it has one channel only";
    EXPECT_TRUE(ringExists(file.name()));
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

} // namespace
} // namespace ringscope
