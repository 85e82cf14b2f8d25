// SPDX-License-Identifier: MIT
#include "core/workload/scenario_check.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <csignal>
#include <utility>

#include "core/base/units.h"

namespace ringscope {

namespace {

constexpr std::uint64_t kMaxRingBytes = std::uint64_t{1} << 40U;
constexpr std::uint32_t kDmxpStride = 1088;
constexpr std::uint32_t kDmxpPayload = 1024;
constexpr std::uint32_t kSlotHeader = 48;
constexpr std::size_t kLongestRingName = 200;
constexpr double kMaxPerSecond = 1e9;
constexpr std::int64_t kLongestNs = std::int64_t{365} * 24 * 3600 * 1'000'000'000;

class Problems {
public:
    void add(std::string field, std::string sentence) {
        m_found.push_back({std::move(field), std::move(sentence)});
    }
    void inRange(const char* field, std::uint64_t value, std::uint64_t low, std::uint64_t high) {
        if (value < low || value > high) {
            add(field, std::string(field) + " is " + std::to_string(value) + ", it must be from " +
                           std::to_string(low) + " to " + std::to_string(high));
        }
    }
    // A time that may be 0 only where least is 0.
    void time(const char* field, std::int64_t ns, std::int64_t least) {
        if (ns < least || ns > kLongestNs) {
            add(field, std::string(field) + " is " + formatDuration(ns) + ", it must be " +
                           (least > 0 ? "at least " + formatDuration(least) : "0 or more") +
                           " and at most a year");
        }
    }
    [[nodiscard]] std::vector<ScenarioProblem> take() { return std::move(m_found); }

private:
    std::vector<ScenarioProblem> m_found;
};

void checkRing(const Scenario& scenario, Problems& problems) {
    const RingSettings& ring = scenario.ring;
    problems.inRange("ring.channels", ring.channels, 1, kMaxRingChannels);
    if (ring.attach.size() > kLongestRingName || ring.attach.find('/') != std::string::npos ||
        ring.attach.starts_with('.')) {
        problems.add("ring.attach", "ring.attach cannot name a ring: use at most 200 characters "
                                    "without a slash");
    }
    if (!ring.attach.empty() && scenario.workers.pattern == TrafficPattern::pingPong) {
        problems.add("ring.attach", "ring.attach needs workers.pattern = \"stream\": others may "
                                    "take the answers");
    }
    if (ring.capacity < kMinRingCapacity || ring.capacity > kMaxRingCapacity) {
        problems.inRange("ring.capacity", ring.capacity, kMinRingCapacity, kMaxRingCapacity);
    } else if (!std::has_single_bit(ring.capacity)) {
        problems.add("ring.capacity", "ring.capacity is " + std::to_string(ring.capacity) +
                                          ", it must be a power of two; the next ones are " +
                                          std::to_string(std::bit_floor(ring.capacity)) + " and " +
                                          std::to_string(std::bit_ceil(ring.capacity)));
    }
    problems.inRange("ring.payload_capacity", ring.payloadCapacity, kMinPayloadBytes,
                     kMaxPayloadBytes);
    if (ring.slotStride != 0 &&
        (ring.slotStride % 64 != 0 || ring.slotStride < kSlotHeader + ring.payloadCapacity)) {
        problems.add("ring.slot_stride",
                     "ring.slot_stride is " + std::to_string(ring.slotStride) +
                         ", it must be 0 (computed) or a multiple of 64 that holds " +
                         std::to_string(kSlotHeader) + " bytes of header and the payload of " +
                         std::to_string(ring.payloadCapacity));
    }
    if (ring.isDmxpCompatible && (ring.payloadCapacity > kDmxpPayload ||
                                  (ring.slotStride != 0 && ring.slotStride != kDmxpStride))) {
        problems.add("ring.dmxp_compatible",
                     "ring.dmxp_compatible needs a payload capacity of at most 1024 bytes and a "
                     "stride of 1088");
    }
    if (ringBytes(scenario) > kMaxRingBytes) {
        problems.add("ring.capacity", "the ring would take " +
                                          formatBytes(static_cast<double>(ringBytes(scenario))) +
                                          "; make ring.capacity, ring.channels or "
                                          "ring.payload_capacity smaller");
    }
}

void checkFits(const Scenario& scenario, const std::string& field, std::uint64_t bytes,
               Problems& problems) {
    if (bytes < kMinPayloadBytes) {
        problems.add(field, field + " is " + std::to_string(bytes) + ", it must be at least " +
                                std::to_string(kMinPayloadBytes) +
                                ": each message carries its number, stamp and checksum");
    } else if (bytes > scenario.ring.payloadCapacity) {
        problems.add(field, field + " is " + std::to_string(bytes) +
                                ", larger than the slot's payload; make it at most " +
                                std::to_string(scenario.ring.payloadCapacity) +
                                " or ring.payload_capacity larger");
    }
}

void checkPayload(const Scenario& scenario, Problems& problems) {
    const PayloadSettings& payload = scenario.payload;
    switch (payload.distribution) {
    case SizeDistribution::fixed:
        checkFits(scenario, "payload.bytes", payload.bytes, problems);
        return;
    case SizeDistribution::logNormal:
        if (!(payload.medianBytes >= 1 && payload.medianBytes <= kMaxPayloadBytes)) {
            problems.add("payload.median", "payload.median must be from 1 to " +
                                               std::to_string(kMaxPayloadBytes) + " bytes");
        }
        if (!(payload.sigma > 0 && payload.sigma <= 10)) {
            problems.add("payload.sigma", "payload.sigma must be above 0 and at most 10");
        }
        [[fallthrough]];
    case SizeDistribution::uniform:
        checkFits(scenario, "payload.min", payload.minBytes, problems);
        checkFits(scenario, "payload.max", payload.maxBytes, problems);
        if (payload.minBytes > payload.maxBytes) {
            problems.add("payload.min", "payload.min is larger than payload.max");
        }
        return;
    case SizeDistribution::list:
        break;
    }
    if (payload.sizes.empty() || payload.sizes.size() > kMaxListedSizes) {
        problems.add("payload.sizes", "payload.sizes must list 1 to " +
                                          std::to_string(kMaxListedSizes) + " sizes, it has " +
                                          std::to_string(payload.sizes.size()));
    }
    for (const ListedSize& size : payload.sizes) {
        checkFits(scenario, "payload.sizes", size.bytes, problems);
        if (!(size.weight > 0) || !std::isfinite(size.weight)) {
            problems.add("payload.weights", "each of payload.weights must be above 0");
        }
    }
}

void checkWorkers(const Scenario& scenario, Problems& problems) {
    const WorkerSettings& workers = scenario.workers;
    const bool isPingPong = workers.pattern == TrafficPattern::pingPong;
    const std::uint64_t fewest = scenario.ring.attach.empty() ? 1 : 0; // others may be the rest
    problems.inRange("workers.producers", workers.producers, fewest, kMaxWorkersPerRole);
    problems.inRange("workers.consumers", workers.consumers, fewest, kMaxWorkersPerRole);
    if (fewest == 0 && scenario.workerCount() == 0) {
        problems.add("workers.producers", "workers.producers and workers.consumers are both 0; "
                                          "nobody would use the ring");
    }
    problems.inRange("workers.batch", workers.batch, 1, kMaxMessagesPerBatch);
    const bool isOurs = scenario.ring.attach.empty() || scenario.ring.isDmxpCompatible;
    if (isOurs && workers.batch > scenario.ring.capacity) {
        problems.add("workers.batch", "workers.batch is " + std::to_string(workers.batch) +
                                          ", more than the ring's " +
                                          std::to_string(scenario.ring.capacity) + " slots");
    }
    for (const std::uint32_t cpu : workers.cpus) {
        problems.inRange("workers.cpus", cpu, 0, 1023);
    }
    if (isPingPong && scenario.rate.mode != RateMode::max) {
        problems.add("rate.mode", "rate.mode must be max with workers.pattern = \"ping-pong\": "
                                  "the answer sets the pace");
    }
}

void checkRate(const RateSettings& rate, Problems& problems) {
    const auto perSecond = [&](const char* field, double value, bool mayBeZero) {
        if (!(value <= kMaxPerSecond) || value < 0 || (value == 0 && !mayBeZero)) {
            problems.add(field, std::string(field) + " must be " +
                                    (mayBeZero ? "0 (as fast as possible)" : "above 0") +
                                    " and at most 1000000000 messages a second");
        }
    };
    switch (rate.mode) {
    case RateMode::max:
        return;
    case RateMode::ramp:
        perSecond("rate.ramp_to", rate.rampToPerSecond, false);
        problems.time("rate.ramp", rate.rampNs, 1'000'000);
        [[fallthrough]];
    case RateMode::fixed:
    case RateMode::poisson:
        perSecond("rate.per_second", rate.perSecond, false);
        return;
    case RateMode::bursts:
        perSecond("rate.per_second", rate.perSecond, true);
        problems.time("rate.on", rate.onNs, 100'000);
        problems.time("rate.off", rate.offNs, 100'000);
        return;
    }
}

void checkWork(const Scenario& scenario, Problems& problems) {
    const WorkSettings& work = scenario.work;
    if (work.time == WorkTime::fixed || work.time == WorkTime::exponential) {
        problems.time("work.time", work.ns, 1);
    } else if (work.time == WorkTime::uniform) {
        problems.time("work.min", work.minNs, 0);
        problems.time("work.max", work.maxNs, 1);
        if (work.minNs > work.maxNs) {
            problems.add("work.min", "work.min is longer than work.max");
        }
    }
    const StallSettings& stall = scenario.stall;
    problems.time("stall.every", stall.everyNs, 0);
    if (stall.everyNs > 0) {
        problems.time("stall.for", stall.forNs, 1);
        if (stall.consumers > scenario.workers.consumers) {
            problems.add("stall.count",
                         "stall.count is " + std::to_string(stall.consumers) + ", there are only " +
                             std::to_string(scenario.workers.consumers) + " consumers");
        }
    }
}

void checkHeap(const HeapSettings& heap, Problems& problems) {
    if (heap.behaviour == HeapBehaviour::none) {
        return;
    }
    problems.inRange("heap.bytes", heap.bytes, 1, std::uint64_t{1} << 30U);
    if (heap.behaviour == HeapBehaviour::keep) {
        problems.inRange("heap.keep", heap.keep, 1, 10'000'000);
    } else if (heap.behaviour == HeapBehaviour::leak) {
        problems.inRange("heap.one_in", heap.oneIn, 1, 1'000'000'000);
    } else if (heap.behaviour == HeapBehaviour::growThenDrop) {
        problems.inRange("heap.grow", heap.grow, 1, 10'000'000);
    }
}

void checkRun(const Scenario& scenario, Problems& problems) {
    const RunSettings& run = scenario.run;
    problems.time("run.warm_up", run.warmUpNs, 0);
    problems.time("run.duration", run.durationNs, 0);
    problems.inRange("run.messages", run.messages, 0, INT64_MAX);
    problems.inRange("run.seed", run.seed, 0, INT64_MAX);
    if (!scenario.kill) {
        return;
    }
    const KillSettings& kill = *scenario.kill;
    const bool isProducer = kill.role == WorkerRole::producer;
    const std::uint32_t count =
        isProducer ? scenario.workers.producers : scenario.workers.consumers;
    if (kill.index >= count) {
        problems.add("kill.index", "kill.index is " + std::to_string(kill.index) +
                                       ", there are only " + std::to_string(count) + " " +
                                       (isProducer ? "producers" : "consumers") +
                                       ", counted from 0");
    }
    problems.time("kill.after", kill.afterNs, 0);
    if (kill.signal != SIGKILL && kill.signal != SIGTERM && kill.signal != SIGSEGV &&
        kill.signal != SIGABRT && kill.signal != SIGBUS && kill.signal != SIGSTOP) {
        problems.add("kill.signal", "kill.signal must be SIGKILL, SIGSEGV, SIGABRT, SIGBUS, "
                                    "SIGTERM or SIGSTOP");
    }
    if (scenario.workers.kind == WorkerKind::threads) {
        problems.add("workers.kind", "workers.kind must be processes when the scenario kills a "
                                     "worker: a signal ends all threads of a process");
    }
}

void checkFault(const Scenario& scenario, std::size_t index, Problems& problems) {
    const FaultSettings& fault = scenario.faults[index];
    const std::string at = "faults[" + std::to_string(index) + "].";
    if (!(fault.probability > 0 && fault.probability <= 1)) {
        problems.add(at + "probability",
                     "faults.probability must be given, above 0 and at most 1: it is the chance "
                     "that each message has");
    }
    const bool isOfProducers =
        fault.point == FaultPoint::afterWrite || fault.point == FaultPoint::afterPublish;
    if ((isOfProducers && fault.role == FaultRole::consumer) ||
        (fault.point == FaultPoint::beforeRelease && fault.role == FaultRole::producer)) {
        problems.add(at + "point",
                     "faults.point is " + std::string(choiceName(kFaultPoints, fault.point)) +
                         (isOfProducers ? ", which consumers do not come to; write before-release"
                                        : ", which producers do not come to; write after-write"));
    }
    const std::uint32_t workers =
        fault.role == FaultRole::producer ? scenario.workers.producers
        : fault.role == FaultRole::consumer
            ? scenario.workers.consumers
            : std::max(scenario.workers.producers, scenario.workers.consumers);
    if (fault.worker && *fault.worker >= workers) {
        problems.add(at + "worker", "faults.worker is " + std::to_string(*fault.worker) +
                                        ", there are only " + std::to_string(workers) +
                                        " of that role, counted from 0");
    }
    if (fault.action != FaultAction::die) {
        const std::int64_t least = fault.action == FaultAction::sleep ? 1 : 0;
        if (fault.forNs < least || fault.forNs > kLongestNs) {
            problems.add(at + "for", "faults.for is " + formatDuration(fault.forNs) +
                                         ", it must be " + (least > 0 ? "above 0" : "0 or more") +
                                         " and at most a year");
        }
    }
    if (fault.action != FaultAction::sleep && scenario.workers.kind == WorkerKind::threads) {
        problems.add(at + "action", "faults.action is " +
                                        std::string(choiceName(kFaultActions, fault.action)) +
                                        ", which would end or stop all threads of the process; "
                                        "use workers.kind = \"processes\"");
    }
    if (fault.action == FaultAction::die && scenario.workers.pattern == TrafficPattern::pingPong) {
        problems.add(at + "action", "faults.action is die, after which a producer would wait for "
                                    "its answer for ever; use workers.pattern = \"stream\"");
    }
}

void checkRecovery(const Scenario& scenario, Problems& problems) {
    if (scenario.ring.rosterEntries != 0) {
        problems.inRange("ring.roster_entries", scenario.ring.rosterEntries,
                         scenario.channelCount() * 2, kMaxRosterPlaces);
    }
    problems.time("workers.start_within", scenario.workers.startWithinNs, 0);
    problems.time("churn.every", scenario.churn.everyNs, 0);
    problems.inRange("churn.count", scenario.churn.workers, 0, scenario.workerCount());
    problems.time("recovery.restart_after", scenario.recovery.restartAfterNs, 0);
    if (scenario.recovery.restartAfterNs > 0 &&
        (scenario.workers.kind == WorkerKind::threads ||
         scenario.workers.pattern == TrafficPattern::pingPong)) {
        problems.add("recovery.restart_after",
                     "recovery.restart_after needs workers.kind = \"processes\" and "
                     "workers.pattern = \"stream\"");
    }
    if (scenario.churn.everyNs > 0 && scenario.workers.pattern == TrafficPattern::pingPong) {
        problems.add("churn.every", "churn.every needs workers.pattern = \"stream\"");
    }
    if (scenario.faults.size() > kMaxFaults) {
        problems.add("faults", "there are " + std::to_string(scenario.faults.size()) +
                                   " [[faults]], at most " + std::to_string(kMaxFaults) +
                                   " are possible");
        return;
    }
    for (std::size_t index = 0; index < scenario.faults.size(); ++index) {
        checkFault(scenario, index, problems);
    }
}

} // namespace

std::uint64_t ringBytes(const Scenario& scenario) {
    const std::uint64_t stride =
        scenario.ring.isDmxpCompatible ? kDmxpStride
        : scenario.ring.slotStride != 0
            ? scenario.ring.slotStride
            : (std::uint64_t{kSlotHeader} + scenario.ring.payloadCapacity + 63) / 64 * 64;
    return scenario.ring.capacity * stride * scenario.channelCount();
}

std::vector<ScenarioProblem> checkScenario(const Scenario& scenario) {
    Problems problems;
    if (scenario.name.empty() || scenario.name.size() > 64) {
        problems.add("name", "name must have 1 to 64 characters");
    }
    checkRing(scenario, problems);
    checkPayload(scenario, problems);
    checkWorkers(scenario, problems);
    checkRate(scenario.rate, problems);
    checkWork(scenario, problems);
    checkHeap(scenario.heap, problems);
    checkRun(scenario, problems);
    checkRecovery(scenario, problems);
    return problems.take();
}

} // namespace ringscope
