// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/screenshot_command.h"

#include <QDir>
#include <QEventLoop>
#include <QPixmap>
#include <QTimer>

#include <functional>
#include <optional>

#include "app/desktop/background_jobs.h"
#include "app/desktop/heap_flow.h"
#include "app/desktop/main_window.h"
#include "app/desktop/map_flow.h"
#include "app/desktop/map_window.h"
#include "app/desktop/pane_dock.h"
#include "app/desktop/window_panes.h"
#include "core/base/clock.h"
#include "widgets/charts/chart_stack.h"

namespace ringscope {
namespace {

constexpr std::int64_t kDefaultDurationNs = 8 * kNsPerSecond;
constexpr int kPatienceMs = 30'000;
constexpr int kLookMs = 20;

// Runs the event loop until a claim holds; false when patience ends first.
bool waitUntil(int patienceMs, const std::function<bool()>& holds) {
    QEventLoop loop;
    QTimer look;
    QTimer patience;
    QObject::connect(&look, &QTimer::timeout, &loop, [&] {
        if (holds()) {
            loop.quit();
        }
    });
    QObject::connect(&patience, &QTimer::timeout, &loop, &QEventLoop::quit);
    look.start(kLookMs);
    patience.setSingleShot(true);
    patience.start(patienceMs);
    loop.exec();
    return holds();
}

Expected<void> savePicture(QWidget& widget, const QDir& folder, const QString& name) {
    const QString path = folder.filePath(name + QStringLiteral(".png"));
    if (!widget.grab().save(path)) {
        return makeError(ErrorKind::failed,
                         path.toStdString() + " cannot be written; choose a folder that can be");
    }
    return {};
}

Expected<void> savePanes(MainWindow& window, const QDir& folder) {
    for (PaneDock* const dock : window.panes().docks()) {
        dock->show();
        dock->raise();
        // Two turns: the tab becomes visible, then its content gets the view and is laid out.
        waitUntil(300, [] { return false; });
        if (auto saved = savePicture(*dock, folder, dock->objectName()); !saved) {
            return saved;
        }
    }
    return savePicture(window.charts(), folder, QStringLiteral("charts"));
}

// The memory map of the first worker, if there is one to show.
Expected<void> saveMap(MainWindow& window, const QDir& folder) {
    const SessionController::View& view = window.controller().view();
    if (view == nullptr || view->workers == nullptr || view->workers->empty()) {
        return {};
    }
    window.maps().showWorker(view->workers->front().pid);
    auto* const map = window.findChild<MapWindow*>();
    if (map == nullptr) {
        return {};
    }
    map->resize(1280, 860);
    const bool isShown =
        waitUntil(kPatienceMs, [&] { return map->controller().shown() != nullptr; });
    waitUntil(300, [] { return false; }); // laid out and painted
    return isShown ? savePicture(*map, folder, QStringLiteral("memory-map")) : Expected<void>();
}

// Where the process that allocated most does it, if the session knows.
Expected<void> saveHeap(MainWindow& window, const QDir& folder) {
    const SessionController::View& view = window.controller().view();
    if (view == nullptr || view->heaps == nullptr || view->heaps->empty()) {
        return {};
    }
    window.heaps().open();
    HeapWindow* const heap = window.heaps().shown();
    heap->resize(1280, 860);
    const bool isShown = waitUntil(kPatienceMs, [heap] { return heap->picture() != nullptr; });
    waitUntil(300, [] { return false; }); // laid out and painted
    return isShown ? savePicture(*heap, folder, QStringLiteral("heap-profile")) : Expected<void>();
}

} // namespace

Expected<void> runScreenshot(const ScreenshotCommand& command) {
    QDir folder(QString::fromStdString(command.directory));
    if (!folder.mkpath(QStringLiteral("."))) {
        return makeError(ErrorKind::failed,
                         "The folder " + command.directory + " cannot be made; choose another one");
    }
    BackgroundJobs jobs;
    MainWindow window(jobs);
    std::optional<Error> fault;
    QObject::connect(&window.controller(), &SessionController::failed, &window,
                     [&fault](const Error& error) { fault = error; });
    window.setThemeChoice(command.theme);
    window.resize(command.size.width, command.size.height);
    window.restoreDefaultLayout();
    window.show();
    const SessionController& controller = window.controller();
    if (command.file.empty()) {
        const std::int64_t durationNs =
            command.durationNs > 0 ? command.durationNs : kDefaultDurationNs;
        window.runScenario(command.scenario.empty() ? QStringLiteral("steady")
                                                    : QString::fromStdString(command.scenario));
        waitUntil(kPatienceMs, [&] { return fault || controller.state() == SessionState::live; });
        waitUntil(static_cast<int>(durationNs / kNsPerMs),
                  [&] { return fault || controller.state() == SessionState::ended; });
    } else {
        window.openFile(QString::fromStdString(command.file));
        waitUntil(kPatienceMs, [&] { return fault || controller.state() == SessionState::loaded; });
        waitUntil(500, [] { return false; });
    }
    Expected<void> result;
    if (fault) {
        result = *fault;
    } else {
        result = savePicture(window, folder, QStringLiteral("window"));
        if (result) {
            result = savePanes(window, folder);
        }
        if (result) {
            result = saveMap(window, folder);
        }
        if (result) {
            result = saveHeap(window, folder);
        }
    }
    window.controller().stop();
    waitUntil(kPatienceMs, [&] { return !controller.isBusy(); });
    return result;
}

} // namespace ringscope
