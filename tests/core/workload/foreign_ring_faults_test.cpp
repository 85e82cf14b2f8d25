// SPDX-License-Identifier: MIT
// What goes wrong in a ring that is not the run's own: whatever it is, the ring stays.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "core/base/clock.h"
#include "core/ring/ring_layout.h"
#include "core/workload/run_ring.h"
#include "tests/core/workload/foreign_ring.h"
#include "tests/support/forked_process.h"

namespace ringscope {
namespace {

using testing::HasSubstr;

constexpr std::uint64_t kLaps = 4 * 64; // of a ring of 64

Scenario endlessIn(const std::string& ring) {
    Scenario scenario = scenarioIn(ring);
    scenario.workers.producers = 2;
    scenario.workers.consumers = 2;
    scenario.run.messages = 0;
    return scenario;
}

// One that Ringscope created: DMXP clients can join, and it has a roster.
Segment makeSharedSegment(const std::string& name) {
    SegmentSpec spec = specOf(64, layout::kDmxpPayloadCapacity);
    spec.name = name;
    spec.wakeDmxpConsumers = true;
    return makeSegment(spec);
}

TEST(ForeignRingFaults, RingIsUsableAfterARunThatWasStopped) {
    const ShmFile file(segmentName("dmxp"));
    dmxp::Client client = dmxp::Client::create(file.name(), kSmallRing);
    client.createChannel(64);
    auto run = WorkloadRun::start(endlessIn(file.name()));
    ASSERT_TRUE(run) << run.error().message;
    ASSERT_TRUE(pollUntil(**run, [&] { return (*run)->status().received > 200; }));
    (*run)->requestStop();
    const RunResult result = runToEnd(**run);
    EXPECT_EQ(result.outcome, RunOutcome::interrupted);
    EXPECT_TRUE(result.isAccountedFor());
    EXPECT_EQ(goRound(client, kLaps), kLaps);
}

TEST(ForeignRingFaults, RingIsUsableAfterARunThatWasDropped) {
    const ShmFile file(segmentName("dmxp"));
    dmxp::Client client = dmxp::Client::create(file.name(), kSmallRing);
    client.createChannel(64);
    {
        Scenario scenario = endlessIn(file.name());
        scenario.work.time = WorkTime::fixed; // its consumers have a slot in their hands
        scenario.work.style = WorkStyle::sleep;
        scenario.work.ns = kNsPerSecond;
        auto run = WorkloadRun::start(scenario);
        ASSERT_TRUE(run) << run.error().message;
        ASSERT_TRUE(pollUntil(**run, [&client] { return client.head(0) == 2; }));
    }
    ASSERT_TRUE(ringExists(file.name()));
    EXPECT_EQ(goRound(client, kLaps), kLaps);
}

// A process with a run in it is killed; waits until its workers, ours by then, have ended.
void killProcessOfARun(const Scenario& scenario) {
    ASSERT_EQ(::prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    int report[2];
    ASSERT_EQ(::pipe2(report, O_CLOEXEC), 0);
    {
        ForkedProcess parent([&] {
            auto run = WorkloadRun::start(scenario);
            if (!run || !pollUntil(**run, [&] { return (*run)->status().received > 200; })) {
                ::_exit(1);
            }
            [[maybe_unused]] const ssize_t written = ::write(report[1], "r", 1);
            pollUntil(**run, [] { return false; });
        });
        ::close(report[1]);
        char runs = 0;
        ASSERT_EQ(::read(report[0], &runs, 1), 1) << "the run did not start";
        ::close(report[0]);
    }
    const std::int64_t deadlineNs = monotonicNs() + kPatienceNs;
    while (::waitpid(-1, nullptr, WNOHANG) >= 0 && monotonicNs() < deadlineNs) {
        waitNs(kNsPerMs);
    }
    ::prctl(PR_SET_CHILD_SUBREAPER, 0);
}

TEST(ForeignRingFaults, RingIsUsableAfterARunThatWasKilled) {
    const ShmFile file(segmentName("dmxp"));
    dmxp::Client client = dmxp::Client::create(file.name(), kSmallRing);
    client.createChannel(64);
    killProcessOfARun(endlessIn(file.name()));
    ASSERT_TRUE(ringExists(file.name()));
    EXPECT_EQ(goRound(client, kLaps), kLaps);
}

TEST(ForeignRingFaults, RingThatAKilledRunCreatedGoes) {
    const ShmFile file(segmentName("dmxp"));
    Scenario scenario = endlessIn(file.name());
    scenario.ring.isDmxpCompatible = true;
    killProcessOfARun(scenario);
    EXPECT_FALSE(ringExists(file.name()));
}

// Under dmxp_alloc, say, somebody else may have made a ring since.
TEST(ForeignRingFaults, RingThatTookTheNameOfAKilledRunsStays) {
    const ShmFile file(segmentName("dmxp"));
    Scenario scenario = endlessIn(file.name());
    scenario.ring.isDmxpCompatible = true;
    layout::RunPlan plan = makeRunPlan(scenario, file.name());
    planRing(scenario, plan);
    ASSERT_EQ(plan.isForeign, 0U) << "there is none yet";
    {
        const dmxp::Client client = dmxp::Client::create(file.name(), kSmallRing);
        removeRingOfDeadRun(plan);
        EXPECT_TRUE(ringExists(file.name()));
        ::unlink(shmPath(file.name()).c_str());
    }
    const Segment ours = makeSharedSegment(file.name());
    plan.isForeign = 1;
    removeRingOfDeadRun(plan);
    EXPECT_TRUE(ringExists(file.name())) << "the run found it there";
    plan.isForeign = 0;
    removeRingOfDeadRun(plan);
    EXPECT_FALSE(ringExists(file.name()));
}

RunResult resultOf(const Scenario& scenario) {
    auto run = WorkloadRun::start(scenario);
    EXPECT_TRUE(run) << (run ? "" : run.error().message);
    return run ? runToEnd(**run) : RunResult{};
}

// DMXP's segments have no roster: the slot stays taken, and the ring stands still there a lap
// later. Nothing but that is lost.
TEST(ForeignRingFaults, ConsumerThatDiesInDmxpsRingLeavesItsSlotTaken) {
    const ShmFile file(segmentName("dmxp"));
    dmxp::Client client = dmxp::Client::create(file.name(), kSmallRing);
    client.createChannel(64);
    Scenario scenario = endlessIn(file.name());
    scenario.kill = KillSettings{WorkerRole::consumer, 0, 50 * kNsPerMs, SIGKILL, true};
    scenario.run.messages = 5'000;
    const RunResult result = resultOf(scenario);
    EXPECT_EQ(result.outcome, RunOutcome::workerDied);
    EXPECT_TRUE(result.isAccountedFor());
    EXPECT_EQ(result.messages.unreleased, 1U);
    EXPECT_EQ(result.messages.takenByOthers, 0U);
    EXPECT_EQ(client.tail(0) - client.head(0) + 1, result.messages.inRing);
    ASSERT_TRUE(ringExists(file.name()));
    EXPECT_LT(goRound(client, kLaps), 64U);
}

TEST(ForeignRingFaults, ProducerThatDiesInDmxpsRingLeavesItsSlotTaken) {
    const ShmFile file(segmentName("dmxp"));
    dmxp::Client client = dmxp::Client::create(file.name(), kSmallRing);
    client.createChannel(64);
    Scenario scenario = endlessIn(file.name());
    scenario.kill = KillSettings{WorkerRole::producer, 0, 50 * kNsPerMs, SIGKILL, true};
    scenario.run.messages = 5'000;
    const RunResult result = resultOf(scenario);
    EXPECT_EQ(result.outcome, RunOutcome::workerDied);
    EXPECT_TRUE(result.isAccountedFor());
    EXPECT_EQ(result.messages.takenByOthers, 0U);
    ASSERT_TRUE(ringExists(file.name()));
    EXPECT_FALSE(client.receive(0)) << "what follows is behind the slot that was not published";
}

struct Death {
    FaultRole role;
    FaultPoint point;
    bool losesMessages;
};

class DeathInSharedRing : public testing::TestWithParam<Death> {};

// In a ring with a roster the run gives back what its dead held, beside a DMXP client that sends
// and takes.
TEST_P(DeathInSharedRing, IsRepaired) {
    const ShmFile file(segmentName("dmxp"));
    const Segment segment = makeSharedSegment(file.name());
    dmxp::Client client = dmxp::Client::attach(file.name(), segment.geometry().bytes);
    Scenario scenario = endlessIn(file.name());
    scenario.rate.mode = RateMode::max;
    scenario.recovery.repairs = true;
    scenario.recovery.restartAfterNs = 5 * kNsPerMs;
    scenario.run.messages = 20'000;
    FaultSettings fault;
    fault.role = GetParam().role;
    fault.point = GetParam().point;
    fault.probability = 0.002;
    fault.count = 3;
    scenario.faults = {fault};
    std::uint64_t sent = 0;
    const RunResult result = runWith(scenario, [&](WorkloadRun&) {
        sent += client.send(0, sent, "of another program") ? 1U : 0U;
        client.receive(0); // a message, or what is left of one
    });
    EXPECT_TRUE(result.isAccountedFor())
        << "lost " << result.messages.lost << " of which named " << result.messages.lostWithHolder
        << ", taken " << result.messages.takenByOthers << ", foreign " << result.messages.foreign;
    EXPECT_EQ(result.outcome, RunOutcome::completed);
    EXPECT_EQ(result.messages.sent, 20'000U);
    EXPECT_GT(result.deaths, 0U);
    EXPECT_EQ(result.restarts, result.deaths);
    EXPECT_TRUE(result.unrepaired.empty());
    EXPECT_LE(result.messages.foreign, sent);
    EXPECT_LE(result.messages.lostWithHolder, GetParam().losesMessages ? result.deaths : 0);
    EXPECT_EQ(result.messages.lost, result.messages.lostWithHolder);
    ASSERT_TRUE(ringExists(file.name()));
    EXPECT_EQ(goRound(client, kLaps), kLaps);
}

INSTANTIATE_TEST_SUITE_P(
    Points, DeathInSharedRing,
    testing::Values(Death{FaultRole::producer, FaultPoint::afterClaim, false},
                    Death{FaultRole::producer, FaultPoint::afterPublish, false},
                    Death{FaultRole::consumer, FaultPoint::afterClaim, true},
                    Death{FaultRole::consumer, FaultPoint::beforeRelease, false}));

// Nobody else takes anything here, so that a lost message cannot hide behind those.
TEST(ForeignRingFaults, WhatDiesWithAConsumerWasNotTakenByOthers) {
    const ShmFile file(segmentName("dmxp"));
    const Segment segment = makeSharedSegment(file.name());
    Scenario scenario = endlessIn(file.name());
    scenario.rate.mode = RateMode::max;
    scenario.recovery.repairs = true;
    scenario.recovery.restartAfterNs = 5 * kNsPerMs;
    scenario.run.messages = 20'000;
    FaultSettings fault;
    fault.role = FaultRole::consumer;
    fault.probability = 0.002;
    fault.count = 3;
    scenario.faults = {fault};
    const RunResult result = resultOf(scenario);
    EXPECT_GT(result.deaths, 0U);
    EXPECT_EQ(result.messages.lostWithHolder, result.deaths);
    EXPECT_EQ(result.messages.lost, result.deaths);
    EXPECT_EQ(result.messages.takenByOthers, 0U);
    EXPECT_EQ(result.messages.foreign, 0U);
    EXPECT_TRUE(result.isAccountedFor());
}

// The sentence with which a run in the ring is refused.
std::string refusal(const Scenario& scenario, ErrorKind kind) {
    const auto run = WorkloadRun::start(scenario);
    if (run) {
        ADD_FAILURE() << "it runs";
        return {};
    }
    EXPECT_EQ(run.error().kind, kind) << run.error().message;
    EXPECT_EQ(run.error().message.find('\n'), std::string::npos);
    return run.error().message;
}

TEST(ForeignRingFaults, RingMustExist) {
    const ShmFile file(segmentName("dmxp"));
    EXPECT_THAT(refusal(scenarioIn(file.name()), ErrorKind::target), HasSubstr(file.name()));
    EXPECT_FALSE(ringExists(file.name()));
}

TEST(ForeignRingFaults, RingMustBeOne) {
    const ShmFile file(segmentName("dmxp"));
    dmxp::Client::create(file.name(), kSmallRing);
    poke(file.name(), 0, std::uint64_t{0x1122334455667788});
    EXPECT_THAT(refusal(scenarioIn(file.name()), ErrorKind::damaged), HasSubstr("magic"));
    EXPECT_TRUE(ringExists(file.name()));
}

TEST(ForeignRingFaults, RingMustSuitTheScenario) {
    const ShmFile file(segmentName("dmxp"));
    dmxp::Client client = dmxp::Client::create(file.name(), kSmallRing);
    client.createChannel(16);
    Scenario scenario = scenarioIn(file.name());
    scenario.ring.payloadCapacity = 4096;
    scenario.payload.bytes = 2048;
    EXPECT_THAT(refusal(scenario, ErrorKind::usage), HasSubstr("slots for 1024 bytes"));
    scenario = scenarioIn(file.name());
    scenario.workers.batch = 32;
    EXPECT_THAT(refusal(scenario, ErrorKind::usage), HasSubstr("has 16 slots"));
    scenario = scenarioIn(file.name());
    scenario.ring.channels = 2;
    EXPECT_THAT(refusal(scenario, ErrorKind::usage), HasSubstr("has no channel 1"));
    scenario = scenarioIn(file.name());
    scenario.recovery.repairs = true;
    EXPECT_THAT(refusal(scenario, ErrorKind::usage), HasSubstr("has no roster"));
    EXPECT_EQ(goRound(client, kLaps), kLaps);
}

// DMXP lets one create a channel of any size; only powers of two can go round.
TEST(ForeignRingFaults, ChannelMustHaveAPossibleCapacity) {
    const ShmFile file(segmentName("dmxp"));
    dmxp::Client client = dmxp::Client::create(file.name(), kSmallRing);
    client.createChannel(16);
    poke(file.name(), sizeof(layout::Header) + 8, std::uint64_t{24});
    EXPECT_THAT(refusal(scenarioIn(file.name()), ErrorKind::usage), HasSubstr("channel 0"));
}

} // namespace
} // namespace ringscope
