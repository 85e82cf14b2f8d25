// SPDX-License-Identifier: MIT
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "core/workload/workload_run.h"
#include "tests/core/ring/dmxp_client.h"
#include "tests/core/ring/ring_builders.h"
#include "tests/core/workload/run_until.h"

namespace ringscope {

constexpr std::uint64_t kSmallRing = std::uint64_t{1} << 20U;

inline Scenario scenarioIn(const std::string& ring) {
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
    return (*run)->isFinished() ? (*run)->result() : RunResult{};
}

// Rounds of the ring by a DMXP client: what was in it, then messages of its own. How many came
// through.
inline std::uint64_t goRound(dmxp::Client& client, std::uint64_t messages) {
    while (client.receive(0)) {
    }
    std::uint64_t came = 0;
    for (std::uint64_t id = 0; id < messages; ++id) {
        if (!client.send(0, id, "round " + std::to_string(id))) {
            break;
        }
        const auto message = client.receive(0);
        came += message && message->id == id && message->payload == "round " + std::to_string(id)
                    ? 1U
                    : 0U;
    }
    return came;
}

} // namespace ringscope
