// SPDX-License-Identifier: MIT
// The window's own cost: charts of 18 series with ten minutes of 1 kHz history, ten seconds of it
// visible, and the map of 2^20 slots, live at 30 Hz. A generator stands in for the recorder, which
// has a thread of its own in the program: here it runs in the GUI thread, and its processor and
// wall time are measured there and taken off the window's.
#include <QApplication>
#include <QElapsedTimer>
#include <QSplitter>
#include <QTemporaryDir>
#include <QTimer>

#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <memory>
#include <vector>

#include "core/session/session_view.h"
#include "tests/bench/bench_report.h"
#include "tests/bench/timed_application.h"
#include "widgets/charts/chart_stack.h"
#include "widgets/charts/chart_view.h"
#include "widgets/charts/time_link.h"
#include "widgets/theme/theme.h"
#if __has_include("widgets/slots/slot_map.h")
#include "widgets/slots/slot_map.h"
#define RINGSCOPE_BENCH_HAS_SLOT_MAP 1
#else
#define RINGSCOPE_BENCH_HAS_SLOT_MAP 0
#endif

using namespace ringscope;
using bench::TimedApplication;

namespace {

constexpr std::int64_t kMs = 1'000'000;
constexpr std::int64_t kStartNs = 1'000'000'000'000;
constexpr std::uint64_t kSlots = std::uint64_t{1} << 20;

// 18 series of one table, a sample each millisecond.
class Generator {
public:
    Generator()
        : m_tracks(std::make_shared<const std::vector<TrackDescription>>(describe()))
        , m_table(m_tracks->size())
        , m_row(m_tracks->size()) {}

    [[nodiscard]] std::size_t series() const { return m_tracks->size(); }
    [[nodiscard]] std::int64_t nowNs() const { return kStartNs + m_samples * kMs; }
    void add(std::int64_t samples) {
        for (std::int64_t i = 0; i < samples; ++i) {
            ++m_samples;
            const auto t = static_cast<double>(m_samples) / 1000;
            m_noise = m_noise * 6364136223846793005U + 1442695040888963407U;
            const double noise = static_cast<double>(m_noise >> 40) / 16777216.0;
            for (std::size_t s = 0; s < m_row.size(); ++s) {
                const double wave = 0.5 + 0.3 * std::sin(t * (0.5 + 0.1 * static_cast<double>(s)));
                const double value = wave + 0.1 * noise;
                const bool isCounter = (*m_tracks)[s].kind == TrackKind::counter;
                m_row[s] =
                    isCounter ? m_row[s] + 3000 * value : scaleOf((*m_tracks)[s].unit) * value;
            }
            m_table.append(nowNs(), m_row);
        }
    }
    [[nodiscard]] std::shared_ptr<SessionView> view() const {
        auto view = std::make_shared<SessionView>();
        view->groups.push_back({"generator", m_tracks, m_table.view()});
        view->provenance = m_provenance;
        view->markers = m_markers;
        view->workers = std::make_shared<const std::vector<WorkerRow>>();
        view->startNs = kStartNs;
        view->endNs = nowNs();
        view->isLive = true;
        return view;
    }

private:
    static double scaleOf(Unit unit) {
        return unit == Unit::percent ? 100 : unit == Unit::nanoseconds ? 50'000 : 8'000'000;
    }
    static std::vector<TrackDescription> describe() {
        std::vector<TrackDescription> tracks;
        const auto add = [&tracks](const std::string& name, const char* label, Unit unit,
                                   TrackKind kind) {
            tracks.push_back({name, label, unit, kind, ""});
        };
        for (const char* channel : {"ch0", "ch1", "ch2", "ch3"}) {
            add("ring." + std::string(channel) + ".fill", channel, Unit::percent, TrackKind::gauge);
        }
        add("messages.sent", "sent", Unit::count, TrackKind::counter);
        add("messages.received", "received", Unit::count, TrackKind::counter);
        for (const char* percentile : {"p50", "p90", "p99", "p999"}) {
            add("latency." + std::string(percentile), percentile, Unit::nanoseconds,
                TrackKind::gauge);
        }
        add("heap.allocations", "allocs", Unit::count, TrackKind::counter);
        add("heap.frees", "frees", Unit::count, TrackKind::counter);
        add("heap.live_bytes", "live", Unit::bytes, TrackKind::gauge);
        for (const char* type : {"Shareable", "Heap", "Stack", "Private Data", "Image"}) {
            add("memory.type." + std::string(type), type, Unit::bytes, TrackKind::gauge);
        }
        return tracks;
    }

    std::shared_ptr<const std::vector<TrackDescription>> m_tracks;
    std::shared_ptr<const Provenance> m_provenance = std::make_shared<const Provenance>();
    std::shared_ptr<const std::vector<Marker>> m_markers =
        std::make_shared<const std::vector<Marker>>();
    SampleTable m_table;
    std::vector<double> m_row;
    std::int64_t m_samples = 0;
    std::uint64_t m_noise = 1;
};

// A ring's slots as an observer sees them: the blocks around the cursors are new in each snapshot,
// the others are shared with the one before.
class SlotGenerator {
public:
    SlotGenerator()
        : m_blocks(kSlots / kSlotsPerBlock) {
        for (std::size_t i = 0; i < m_blocks.size(); ++i) {
            m_blocks[i] = block(i, 0);
        }
    }
    std::shared_ptr<const SlotSnapshot> next(std::int64_t nowNs) {
        m_tail += 20'000;
        constexpr std::size_t kRenewed = 8;
        for (std::size_t i = 0; i < kRenewed; ++i) {
            const std::size_t at = (m_tail / kSlotsPerBlock + i) % m_blocks.size();
            m_blocks[at] = block(at, nowNs);
        }
        auto snapshot = std::make_shared<SlotSnapshot>();
        snapshot->timeNs = nowNs;
        snapshot->epochNs = kStartNs;
        snapshot->cursors = {0, kSlots, m_tail - 10'000, m_tail};
        snapshot->channelName = "channel 0";
        snapshot->slotStride = 128;
        snapshot->payloadCapacity = 64;
        snapshot->blocks = m_blocks;
        return snapshot;
    }

private:
    [[nodiscard]] std::shared_ptr<const SlotBlock> block(std::size_t number,
                                                         std::int64_t nowNs) const {
        auto made = std::make_shared<SlotBlock>();
        made->readAtNs = nowNs;
        made->count = kSlotsPerBlock;
        for (std::size_t i = 0; i < kSlotsPerBlock; ++i) {
            const std::uint64_t slot = number * kSlotsPerBlock + i;
            made->sequences[i] = m_tail + slot;
            made->states[i] = (slot + m_tail) % 7 == 0 ? SlotState::ready : SlotState::free;
        }
        return made;
    }

    std::vector<std::shared_ptr<const SlotBlock>> m_blocks;
    std::uint64_t m_tail = 100'000;
};

double cpuSeconds() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// What the recorder would do, timed.
class Production {
public:
    Production(Generator& generator, SlotGenerator& slotStates)
        : m_generator(generator)
        , m_slots(slotStates) {}

    struct Produced {
        std::shared_ptr<const SessionView> view;
        std::shared_ptr<const SlotSnapshot> snapshot;
    };
    [[nodiscard]] Produced advance(std::int64_t samples) {
        const double cpu = threadCpuSeconds();
        QElapsedTimer wall;
        wall.start();
        m_generator.add(samples);
        Produced produced{m_generator.view(), m_slots.next(m_generator.nowNs())};
        m_wallNs += wall.nsecsElapsed();
        m_cpuSeconds += threadCpuSeconds() - cpu;
        return produced;
    }
    [[nodiscard]] double cpuSeconds() const { return m_cpuSeconds; }
    // Since the last call.
    std::int64_t takeWallNs() { return std::exchange(m_wallNs, 0); }

private:
    static double threadCpuSeconds() {
        timespec time{};
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
    }

    Generator& m_generator;
    SlotGenerator& m_slots;
    double m_cpuSeconds = 0;
    std::int64_t m_wallNs = 0;
};

double rssMegabytes() {
    std::ifstream statm("/proc/self/statm");
    std::int64_t size = 0;
    std::int64_t resident = 0;
    statm >> size >> resident;
    return static_cast<double>(resident * sysconf(_SC_PAGESIZE)) / 1e6;
}

struct Measured {
    std::vector<double> cpuPercent;       // a second each, without the generator
    std::vector<double> generatorPercent; // the same seconds
    std::vector<double> frameMs;          // without the generator
};

// Processor time of the process and of the generator in it.
struct Spent {
    double all = 0;
    double generator = 0;
};

Measured run(TimedApplication& app, Production& production, ChartStack& stack, int seconds,
             const auto& showSlots) {
    Measured measured;
    QElapsedTimer clock;
    clock.start();
    std::int64_t fedMs = 0;
    int warmUp = 15; // frames
    const auto spent = [&] { return Spent{cpuSeconds(), production.cpuSeconds()}; };
    Spent before = spent();
    std::int64_t windowFrom = 0;
    QTimer timer;
    timer.setTimerType(Qt::PreciseTimer);
    QObject::connect(&timer, &QTimer::timeout, &app, [&] {
        const double busy = static_cast<double>(app.takeBusyNs() - production.takeWallNs()) / 1e6;
        if (warmUp > 0) {
            if (--warmUp == 0) {
                before = spent();
                windowFrom = clock.elapsed();
            }
        } else {
            measured.frameMs.push_back(busy);
        }
        const std::int64_t nowMs = clock.elapsed();
        const auto produced = production.advance(nowMs - fedMs);
        fedMs = nowMs;
        stack.setView(produced.view);
        stack.tick(nowMs * kMs);
        showSlots(produced.snapshot);
        if (warmUp == 0 && nowMs - windowFrom >= 1000) {
            const Spent now = spent();
            const double percent = 1e5 / static_cast<double>(nowMs - windowFrom);
            const double generator = now.generator - before.generator;
            measured.generatorPercent.push_back(generator * percent);
            measured.cpuPercent.push_back((now.all - before.all - generator) * percent);
            before = now;
            windowFrom = nowMs;
            if (static_cast<int>(measured.cpuPercent.size()) >= seconds) {
                app.quit();
            }
        }
    });
    timer.start(33);
    TimedApplication::exec();
    return measured;
}

double percentile95(std::vector<double> values) {
    if (values.empty()) {
        return 0;
    }
    std::sort(values.begin(), values.end());
    return values[values.size() * 95 / 100];
}

} // namespace

int main(int argc, char** argv) {
    const bench::Options options = bench::parseOptions(argc, argv);
    if (qEnvironmentVariableIsEmpty("QT_QPA_PLATFORM") && qEnvironmentVariableIsEmpty("DISPLAY") &&
        qEnvironmentVariableIsEmpty("WAYLAND_DISPLAY")) {
        qputenv("QT_QPA_PLATFORM", "offscreen");
    }
    QTemporaryDir runtime; // or Qt warns that there is none
    if (qEnvironmentVariableIsEmpty("XDG_RUNTIME_DIR")) {
        qputenv("XDG_RUNTIME_DIR", runtime.path().toUtf8());
    }
    QApplication::setStyle(QStringLiteral("Fusion"));
    int noArguments = 1;
    TimedApplication app(noArguments, argv);
    QApplication::setFont(bodyFont());
    QApplication::setPalette(themePalette(lightTokens()));

    Generator generator;
    generator.add(options.isQuick ? 60'000 : 600'000);
    QElapsedTimer sinceStart;
    sinceStart.start();
    Theme theme(lightTokens());
    TimeLink link;
    QSplitter window(Qt::Horizontal);
    auto* stack = new ChartStack(theme, link);
    window.addWidget(stack);
    SlotGenerator slotStates;
#if RINGSCOPE_BENCH_HAS_SLOT_MAP
    auto* map = new SlotMap(theme);
    window.addWidget(map);
    window.setSizes({1380, 540});
    const auto workers = std::make_shared<const std::vector<WorkerRow>>();
    const auto showSlots = [&](const std::shared_ptr<const SlotSnapshot>& snapshot) {
        map->setSnapshot(snapshot, workers, snapshot->timeNs);
    };
#else
    const auto showSlots = [](const std::shared_ptr<const SlotSnapshot>&) {};
#endif
    Production production(generator, slotStates);
    window.resize(1920, 1080);
    window.show();
    stack->setView(generator.view());
    while (stack->chart("occupancy")->replots() == 0) {
        QCoreApplication::processEvents();
        stack->tick(1);
    }
    QCoreApplication::processEvents();
    const double firstPaintMs = static_cast<double>(sinceStart.nsecsElapsed()) / 1e6;

    const Measured measured = run(app, production, *stack, options.isQuick ? 2 : 20, showSlots);
    const double p95 = percentile95(measured.frameMs);
    const double rss = rssMegabytes();
    bench::Report report("window");
    report.add("cpu_percent", bench::medianOf(measured.cpuPercent));
    report.add("generator_percent", bench::medianOf(measured.generatorPercent));
    report.add("frame_ms_p95", {p95, p95, p95});
    report.add("rss_mb", {rss, rss, rss});
    report.add("first_paint_ms", {firstPaintMs, firstPaintMs, firstPaintMs});
    bench::addMachine(report);
    report.addCondition("platform", QGuiApplication::platformName().toStdString());
    report.addCondition("window", "1920x1080, 30 Hz");
    report.addCondition("series", std::to_string(generator.series()));
    report.addCondition("history", options.isQuick ? "60 s at 1 kHz" : "600 s at 1 kHz");
    report.addCondition("visible", "10 s");
    report.addCondition("slot_map", RINGSCOPE_BENCH_HAS_SLOT_MAP ? "2^20 slots" : "none");
    report.addCondition("frames", std::to_string(measured.frameMs.size()));
    return report.print(options);
}
