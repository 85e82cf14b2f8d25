// SPDX-License-Identifier: MIT
// What recording costs the program that is recorded, and what a recording costs afterwards, as
// docs/command-line.md names the figures. One workload of four producers and four consumers runs
// throughout; the recorder (cursors at 1 kHz, heap, memory, slots, views at 30 Hz, file) is
// switched on and off in windows of 150 ms, in an order that changes from pair to pair, and each
// pair gives one ratio.
#include <ctime>
#include <filesystem>
#include <iostream>
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
constexpr std::int64_t kPublishPeriodNs = kNsPerSecond / 30;

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
        const std::int64_t startNs = monotonicNs();
        const auto before = m_target->picture();
        std::int64_t nowNs = startNs;
        while (nowNs < startNs + kWindowNs) {
            std::int64_t dueNs = startNs + kWindowNs;
            if (isRecording) {
                dueNs = std::min(dueNs, record(nowNs));
            }
            sleepUntil(dueNs);
            nowNs = monotonicNs();
        }
        const auto after = m_target->picture();
        return static_cast<double>(after->status.received - before->status.received) /
               (static_cast<double>(after->status.timeNs - before->status.timeNs) / 1e9);
    }

    void finish() {
        m_target->requestStop(monotonicNs());
        while (!m_target->isEnded()) {
            usleep(10'000);
        }
        m_writer->finish(m_session.makeView(monotonicNs(), false), {});
    }

private:
    Recorded(std::unique_ptr<ScenarioTarget> target, std::unique_ptr<SessionWriter> writer)
        : m_target(std::move(target))
        , m_session(makeProvenance("record-bench"))
        , m_recorder(m_session, m_wall, m_cost)
        , m_writer(std::move(writer)) {
        m_target->addSources(m_recorder, m_session);
        m_session.publish(monotonicNs(), true, m_latest);
        static_cast<void>(m_writer->begin(m_session.provenance(), m_latest).has_value());
    }

    std::int64_t record(std::int64_t nowNs) {
        const std::int64_t dueNs = m_recorder.step(nowNs);
        if (nowNs >= m_nextPublishNs) {
            m_nextPublishNs = nowNs + kPublishPeriodNs;
            m_target->poll(nowNs, m_session);
            m_session.setSources(m_recorder.status());
            m_session.publish(nowNs, true, m_latest);
        }
        return std::min(dueNs, m_nextPublishNs);
    }

    std::unique_ptr<ScenarioTarget> m_target;
    Session m_session;
    MonotonicClock m_wall;
    ThreadCpuClock m_cost;
    Recorder m_recorder;
    std::int64_t m_nextPublishNs = 0;
    Latest<SessionView> m_latest;
    std::unique_ptr<SessionWriter> m_writer;
};

// Paired windows; false when the workload did not start.
bool measureThroughput(Report& report, const Options& options, const std::string& path) {
    const int pairs = options.isQuick ? 4 : 60;
    auto recorded = Recorded::start(path, (pairs + 20) * 2 * kWindowNs);
    if (!recorded) {
        return false;
    }
    std::mt19937 random(1);
    std::vector<double> on;
    std::vector<double> off;
    static_cast<void>(recorded->window(true)); // caches and periods settle
    static_cast<void>(recorded->window(false));
    for (int i = 0; i < pairs; ++i) {
        const bool isFirstOn = random() % 2 == 0;
        const double first = recorded->window(isFirstOn);
        const double second = recorded->window(!isFirstOn);
        on.push_back(isFirstOn ? first : second);
        off.push_back(isFirstOn ? second : first);
    }
    recorded->finish();
    report.add("throughput_vs_unobserved", medianOf(ratios(on, off)));
    report.addCondition("pairs", std::to_string(pairs) + " of 150 ms");
    return true;
}

// Opens what was recorded: a real file of its seconds.
void measureFile(Report& report, const Options& options, const std::string& path) {
    auto recorded = Recorded::start(path, 120 * kNsPerSecond);
    if (!recorded) {
        return;
    }
    const std::int64_t seconds = options.isQuick ? 2 : 60;
    const std::int64_t endNs = monotonicNs() + seconds * kNsPerSecond;
    while (monotonicNs() < endNs) {
        static_cast<void>(recorded->window(true));
    }
    recorded->finish();
    std::vector<double> openMs;
    double bytesPerSample = 0;
    for (int i = 0; i < 7; ++i) {
        const std::int64_t startNs = monotonicNs();
        const auto file = SessionFile::open(path);
        openMs.push_back(static_cast<double>(monotonicNs() - startNs) / 1e6);
        if (file && file->values > 0) {
            bytesPerSample = static_cast<double>(file->bytes) / static_cast<double>(file->values);
        }
    }
    report.add("open_ms", medianOf(openMs));
    report.add("bytes_per_sample", {bytesPerSample, bytesPerSample, bytesPerSample});
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
