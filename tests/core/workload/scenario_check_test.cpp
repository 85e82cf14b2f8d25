// SPDX-License-Identifier: MIT
#include "core/workload/scenario_check.h"

#include <gtest/gtest.h>

#include <cmath>

#include <algorithm>
#include <functional>

namespace ringscope {
namespace {

bool refuses(const std::function<void(Scenario&)>& change, const std::string& field) {
    Scenario scenario;
    change(scenario);
    const auto problems = checkScenario(scenario);
    return std::any_of(problems.begin(), problems.end(), [&](const ScenarioProblem& problem) {
        return problem.field == field && !problem.sentence.empty();
    });
}

TEST(ScenarioCheck, AcceptsTheDefaults) {
    EXPECT_TRUE(checkScenario(Scenario{}).empty());
}

TEST(ScenarioCheck, RefusesCapacitiesThatAreNoPowerOfTwo) {
    EXPECT_TRUE(refuses([](Scenario& s) { s.ring.capacity = 1000; }, "ring.capacity"));
    EXPECT_TRUE(refuses([](Scenario& s) { s.ring.capacity = 1; }, "ring.capacity"));
    EXPECT_TRUE(refuses([](Scenario& s) { s.ring.capacity = 1U << 25U; }, "ring.capacity"));
    EXPECT_FALSE(refuses([](Scenario& s) { s.ring.capacity = 2; }, "ring.capacity"));
}

TEST(ScenarioCheck, SaysWhichPowersOfTwoAreNear) {
    Scenario scenario;
    scenario.ring.capacity = 1000;
    EXPECT_EQ(checkScenario(scenario).at(0).sentence,
              "ring.capacity is 1000, it must be a power of two; the next ones are 512 and 1024");
}

TEST(ScenarioCheck, RefusesPayloadsThatDoNotFitTheSlotOrTheCheck) {
    EXPECT_TRUE(refuses([](Scenario& s) { s.payload.bytes = 1025; }, "payload.bytes"));
    EXPECT_TRUE(refuses([](Scenario& s) { s.payload.bytes = 23; }, "payload.bytes"));
    EXPECT_FALSE(refuses([](Scenario& s) { s.payload.bytes = 24; }, "payload.bytes"));
    const auto listed = [](Scenario& s) {
        s.payload.distribution = SizeDistribution::list;
        s.payload.sizes = {{64, 1}, {2048, 1}};
    };
    EXPECT_TRUE(refuses(listed, "payload.sizes"));
    for (const double weight : {0.0, -1.0, static_cast<double>(NAN), HUGE_VAL}) {
        const auto weighed = [weight](Scenario& s) {
            s.payload.distribution = SizeDistribution::list;
            s.payload.sizes = {{64, 1}, {48, weight}};
        };
        EXPECT_TRUE(refuses(weighed, "payload.weights")) << weight;
    }
}

TEST(ScenarioCheck, OthersMayBeOneSideOfARingOfTheirs) {
    for (const bool isProducing : {true, false}) {
        const auto oneSided = [isProducing](Scenario& s) {
            (isProducing ? s.workers.consumers : s.workers.producers) = 0;
        };
        const auto inTheirs = [&](Scenario& s) {
            oneSided(s);
            s.ring.attach = "dmxp_alloc";
        };
        const char* field = isProducing ? "workers.consumers" : "workers.producers";
        EXPECT_TRUE(refuses(oneSided, field));
        EXPECT_FALSE(refuses(inTheirs, field));
    }
    const auto nobody = [](Scenario& s) {
        s.ring.attach = "dmxp_alloc";
        s.workers.producers = 0;
        s.workers.consumers = 0;
    };
    EXPECT_TRUE(refuses(nobody, "workers.producers"));
}

TEST(ScenarioCheck, RefusesNamesThatNoRingCanHave) {
    EXPECT_TRUE(refuses([](Scenario& s) { s.ring.attach = "../etc/passwd"; }, "ring.attach"));
    EXPECT_TRUE(refuses([](Scenario& s) { s.ring.attach = ".."; }, "ring.attach"));
    EXPECT_TRUE(refuses([](Scenario& s) { s.ring.attach.assign(201, 'x'); }, "ring.attach"));
    EXPECT_FALSE(refuses([](Scenario& s) { s.ring.attach = "dmxp_alloc"; }, "ring.attach"));
    const auto pingPong = [](Scenario& s) {
        s.ring.attach = "dmxp_alloc";
        s.workers.pattern = TrafficPattern::pingPong;
    };
    EXPECT_TRUE(refuses(pingPong, "ring.attach"));
}

TEST(ScenarioCheck, RefusesWorkersAndChannelsOutOfRange) {
    EXPECT_TRUE(refuses([](Scenario& s) { s.workers.producers = 0; }, "workers.producers"));
    EXPECT_TRUE(refuses([](Scenario& s) { s.workers.consumers = 129; }, "workers.consumers"));
    EXPECT_TRUE(refuses([](Scenario& s) { s.ring.channels = 257; }, "ring.channels"));
    EXPECT_TRUE(refuses([](Scenario& s) { s.workers.batch = 65; }, "workers.batch"));
    EXPECT_TRUE(refuses(
        [](Scenario& s) {
            s.ring.capacity = 8;
            s.workers.batch = 16;
        },
        "workers.batch"));
}

TEST(ScenarioCheck, RefusesMorePingPongPairsThanChannels) {
    EXPECT_TRUE(refuses(
        [](Scenario& s) {
            s.workers.pattern = TrafficPattern::pingPong;
            s.workers.producers = 129;
        },
        "workers.producers"));
    Scenario scenario;
    scenario.workers.pattern = TrafficPattern::pingPong;
    scenario.workers.producers = 128;
    EXPECT_TRUE(checkScenario(scenario).empty());
    EXPECT_EQ(scenario.channelCount(), 256U);
}

TEST(ScenarioCheck, RefusesRatesThatAreNone) {
    const auto rate = [](RateMode mode, double perSecond) {
        return [=](Scenario& s) { s.rate.mode = mode, s.rate.perSecond = perSecond; };
    };
    EXPECT_TRUE(refuses(rate(RateMode::fixed, 0), "rate.per_second"));
    EXPECT_TRUE(refuses(rate(RateMode::poisson, -1), "rate.per_second"));
    EXPECT_TRUE(refuses(rate(RateMode::fixed, 1e300), "rate.per_second"));
    EXPECT_TRUE(refuses(rate(RateMode::bursts, 0), "rate.on"));
}

TEST(ScenarioCheck, RefusesToKillAThreadOrNobody) {
    const auto kill = [](Scenario& s) {
        s.kill.emplace();
        s.kill->index = 7;
        s.workers.kind = WorkerKind::threads;
    };
    EXPECT_TRUE(refuses(kill, "kill.index"));
    EXPECT_TRUE(refuses(kill, "workers.kind"));
}

TEST(ScenarioCheck, RefusesFaultsThatCannotHappen) {
    const auto faulty = [](const std::function<void(Scenario&, FaultSettings&)>& change) {
        return [change](Scenario& scenario) {
            scenario.faults.emplace_back().probability = 0.1;
            change(scenario, scenario.faults.back());
        };
    };
    const auto nothing = [](Scenario&, FaultSettings&) {};
    EXPECT_FALSE(refuses(faulty(nothing), "faults[0].probability"));
    EXPECT_TRUE(refuses(faulty([](Scenario&, FaultSettings& f) { f.probability = 0; }),
                        "faults[0].probability"));
    EXPECT_TRUE(refuses(faulty([](Scenario&, FaultSettings& f) {
                            f.role = FaultRole::consumer;
                            f.point = FaultPoint::afterWrite;
                        }),
                        "faults[0].point"));
    EXPECT_TRUE(refuses(faulty([](Scenario&, FaultSettings& f) {
                            f.role = FaultRole::producer;
                            f.point = FaultPoint::beforeRelease;
                        }),
                        "faults[0].point"));
    EXPECT_TRUE(
        refuses(faulty([](Scenario&, FaultSettings& f) { f.worker = 2; }), "faults[0].worker"));
    EXPECT_TRUE(refuses(faulty([](Scenario&, FaultSettings& f) { f.action = FaultAction::sleep; }),
                        "faults[0].for"));
    EXPECT_TRUE(
        refuses(faulty([](Scenario& s, FaultSettings&) { s.workers.kind = WorkerKind::threads; }),
                "faults[0].action"));
    EXPECT_TRUE(refuses(
        faulty([](Scenario& s, FaultSettings&) { s.workers.pattern = TrafficPattern::pingPong; }),
        "faults[0].action"));
    EXPECT_TRUE(refuses([](Scenario& s) { s.faults.resize(kMaxFaults + 1); }, "faults"));
}

TEST(ScenarioCheck, RefusesRecoveryThatThePatternDoesNotAllow) {
    const auto pingPong = [](Scenario& s) { s.workers.pattern = TrafficPattern::pingPong; };
    EXPECT_TRUE(refuses(
        [&](Scenario& s) {
            pingPong(s);
            s.recovery.restartAfterNs = 1;
        },
        "recovery.restart_after"));
    EXPECT_TRUE(refuses(
        [&](Scenario& s) {
            pingPong(s);
            s.churn.everyNs = 1;
        },
        "churn.every"));
    EXPECT_TRUE(refuses([](Scenario& s) { s.churn.workers = 5; }, "churn.count"));
    EXPECT_TRUE(refuses([](Scenario& s) { s.ring.rosterEntries = 1; }, "ring.roster_entries"));
}

} // namespace
} // namespace ringscope
