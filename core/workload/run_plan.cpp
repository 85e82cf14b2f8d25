// SPDX-License-Identifier: MIT
#include "core/workload/run_plan.h"

#include <algorithm>

namespace ringscope {

namespace {

void planPayload(const PayloadSettings& payload, layout::RunPlan& plan) {
    plan.sizeDistribution = payload.distribution;
    plan.payloadBytes = payload.bytes;
    plan.minBytes = payload.minBytes;
    plan.maxBytes = payload.maxBytes;
    plan.medianBytes = payload.medianBytes;
    plan.sigma = payload.sigma;
    plan.sizeCount =
        static_cast<std::uint32_t>(std::min(payload.sizes.size(), std::size_t{kMaxListedSizes}));
    for (std::uint32_t index = 0; index < plan.sizeCount; ++index) {
        plan.sizes[index] = payload.sizes[index].bytes;
        plan.weights[index] = payload.sizes[index].weight;
    }
}

void planBehaviour(const Scenario& scenario, layout::RunPlan& plan) {
    plan.rateMode = scenario.rate.mode;
    plan.perSecond = scenario.rate.perSecond;
    plan.rampToPerSecond = scenario.rate.rampToPerSecond;
    plan.rampNs = scenario.rate.rampNs;
    plan.onNs = scenario.rate.onNs;
    plan.offNs = scenario.rate.offNs;
    plan.workTime = scenario.work.time;
    plan.workStyle = scenario.work.style;
    plan.workNs = scenario.work.ns;
    plan.workMinNs = scenario.work.minNs;
    plan.workMaxNs = scenario.work.maxNs;
    plan.stallEveryNs = scenario.stall.everyNs;
    plan.stallForNs = scenario.stall.forNs;
    plan.stallConsumers =
        scenario.stall.consumers == 0 ? scenario.workers.consumers : scenario.stall.consumers;
    plan.stallHolds = scenario.stall.isHolding ? 1 : 0;
    plan.heapBehaviour = scenario.heap.behaviour;
    plan.heapUser = scenario.heap.user;
    plan.heapBytes = scenario.heap.bytes;
    plan.heapKeep = scenario.heap.keep;
    plan.heapOneIn = scenario.heap.oneIn;
    plan.heapGrow = scenario.heap.grow;
}

void planFaults(const Scenario& scenario, layout::RunPlan& plan) {
    plan.startWithinNs = scenario.workers.startWithinNs;
    plan.churns = scenario.churn.everyNs > 0 ? 1 : 0;
    plan.waitsForRoster =
        scenario.ring.rosterEntries > 0 || scenario.recovery.restartAfterNs > 0 ? 1 : plan.churns;
    plan.faultCount = static_cast<std::uint32_t>(std::min(scenario.faults.size(), kMaxFaults));
    for (std::uint32_t index = 0; index < plan.faultCount; ++index) {
        const FaultSettings& fault = scenario.faults[index];
        layout::PlannedFault& planned = plan.faults[index];
        planned.role = fault.role;
        planned.point = fault.point;
        planned.action = fault.action;
        planned.isOfOneWorker = fault.worker ? 1 : 0;
        planned.worker = fault.worker.value_or(0);
        planned.count = fault.count;
        planned.probability = fault.probability;
        planned.forNs = fault.forNs;
    }
}

} // namespace

layout::RunPlan makeRunPlan(const Scenario& scenario, const std::string& ringName) {
    layout::RunPlan plan{};
    ringName.copy(plan.ringName, sizeof(plan.ringName) - 1);
    plan.seed = scenario.run.seed;
    plan.producers = scenario.workers.producers;
    plan.consumers = scenario.workers.consumers;
    plan.channels = scenario.channelCount();
    plan.kind = scenario.workers.kind;
    plan.pattern = scenario.workers.pattern;
    plan.spread = scenario.ring.spread;
    plan.waiting = scenario.workers.waiting;
    plan.batch = scenario.workers.batch;
    plan.prefault = scenario.ring.prefault ? 1 : 0;
    plan.latencyOneIn = scenario.run.latencyOneIn;
    plan.cpuCount = static_cast<std::uint32_t>(
        std::min(scenario.workers.cpus.size(), std::size_t{layout::kMaxPinnedCpus}));
    for (std::uint32_t index = 0; index < plan.cpuCount; ++index) {
        plan.cpus[index] = static_cast<std::uint16_t>(scenario.workers.cpus[index]);
    }
    plan.messages = scenario.run.messages;
    planPayload(scenario.payload, plan);
    planBehaviour(scenario, plan);
    planFaults(scenario, plan);
    return plan;
}

ChannelShare channelShare(const layout::RunPlan& plan, std::uint32_t worker) {
    const bool isProducer = worker < plan.producers;
    const std::uint32_t index = isProducer ? worker : worker - plan.producers;
    const std::uint32_t workers = isProducer ? plan.producers : plan.consumers;
    // Ping-pong: the channels that go there, one for each producer.
    const std::uint32_t channels = plan.isPingPong() ? plan.producers : plan.channels;
    const std::uint32_t width = plan.isPingPong() ? 2 : 1;
    if (!plan.isPingPong() && plan.spread == ChannelSpread::all) {
        return {0, 1, channels};
    }
    if (workers >= channels) {
        return {index % channels * width, width, 1};
    }
    return {index * width, workers * width, (channels - index + workers - 1) / workers};
}

} // namespace ringscope
