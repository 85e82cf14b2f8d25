// SPDX-License-Identifier: MIT
// What recording costs the program that is recorded, and what a recording costs afterwards, as
// docs/command-line.md names the figures. One workload of four producers and four consumers runs
// throughout; the recorder (cursors at 1 kHz, heap, memory, slots, views at 30 Hz) is switched on
// and off in windows of 150 ms. Each round has one window with it and two without, in an order that
// changes from round to round, and gives two ratios: with over without, and without over without,
// which must be 1 or the machine is not fit to measure on.
//
// The recorder's time stands still while it is off. Otherwise sources of a period longer than a
// window would all be due when it is switched on again, and the windows would hold twice their
// share. The file is written by a thread of its own once a second, in any window: its cost is in
// recorder_cpu_percent, of 60 s without a pause, and not in the ratio.
#include <algorithm>
#include <array>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <random>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/session/provenance.h"
#include "core/session/recorder.h"
#include "core/session/scenario_target.h"
#include "core/session/session_file.h"
#include "core/session/session_writer.h"
#include "tests/bench/bench_report.h"

namespace ringscope::bench {
namespace {

constexpr std::int64_t kWindowNs = 150 * kNsPerMs;
// As core/session/recording.cpp has them.
constexpr std::int64_t kPublishPeriodNs = kNsPerSecond / 30;
constexpr std::int64_t kPollPeriodNs = 50 * kNsPerMs;

void sleepUntil(std::int64_t dueNs) {
    const timespec due{dueNs / kNsPerSecond, dueNs % kNsPerSecond};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, nullptr);
}

Scenario benchScenario(std::int64_t durationNs) {
    Scenario scenario;
    scenario.name = "record-bench";
    scenario.workers.producers = 4;
    scenario.workers.consumers = 4;
    scenario.run.warmUpNs = 0;
    scenario.run.durationNs = durationNs;
    return scenario;
}

// Monotonic time without the pauses.
class PausableClock final : public Clock {
public:
    [[nodiscard]] std::int64_t nowNs() const override { return monotonicNs() - m_pausedNs; }
    // What monotonicNs() will say at that time of this clock.
    [[nodiscard]] std::int64_t whenNs(std::int64_t ownNs) const { return ownNs + m_pausedNs; }
    void addPause(std::int64_t ns) { m_pausedNs += ns; }

private:
    std::int64_t m_pausedNs = 0;
};

// CPU time of this program's thread of that name so far; 0 when there is none.
std::int64_t threadCpuNs(const std::string& name) {
    for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
        std::string found;
        std::getline(std::ifstream(task.path() / "comm"), found);
        std::int64_t runNs = 0;
        if (found == name && std::ifstream(task.path() / "schedstat") >> runNs) {
            return runNs;
        }
    }
    return 0;
}

// A workload with a recorder that runs only while it is asked to.
class Recorded {
public:
    static std::unique_ptr<Recorded> start(const std::string& path, std::int64_t durationNs) {
        ScenarioTarget::Options options;
        auto target = ScenarioTarget::start(benchScenario(durationNs), std::move(options));
        auto writer = SessionWriter::create(path);
        if (!target || !writer) {
            std::cerr << (target ? writer.error() : target.error()).message << '\n';
            return nullptr;
        }
        return std::unique_ptr<Recorded>(new Recorded(std::move(*target), std::move(*writer)));
    }

    // Messages received a second in one window.
    double window(bool isRecording) {
        const auto before = m_target->picture();
        const std::int64_t startNs = monotonicNs();
        const std::int64_t endNs = startNs + kWindowNs;
        if (isRecording) {
            for (std::int64_t nowNs = startNs; nowNs < endNs; nowNs = monotonicNs()) {
                sleepUntil(std::min(endNs, m_wall.whenNs(record(m_wall.nowNs()))));
            }
        } else {
            sleepUntil(endNs);
            m_wall.addPause(monotonicNs() - startNs);
        }
        const auto after = m_target->picture();
        return static_cast<double>(after->status.received - before->status.received) /
               (static_cast<double>(after->status.timeNs - before->status.timeNs) / 1e9);
    }

    // Of the recorder, which is the calling thread, and of the file's writer.
    [[nodiscard]] std::int64_t cpuNs() const {
        return m_cost.nowNs() + threadCpuNs("session file");
    }
    [[nodiscard]] SourceStatus cursors() const { return m_recorder.status().front(); }

    void finish() {
        m_target->requestStop(monotonicNs());
        while (!m_target->isEnded()) {
            usleep(10'000);
        }
        m_writer->finish(m_session.makeView(m_wall.nowNs(), false), {});
    }

private:
    Recorded(std::unique_ptr<ScenarioTarget> target, std::unique_ptr<SessionWriter> writer)
        : m_target(std::move(target))
        , m_session(makeProvenance("record-bench"))
        , m_recorder(m_session, m_wall, m_cost)
        , m_writer(std::move(writer)) {
        m_target->addSources(m_recorder, m_session);
        m_session.publish(m_wall.nowNs(), true, m_latest);
        static_cast<void>(m_writer->begin(m_session.provenance(), m_latest).has_value());
    }

    // When to be called again.
    std::int64_t record(std::int64_t nowNs) {
        const std::int64_t dueNs = m_recorder.step(nowNs);
        if (nowNs >= m_nextPollNs) {
            m_nextPollNs = nowNs + kPollPeriodNs;
            m_target->poll(nowNs, m_session);
        }
        if (nowNs >= m_nextPublishNs) {
            m_nextPublishNs = nowNs + kPublishPeriodNs;
            m_session.setSources(m_recorder.status());
            m_session.publish(nowNs, true, m_latest);
        }
        return std::min({dueNs, m_nextPollNs, m_nextPublishNs});
    }

    std::unique_ptr<ScenarioTarget> m_target;
    Session m_session;
    PausableClock m_wall;
    ThreadCpuClock m_cost;
    Recorder m_recorder;
    std::int64_t m_nextPollNs = 0;
    std::int64_t m_nextPublishNs = 0;
    Latest<SessionView> m_latest;
    std::unique_ptr<SessionWriter> m_writer;
};

// False when the workload did not start.
bool measureThroughput(Report& report, const Options& options, const std::string& path) {
    const int rounds = options.isQuick ? 4 : 160;
    auto recorded = Recorded::start(path, (rounds + 20) * 3 * kWindowNs);
    if (!recorded) {
        return false;
    }
    std::mt19937 random(1);
    std::array<std::vector<double>, 3> rates;  // recorded, not recorded, not recorded
    static_cast<void>(recorded->window(true)); // caches and periods settle
    static_cast<void>(recorded->window(false));
    std::array<std::size_t, 3> order = {0, 1, 2};
    for (int i = 0; i < rounds; ++i) {
        std::shuffle(order.begin(), order.end(), random);
        for (const std::size_t which : order) {
            rates[which].push_back(recorded->window(which == 0));
        }
    }
    recorded->finish();
    report.add("throughput_vs_unobserved", medianOf(ratios(rates[0], rates[1])));
    report.add("unobserved_vs_unobserved", medianOf(ratios(rates[2], rates[1])));
    report.addCondition("rounds", std::to_string(rounds) + " of three windows of 150 ms");
    return true;
}

// A figure that is not a median of repeats.
Median single(double value) {
    return {value, value, value};
}

// Records without a pause, and opens the file of it.
void measureFile(Report& report, const Options& options, const std::string& path) {
    auto recorded = Recorded::start(path, 120 * kNsPerSecond);
    if (!recorded) {
        return;
    }
    const std::int64_t seconds = options.isQuick ? 2 : 60;
    static_cast<void>(recorded->window(true)); // periods settle
    const std::int64_t startNs = monotonicNs();
    const std::int64_t startCpuNs = recorded->cpuNs();
    const std::uint64_t startSamples = recorded->cursors().samples;
    while (monotonicNs() < startNs + seconds * kNsPerSecond) {
        static_cast<void>(recorded->window(true));
    }
    const auto tookNs = static_cast<double>(monotonicNs() - startNs);
    const auto cpuNs = static_cast<double>(recorded->cpuNs() - startCpuNs);
    const auto samples = static_cast<double>(recorded->cursors().samples - startSamples);
    report.add("recorder_cpu_percent", single(100 * cpuNs / tookNs));
    report.add("cursor_samples_per_second", single(samples * kNsPerSecond / tookNs));
    recorded->finish();
    std::vector<double> openMs;
    double bytesPerSample = 0;
    for (int i = 0; i < 7; ++i) {
        const std::int64_t openedNs = monotonicNs();
        const auto file = SessionFile::open(path);
        openMs.push_back(static_cast<double>(monotonicNs() - openedNs) / 1e6);
        if (file && file->values > 0) {
            bytesPerSample = static_cast<double>(file->bytes) / static_cast<double>(file->values);
        }
    }
    report.add("open_ms", medianOf(openMs));
    report.add("bytes_per_sample", single(bytesPerSample));
    report.addCondition("file", std::to_string(seconds) + " s of 8 workers, cursors at 1 kHz");
}

int run(const Options& options) {
    Report report("record");
    addMachine(report);
    const std::string path = (std::filesystem::temp_directory_path() /
                              ("ringscope-bench-" + std::to_string(getpid()) + ".ringscope"))
                                 .string();
    if (measureThroughput(report, options, path)) {
        measureFile(report, options, path);
    }
    std::filesystem::remove(path);
    return report.print(options);
}

} // namespace
} // namespace ringscope::bench

int main(int argc, char** argv) {
    return ringscope::bench::run(ringscope::bench::parseOptions(argc, argv));
}
