// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

#include "core/workload/scenario.h"

namespace ringscope::layout {

constexpr std::uint32_t kMaxPinnedCpus = 64;

struct PlannedFault {
    FaultRole role;
    FaultPoint point;
    FaultAction action;
    std::uint8_t isOfOneWorker; // 0 or 1
    std::uint32_t worker;       // index within its role, when of one
    std::uint32_t count;        // 0 = no limit
    std::uint32_t reserved;
    double probability;
    std::int64_t forNs;
};

// A scenario as the workers read it from the scoreboard: fixed size, so that they parse and
// allocate nothing, and the heap that is measured holds nothing of ours.
struct RunPlan {
    char ringName[224];
    std::uint64_t seed;
    std::uint32_t producers;
    std::uint32_t consumers;
    std::uint32_t channels;
    WorkerKind kind;
    TrafficPattern pattern;
    ChannelSpread spread;
    WaitingPolicy waiting;
    std::uint32_t batch;
    std::uint32_t prefault;  // 0 or 1
    std::uint32_t isShared;  // 0 or 1: others may use the ring too
    std::uint32_t isForeign; // 0 or 1: it was there before the run, and stays
    std::uint32_t messageType;
    std::uint32_t latencyOneIn;
    std::uint32_t cpuCount;
    std::uint16_t cpus[kMaxPinnedCpus];
    std::int32_t creatorPid; // of the run
    std::uint64_t creatorStartTicks;
    std::uint64_t messages; // of all producers, or without one received; 0 = no limit

    SizeDistribution sizeDistribution;
    RateMode rateMode;
    WorkTime workTime;
    WorkStyle workStyle;
    HeapBehaviour heapBehaviour;
    HeapUser heapUser;
    std::uint16_t reserved0;
    std::uint32_t payloadBytes;
    std::uint32_t minBytes;
    std::uint32_t maxBytes;
    std::uint32_t sizeCount;
    double medianBytes;
    double sigma;
    std::uint32_t sizes[kMaxListedSizes];
    double weights[kMaxListedSizes];

    double perSecond;
    double rampToPerSecond;
    std::int64_t rampNs;
    std::int64_t onNs;
    std::int64_t offNs;

    std::int64_t workNs;
    std::int64_t workMinNs;
    std::int64_t workMaxNs;

    std::int64_t stallEveryNs;
    std::int64_t stallForNs;
    std::uint32_t stallConsumers;
    std::uint32_t stallHolds; // 0 or 1

    std::uint32_t heapBytes;
    std::uint32_t reserved1;
    std::uint64_t heapKeep;
    std::uint64_t heapOneIn;
    std::uint64_t heapGrow;

    std::int64_t startWithinNs;
    std::uint32_t churns;         // 0 or 1: workers are told to leave and join again
    std::uint32_t waitsForRoster; // 0 or 1: who finds it full tries again
    std::uint32_t faultCount;
    std::uint32_t reserved2;
    PlannedFault faults[kMaxFaults];

    [[nodiscard]] std::uint32_t workers() const noexcept { return producers + consumers; }
    [[nodiscard]] bool isPingPong() const noexcept { return pattern == TrafficPattern::pingPong; }
    // Workers are numbered producers first. In ping-pong everybody sends and receives.
    [[nodiscard]] std::uint32_t senders() const noexcept {
        return isPingPong() ? workers() : producers;
    }
    [[nodiscard]] bool receives(std::uint32_t worker) const noexcept {
        return isPingPong() || worker >= producers;
    }
    [[nodiscard]] std::uint32_t pairs() const noexcept { return senders() * channels; }
};

} // namespace ringscope::layout

namespace ringscope {

// scenario: checked.
[[nodiscard]] layout::RunPlan makeRunPlan(const Scenario& scenario, const std::string& ringName);

// Channel number use of the channels that a worker of a role uses: all, or those dealt out to it.
// Ping-pong deals out pairs: channel 2 i goes there, 2 i + 1 back.
struct ChannelShare {
    std::uint32_t first = 0;
    std::uint32_t step = 1;
    std::uint32_t count = 0;

    [[nodiscard]] std::uint32_t channel(std::uint32_t use) const noexcept {
        return first + use * step;
    }
};
[[nodiscard]] ChannelShare channelShare(const layout::RunPlan& plan, std::uint32_t worker);

} // namespace ringscope
