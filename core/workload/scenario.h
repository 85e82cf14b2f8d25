// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ringscope {

enum class WorkerKind : std::uint8_t { processes, threads };
enum class WorkerRole : std::uint8_t { producer, consumer };
// stream: producers send, consumers receive. pingPong: each producer has two channels and waits for
// the answer to each message (or batch) before it sends the next.
enum class TrafficPattern : std::uint8_t { stream, pingPong };
// all: every worker uses every channel in turn. own: workers are dealt out over the channels.
enum class ChannelSpread : std::uint8_t { all, own };
enum class WaitingPolicy : std::uint8_t { spinYield, futex };
enum class SizeDistribution : std::uint8_t { fixed, uniform, logNormal, list };
enum class RateMode : std::uint8_t { max, fixed, poisson, bursts, ramp };
enum class WorkTime : std::uint8_t { none, fixed, uniform, exponential };
enum class WorkStyle : std::uint8_t { spin, sleep };
enum class HeapBehaviour : std::uint8_t { none, allocateAndFree, keep, leak, growThenDrop };
enum class HeapUser : std::uint8_t { producers, consumers, both };
enum class FaultRole : std::uint8_t { any, producer, consumer };
// Where a worker is with a message, or a batch: a producer claims, writes, publishes and counts; a
// consumer claims, reads and releases.
enum class FaultPoint : std::uint8_t {
    beforeClaim,
    afterClaim,
    afterWrite,
    afterPublish, // and not counted by its sender yet
    beforeRelease
};
enum class FaultAction : std::uint8_t { die, stop, sleep };

// A choice and its name in a scenario file. The tables below are in the order people are shown.
template <typename Enum>
struct ChoiceName {
    Enum value;
    std::string_view name;
};
constexpr std::array<ChoiceName<WorkerKind>, 2> kWorkerKinds{
    {{WorkerKind::processes, "processes"}, {WorkerKind::threads, "threads"}}};
constexpr std::array<ChoiceName<WorkerRole>, 2> kWorkerRoles{
    {{WorkerRole::producer, "producer"}, {WorkerRole::consumer, "consumer"}}};
constexpr std::array<ChoiceName<TrafficPattern>, 2> kTrafficPatterns{
    {{TrafficPattern::stream, "stream"}, {TrafficPattern::pingPong, "ping-pong"}}};
constexpr std::array<ChoiceName<ChannelSpread>, 2> kChannelSpreads{
    {{ChannelSpread::all, "all"}, {ChannelSpread::own, "own"}}};
constexpr std::array<ChoiceName<WaitingPolicy>, 2> kWaitingPolicies{
    {{WaitingPolicy::spinYield, "spin-yield"}, {WaitingPolicy::futex, "futex"}}};
constexpr std::array<ChoiceName<SizeDistribution>, 4> kSizeDistributions{
    {{SizeDistribution::fixed, "fixed"},
     {SizeDistribution::uniform, "uniform"},
     {SizeDistribution::logNormal, "log-normal"},
     {SizeDistribution::list, "list"}}};
constexpr std::array<ChoiceName<RateMode>, 5> kRateModes{{{RateMode::max, "max"},
                                                          {RateMode::fixed, "fixed"},
                                                          {RateMode::poisson, "poisson"},
                                                          {RateMode::bursts, "bursts"},
                                                          {RateMode::ramp, "ramp"}}};
constexpr std::array<ChoiceName<WorkTime>, 4> kWorkTimes{{{WorkTime::none, "none"},
                                                          {WorkTime::fixed, "fixed"},
                                                          {WorkTime::uniform, "uniform"},
                                                          {WorkTime::exponential, "exponential"}}};
constexpr std::array<ChoiceName<WorkStyle>, 2> kWorkStyles{
    {{WorkStyle::spin, "spin"}, {WorkStyle::sleep, "sleep"}}};
constexpr std::array<ChoiceName<HeapBehaviour>, 5> kHeapBehaviours{
    {{HeapBehaviour::none, "none"},
     {HeapBehaviour::allocateAndFree, "allocate-and-free"},
     {HeapBehaviour::keep, "keep"},
     {HeapBehaviour::leak, "leak"},
     {HeapBehaviour::growThenDrop, "grow-then-drop"}}};
constexpr std::array<ChoiceName<HeapUser>, 3> kHeapUsers{{{HeapUser::producers, "producers"},
                                                          {HeapUser::consumers, "consumers"},
                                                          {HeapUser::both, "both"}}};
constexpr std::array<ChoiceName<FaultRole>, 3> kFaultRoles{{{FaultRole::any, "any"},
                                                            {FaultRole::producer, "producer"},
                                                            {FaultRole::consumer, "consumer"}}};
constexpr std::array<ChoiceName<FaultPoint>, 5> kFaultPoints{
    {{FaultPoint::beforeClaim, "before-claim"},
     {FaultPoint::afterClaim, "after-claim"},
     {FaultPoint::afterWrite, "after-write"},
     {FaultPoint::afterPublish, "after-publish"},
     {FaultPoint::beforeRelease, "before-release"}}};
constexpr std::array<ChoiceName<FaultAction>, 3> kFaultActions{
    {{FaultAction::die, "die"}, {FaultAction::stop, "stop"}, {FaultAction::sleep, "sleep"}}};

template <typename Enum, std::size_t N>
[[nodiscard]] constexpr std::string_view choiceName(const std::array<ChoiceName<Enum>, N>& choices,
                                                    Enum value) noexcept {
    for (const ChoiceName<Enum>& choice : choices) {
        if (choice.value == value) {
            return choice.name;
        }
    }
    return "?";
}

constexpr std::uint64_t kMinRingCapacity = 2;
constexpr std::uint64_t kMaxRingCapacity = std::uint64_t{1} << 24U;
constexpr std::uint32_t kMaxRingChannels = 256;
constexpr std::uint32_t kMaxWorkersPerRole = 128;
constexpr std::uint32_t kMaxMessagesPerBatch = 64;
constexpr std::uint32_t kMaxRosterPlaces = 65'536;
constexpr std::size_t kMaxListedSizes = 32;
constexpr std::size_t kMaxFaults = 16;
// Identity, stamp and checksum of each message are part of its payload, so that delivery can be
// checked.
constexpr std::uint32_t kMinPayloadBytes = 24;
constexpr std::uint32_t kMaxPayloadBytes = std::uint32_t{1} << 24U;

struct ListedSize {
    std::uint32_t bytes = kMinPayloadBytes;
    double weight = 1;

    bool operator==(const ListedSize&) const = default;
};

struct RingSettings {
    std::string attach; // a ring that exists already; empty = a fresh one
    std::uint32_t channels = 1;
    std::uint64_t capacity = 1024;        // slots of each channel
    std::uint32_t payloadCapacity = 1024; // bytes of payload a slot can hold
    std::uint32_t slotStride = 0;         // bytes; 0 = computed from the payload capacity
    bool isDmxpCompatible = false;        // stride 1088, and DMXP's consumers are woken
    ChannelSpread spread = ChannelSpread::all;
    bool prefault = true;            // touch every page before the run
    std::uint32_t rosterEntries = 0; // 0 = enough for all

    bool operator==(const RingSettings&) const = default;
};

struct PayloadSettings {
    SizeDistribution distribution = SizeDistribution::fixed;
    std::uint32_t bytes = 64;                  // fixed
    std::uint32_t minBytes = kMinPayloadBytes; // uniform; lower bound of log-normal
    std::uint32_t maxBytes = 1024;             // uniform; upper bound of log-normal
    double medianBytes = 200;                  // log-normal
    double sigma = 0.8;                        // log-normal: of the logarithm
    std::vector<ListedSize> sizes;             // list

    bool operator==(const PayloadSettings&) const = default;
};

struct WorkerSettings {
    std::uint32_t producers = 2;
    std::uint32_t consumers = 2;
    WorkerKind kind = WorkerKind::processes;
    TrafficPattern pattern = TrafficPattern::stream;
    std::uint32_t batch = 1; // messages claimed at once
    WaitingPolicy waiting = WaitingPolicy::spinYield;
    std::vector<std::uint32_t> cpus; // worker i is pinned to cpus[i % size]; empty = not pinned
    std::int64_t startWithinNs = 0;  // each joins at a random time within it

    bool operator==(const WorkerSettings&) const = default;
};

// Rates are of all producers together.
struct RateSettings {
    RateMode mode = RateMode::max;
    double perSecond = 10'000;  // fixed, poisson; start of ramp; in bursts while on, 0 = max
    double rampToPerSecond = 0; // ramp
    std::int64_t rampNs = 0;    // ramp: how long it takes
    std::int64_t onNs = 0;      // bursts
    std::int64_t offNs = 0;     // bursts

    bool operator==(const RateSettings&) const = default;
};

// What a consumer does with each message while it holds its slot.
struct WorkSettings {
    WorkTime time = WorkTime::none;
    WorkStyle style = WorkStyle::spin;
    std::int64_t ns = 0;    // fixed; mean of exponential
    std::int64_t minNs = 0; // uniform
    std::int64_t maxNs = 0; // uniform

    bool operator==(const WorkSettings&) const = default;
};

// Consumers that stop for a while, as a page fault, a collector or the scheduler would make them.
struct StallSettings {
    std::int64_t everyNs = 0; // 0 = never
    std::int64_t forNs = 0;
    std::uint32_t consumers = 1; // how many of them stall; 0 = all
    bool isHolding = true;       // it holds a slot meanwhile

    bool operator==(const StallSettings&) const = default;
};

struct HeapSettings {
    HeapBehaviour behaviour = HeapBehaviour::none;
    HeapUser user = HeapUser::consumers;
    std::uint32_t bytes = 256;
    std::uint64_t keep = 1000;   // keep: blocks alive per worker
    std::uint64_t oneIn = 1000;  // leak: one block in so many is never freed
    std::uint64_t grow = 50'000; // growThenDrop: blocks per worker before all are freed

    bool operator==(const HeapSettings&) const = default;
};

// Ends when the duration is over or the messages are sent, whichever is first; both 0 = until it is
// stopped. Warm-up comes before the duration and is in no rate and no latency.
struct RunSettings {
    std::int64_t warmUpNs = 500'000'000;
    std::int64_t durationNs = 10'000'000'000;
    std::uint64_t messages = 0; // of all producers together
    std::uint64_t seed = 1;
    std::uint32_t latencyOneIn = 64; // messages stamped for latency; 0 = none

    bool operator==(const RunSettings&) const = default;
};

// A worker that the run itself kills.
struct KillSettings {
    WorkerRole role = WorkerRole::consumer;
    std::uint32_t index = 0;
    std::int64_t afterNs = 3'000'000'000; // from the end of the warm-up
    int signal = 9;
    bool isHolding = true; // while it holds a slot; false: whatever it is doing

    bool operator==(const KillSettings&) const = default;
};

// What goes wrong in a worker, at random times that follow from the seed.
struct FaultSettings {
    FaultRole role = FaultRole::any;
    std::optional<std::uint32_t> worker; // index within its role; empty = all of them
    FaultPoint point = FaultPoint::afterClaim;
    FaultAction action = FaultAction::die;
    double probability = 0;  // for each message
    std::int64_t forNs = 0;  // stop, sleep
    std::uint32_t count = 0; // at most so often in each worker, over all its lives; 0 = no limit

    bool operator==(const FaultSettings&) const = default;
};

// Workers that leave the ring and join it again, all at the same time.
struct ChurnSettings {
    std::int64_t everyNs = 0;  // 0 = never
    std::uint32_t workers = 0; // how many of them at a time; 0 = all

    bool operator==(const ChurnSettings&) const = default;
};

// What the run does about workers that died.
struct RecoverySettings {
    bool repairs = false;            // gives back what they held
    std::int64_t restartAfterNs = 0; // puts another in their place; 0 = never

    bool operator==(const RecoverySettings&) const = default;
};

// Everything about a workload: who sends what to whom how fast, and what it does to the heap. A
// plain value; whether it makes sense is checkScenario()'s to say (scenario_check.h). The keys of
// the file are in docs/scenarios.md.
struct Scenario {
    std::string name = "unnamed";
    std::string summary;
    RingSettings ring;
    PayloadSettings payload;
    WorkerSettings workers;
    RateSettings rate;
    WorkSettings work;
    StallSettings stall;
    HeapSettings heap;
    RunSettings run;
    std::optional<KillSettings> kill;
    ChurnSettings churn;
    RecoverySettings recovery;
    std::vector<FaultSettings> faults;

    bool operator==(const Scenario&) const = default;

    // Ping-pong has a channel there and one back for each producer, whatever ring.channels says.
    [[nodiscard]] std::uint32_t channelCount() const noexcept {
        return workers.pattern == TrafficPattern::pingPong ? 2 * workers.producers : ring.channels;
    }
    [[nodiscard]] std::uint32_t workerCount() const noexcept {
        return workers.producers + workers.consumers;
    }
    [[nodiscard]] std::uint32_t largestPayload() const noexcept;
};

} // namespace ringscope
