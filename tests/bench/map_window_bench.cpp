// SPDX-License-Identifier: MIT
// What the window of a memory map costs with a large process: a child with 20,000 mappings and
// 4 GiB resident (a tenth of the mappings and 64 MiB in a smoke run), which sleeps. The figures are
// of the whole program as its user sees it: the window over its background jobs, at 1920x1080.
#include <QApplication>
#include <QElapsedTimer>
#include <QEventLoop>
#include <QScrollBar>
#include <QSettings>
#include <QTemporaryDir>
#include <QTest>
#include <QTimer>
#include <QTreeView>
#include <QWheelEvent>

#include <sys/resource.h>

#include <algorithm>
#include <functional>
#include <iostream>
#include <memory>
#include <vector>

#include "app/desktop/background_jobs.h"
#include "app/desktop/map_window.h"
#include "app/desktop/preferences.h"
#include "core/base/clock.h"
#include "core/memory/region_classifier.h"
#include "tests/bench/bench_report.h"
#include "tests/bench/large_process.h"
#include "tests/bench/timed_application.h"
#include "widgets/map/map_tree.h"
#include "widgets/map/map_tree_model.h"
#include "widgets/theme/theme.h"

using namespace ringscope;
using bench::TimedApplication;

namespace {

double milliseconds(std::int64_t ns) {
    return static_cast<double>(ns) / 1e6;
}

double percentile95(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values.empty() ? 0 : values[values.size() * 95 / 100];
}

double cpuSeconds() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

bool waitFor(const std::function<bool()>& holds) {
    return QTest::qWaitFor(holds, 60'000);
}

// A turn of the wheel after the other, down and up again; how long the window was busy with each,
// its painting included.
std::vector<double> scrollMs(TimedApplication& app, QTreeView& view, int turns) {
    std::vector<double> frames;
    const QPointF at = QRectF(view.viewport()->rect()).center();
    for (int turn = 0; turn < turns; ++turn) {
        const QPoint angle(0, turn < turns / 2 ? -360 : 360);
        app.takeBusyNs();
        QCoreApplication::postEvent(view.viewport(),
                                    new QWheelEvent(at, view.viewport()->mapToGlobal(at), {}, angle,
                                                    Qt::NoButton, Qt::NoModifier, Qt::NoScrollPhase,
                                                    false));
        QCoreApplication::processEvents();
        frames.push_back(milliseconds(app.takeBusyNs()));
    }
    return frames;
}

// The anonymous mappings that many times, each copy below the one before: more than the kernel
// gives one process unless it is told to. Null if they do not fit there.
MapSnapshotPtr withMore(const MapSnapshot& snapshot, std::uint64_t times) {
    auto made = std::make_shared<MapSnapshot>(snapshot);
    auto& regions = made->space.map.regions;
    std::vector<MemoryRegion> anonymous;
    std::copy_if(regions.begin(), regions.end(), std::back_inserter(anonymous),
                 [](const MemoryRegion& region) { // not the program's own, far below
                     return region.name == 0 && region.start >= 0x7000'0000'0000;
                 });
    const std::uint64_t span = anonymous.back().end - anonymous.front().start;
    for (std::uint64_t copy = 1; copy < times; ++copy) {
        for (MemoryRegion region : anonymous) {
            region.start -= copy * span;
            region.end -= copy * span;
            regions.push_back(region);
        }
    }
    std::sort(regions.begin(), regions.end(),
              [](const auto& one, const auto& other) { return one.start < other.start; });
    const auto overlap = [](const auto& one, const auto& other) { return other.start < one.end; };
    if (std::adjacent_find(regions.begin(), regions.end(), overlap) != regions.end()) {
        return nullptr;
    }
    made->types = classifyRegions(made->space);
    return made;
}

// Opens what there is to open and scrolls through it.
std::vector<double> scrollThrough(TimedApplication& app, MapTree& tree) {
    tree.view().expandAll();
    QCoreApplication::processEvents();
    return scrollMs(app, tree.view(), 300);
}

// Of a core, the background jobs' part included.
double livePercent(MapWindow& window, std::int64_t durationMs) {
    std::size_t seen = 0; // maps: the first ones begin the stretching
    const auto isSteady = [&] { return window.controller().records().size() >= seen + 2; };
    seen = window.controller().records().size();
    window.controller().setPeriod(kNsPerSecond);
    if (!waitFor(isSteady)) {
        return 0;
    }
    const double before = cpuSeconds();
    QElapsedTimer clock;
    clock.start();
    QEventLoop loop; // QTest::qWait() would look for events a hundred times a second
    QTimer::singleShot(static_cast<int>(durationMs), &loop, &QEventLoop::quit);
    loop.exec();
    return (cpuSeconds() - before) * 1e5 / static_cast<double>(clock.elapsed());
}

int run(const bench::Options& options, TimedApplication& app) {
    const std::size_t mappings = options.isQuick ? 2'000 : 20'000;
    const std::size_t resident = options.isQuick ? 64U << 20U : std::size_t{4} << 30U;
    bench::LargeProcess process(mappings, resident);
    if (!process.isReady()) {
        std::cerr << "the large process could not be made: is there memory for it?\n";
        return 1;
    }
    Theme theme(lightTokens());
    BackgroundJobs jobs;
    Preferences preferences;
    MapWindow window(theme, jobs, preferences, nullptr);
    window.setAttribute(Qt::WA_DeleteOnClose, false);
    window.show();
    window.resize(1920, 1080);
    QCoreApplication::processEvents();
    app.takeLongestNs();
    app.takeBusyNs();
    QElapsedTimer clock;
    clock.start();
    window.follow(process.identity());
    if (!waitFor([&] { return window.controller().shown() != nullptr; })) {
        std::cerr << "the large process could not be read\n";
        return 1;
    }
    QCoreApplication::processEvents();
    bench::Report report("map-window");
    const auto addOne = [&report](const std::string& name, double value) {
        report.add(name, {value, value, value});
    };
    addOne("open_ms", milliseconds(clock.nsecsElapsed()));
    addOne("open_stall_ms", milliseconds(app.takeLongestNs()));

    auto& tree = *window.findChild<MapTree*>();
    addOne("scroll_frame_ms_p95", percentile95(scrollThrough(app, tree)));

    const MapSnapshotPtr more = withMore(*window.controller().shown(), 5);
    if (more == nullptr) {
        std::cerr << "no room for more mappings\n";
        return 1;
    }
    app.takeLongestNs();
    tree.setSnapshot(more);
    QCoreApplication::processEvents();
    std::vector<double> frames = scrollThrough(app, tree);
    addOne("scroll_100000_frame_ms_p95", percentile95(frames));
    tree.setSnapshot(window.controller().shown());
    QCoreApplication::processEvents();

    app.takeLongestNs();
    addOne("live_core_percent", livePercent(window, options.isQuick ? 3'000 : 120'000));
    addOne("live_stall_ms", milliseconds(app.takeLongestNs()));
    bench::addMachine(report);
    report.addCondition("platform", QGuiApplication::platformName().toStdString());
    report.addCondition("window", "1920x1080");
    report.addCondition("mappings", std::to_string(mappings));
    report.addCondition("resident", std::to_string(resident >> 20U) + " MiB");
    report.addCondition("status", window.controller().status().toStdString());
    return report.print(options);
}

} // namespace

int main(int argc, char** argv) {
    const bench::Options options = bench::parseOptions(argc, argv);
    if (qEnvironmentVariableIsEmpty("QT_QPA_PLATFORM") && qEnvironmentVariableIsEmpty("DISPLAY") &&
        qEnvironmentVariableIsEmpty("WAYLAND_DISPLAY")) {
        qputenv("QT_QPA_PLATFORM", "offscreen");
    }
    QTemporaryDir folder; // for the settings, and or Qt warns that there is no runtime directory
    if (qEnvironmentVariableIsEmpty("XDG_RUNTIME_DIR")) {
        qputenv("XDG_RUNTIME_DIR", folder.path().toUtf8());
    }
    QSettings::setPath(QSettings::IniFormat, QSettings::UserScope, folder.path());
    QApplication::setStyle(QStringLiteral("Fusion"));
    int noArguments = 1;
    TimedApplication app(noArguments, argv);
    QApplication::setFont(bodyFont());
    QApplication::setPalette(themePalette(lightTokens()));
    return run(options, app);
}
