// SPDX-License-Identifier: MIT
// What looking at a ring costs those who use it, and what looking at a very large one costs.
//
// Four producers and four consumers (processes) run at full speed throughout; an observer that
// reads the cursors at 1 kHz and scans slots at 10 Hz is switched on and off in windows of 150 ms.
// Each round has one window with it and two without, in an order that changes from round to round,
// and gives two ratios: with over without, and without over without, which must be 1 or the machine
// is not fit to measure on.
//
// The large ring has 2^24 slots, half of them full, and a producer and a consumer at work.
#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "core/base/clock.h"
#include "core/ring/consumer.h"
#include "core/ring/producer.h"
#include "core/ring/ring_observer.h"
#include "core/ring/segment.h"
#include "core/session/scenario_target.h"
#include "core/session/segment_target.h"
#include "tests/bench/bench_report.h"
#include "tests/support/forked_process.h"

namespace ringscope::bench {
namespace {

constexpr std::int64_t kWindowNs = 150 * kNsPerMs;
constexpr std::int64_t kCursorPeriodNs = kNsPerMs;
constexpr std::int64_t kScanPeriodNs = 100 * kNsPerMs;
constexpr std::uint64_t kBytesPerScan = std::uint64_t{2} << 20U; // as RingSlotSource has it

void sleepUntil(std::int64_t dueNs) {
    const timespec due{dueNs / kNsPerSecond, dueNs % kNsPerSecond};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, nullptr);
}

Median single(double value) {
    return {value, value, value};
}

// Cursors and slots of one ring, each when it is due. In one scan as many bytes as a recorder's.
class Looker {
public:
    explicit Looker(const std::string& ring)
        : m_ring(RingObserver::open(ring)) {}

    [[nodiscard]] bool isOpen() const { return m_ring.has_value(); }
    [[nodiscard]] RingObserver& ring() { return *m_ring; }

    void lookUntil(std::int64_t endNs) {
        for (std::int64_t nowNs = monotonicNs(); nowNs < endNs; nowNs = monotonicNs()) {
            look(nowNs);
            m_nextCursorsNs = std::max(m_nextCursorsNs + kCursorPeriodNs, nowNs);
            sleepUntil(std::min(endNs, m_nextCursorsNs));
        }
    }
    void scan(std::int64_t nowNs) {
        const std::uint64_t stride = m_ring->geometry().channels.front().slotStride;
        const std::uint64_t budget =
            std::max<std::uint64_t>(kBytesPerScan / stride, kSlotsPerBlock);
        if (auto snapshot = m_ring->scan(0, budget, nowNs)) {
            m_snapshot = std::move(*snapshot);
        }
    }
    [[nodiscard]] const SlotSnapshot* snapshot() const { return m_snapshot.get(); }
    [[nodiscard]] std::uint64_t looks() const { return m_looks; }

private:
    void look(std::int64_t nowNs) {
        m_looks += m_ring->cursors().has_value() ? 1U : 0U;
        if (nowNs >= m_nextScanNs) {
            m_nextScanNs = std::max(m_nextScanNs + kScanPeriodNs, nowNs);
            scan(nowNs);
        }
    }

    Expected<RingObserver> m_ring;
    std::shared_ptr<const SlotSnapshot> m_snapshot;
    std::uint64_t m_looks = 0;
    std::int64_t m_nextCursorsNs = 0;
    std::int64_t m_nextScanNs = 0;
};

Scenario fullSpeed(std::int64_t durationNs) {
    Scenario scenario;
    scenario.name = "observer-bench";
    scenario.workers.producers = 4;
    scenario.workers.consumers = 4;
    scenario.run.warmUpNs = 0;
    scenario.run.durationNs = durationNs;
    return scenario;
}

void measureThroughput(Report& report, const Options& options) {
    const int rounds = options.isQuick ? 4 : 160;
    ScenarioTarget::Options target;
    target.heapMode = HeapMode::off;
    target.workload.ringName = segmentName("observer_bench");
    const std::string name = target.workload.ringName;
    auto workload =
        ScenarioTarget::start(fullSpeed((rounds + 20) * 3 * kWindowNs), std::move(target));
    if (!workload) {
        std::fprintf(stderr, "%s\n", workload.error().message.c_str());
        return;
    }
    Looker looker(name);
    if (!looker.isOpen()) {
        return;
    }
    const auto window = [&](bool isObserved) {
        const auto before = (*workload)->picture();
        const std::int64_t endNs = monotonicNs() + kWindowNs;
        if (isObserved) {
            looker.lookUntil(endNs);
        } else {
            sleepUntil(endNs);
        }
        const auto after = (*workload)->picture();
        return static_cast<double>(after->status.received - before->status.received) /
               (static_cast<double>(after->status.timeNs - before->status.timeNs) / 1e9);
    };
    static_cast<void>(window(true));
    static_cast<void>(window(false));
    std::mt19937 random(1);
    std::array<std::vector<double>, 3> rates; // observed, not observed, not observed
    std::array<std::size_t, 3> order = {0, 1, 2};
    const std::uint64_t looksBefore = looker.looks();
    for (int i = 0; i < rounds; ++i) {
        std::shuffle(order.begin(), order.end(), random);
        for (const std::size_t which : order) {
            rates[which].push_back(window(which == 0));
        }
    }
    (*workload)->requestStop(monotonicNs());
    report.add("throughput_vs_unobserved", medianOf(ratios(rates[0], rates[1])));
    report.add("unobserved_vs_unobserved", medianOf(ratios(rates[2], rates[1])));
    report.add("looks_per_second",
               single(static_cast<double>(looker.looks() - looksBefore) /
                      (rounds * static_cast<double>(kWindowNs) / kNsPerSecond)));
    report.addCondition("rounds", std::to_string(rounds) + " of three windows of 150 ms");
}

// A producer and a consumer, 1000 messages a millisecond or so.
void trafficForEver(const Segment& segment, bool isProducer) {
    auto producer = Producer::join(segment, 0);
    auto consumer = Consumer::join(segment, 0);
    std::array<std::byte, 8> payload{};
    while (producer && consumer) {
        for (int i = 0; i < 1000; ++i) {
            if (isProducer) {
                (void)producer->try_push({}, payload);
            } else {
                (void)consumer->try_pop(payload);
            }
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
}

void addAges(Report& report, const SlotSnapshot& snapshot, std::int64_t nowNs) {
    std::int64_t oldestNs = 0;
    for (const auto& block : snapshot.blocks) {
        oldestNs = std::max(oldestNs, block ? nowNs - block->readAtNs : 0);
    }
    report.add("large_oldest_part_s", single(static_cast<double>(oldestNs) / 1e9));
}

void measureLarge(Report& report, const Options& options) {
    const std::uint64_t slots = std::uint64_t{1} << (options.isQuick ? 18U : 24U);
    SegmentSpec spec;
    spec.name = segmentName("large_bench");
    spec.channels = {ChannelSpec{slots, 8, 0, {}}};
    const auto segment = Segment::create(spec);
    if (!segment) {
        std::fprintf(stderr, "%s\n", segment.error().message.c_str());
        return;
    }
    auto filler = Producer::join(*segment, 0);
    const std::array<std::byte, 8> payload{};
    for (std::uint64_t i = 0; filler && i < slots / 2; ++i) {
        (void)filler->try_push({}, payload);
    }
    const ForkedProcess producer([&] { trafficForEver(*segment, true); });
    const ForkedProcess consumer([&] { trafficForEver(*segment, false); });

    std::vector<double> attachMs;
    for (int i = 0; i < options.repeats; ++i) {
        const std::int64_t startNs = monotonicNs();
        const auto target = SegmentTarget::attach(segment->name(), kCursorPeriodNs);
        Looker looker(segment->name());
        if (!target || !looker.isOpen()) {
            return;
        }
        looker.scan(monotonicNs());
        attachMs.push_back(static_cast<double>(monotonicNs() - startNs) / 1e6);
    }
    report.add("large_attach_ms", medianOf(attachMs));

    // Cursors, roster and a part of the slots at 10 Hz, until the whole ring was read.
    Looker looker(segment->name());
    const std::int64_t seconds = options.isQuick ? 2 : 240;
    const ThreadCpuClock cpu;
    std::vector<double> percent; // of each second
    const std::int64_t startNs = monotonicNs();
    std::int64_t nextNs = startNs;
    std::int64_t completeNs = 0;
    for (std::int64_t second = 0; second < seconds && completeNs == 0; ++second) {
        const std::int64_t secondNs = monotonicNs();
        const std::int64_t secondCpuNs = cpu.nowNs();
        for (int i = 0; i < 10; ++i) {
            static_cast<void>(looker.ring().cursors().has_value());
            static_cast<void>(looker.ring().participants().has_value());
            looker.scan(monotonicNs());
            nextNs += kScanPeriodNs;
            sleepUntil(nextNs);
        }
        percent.push_back(100 * static_cast<double>(cpu.nowNs() - secondCpuNs) /
                          static_cast<double>(monotonicNs() - secondNs));
        const auto& blocks = looker.snapshot()->blocks;
        if (std::all_of(blocks.begin(), blocks.end(), [](const auto& block) { return block; })) {
            completeNs = monotonicNs();
        }
    }
    report.add("large_watch_cpu_percent", medianOf(percent));
    report.add("large_whole_turn_s",
               single(static_cast<double>(completeNs == 0 ? 0 : completeNs - startNs) / 1e9));
    addAges(report, *looker.snapshot(), monotonicNs());
    report.addCondition("large_ring",
                        std::to_string(slots) + " slots of " +
                            std::to_string(segment->geometry().channels.front().slotStride) +
                            " bytes, half full, at work");
}

int run(const Options& options) {
    Report report("observer");
    addMachine(report);
    measureThroughput(report, options);
    measureLarge(report, options);
    return report.print(options);
}

} // namespace
} // namespace ringscope::bench

int main(int argc, char** argv) {
    return ringscope::bench::run(ringscope::bench::parseOptions(argc, argv));
}
