// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/map_flow.h"

#include <QAction>
#include <QMainWindow>

#include <algorithm>
#include <cstdlib>
#include <map>

#include "app/desktop/map_plan_dialog.h"
#include "app/desktop/map_window.h"
#include "app/desktop/message_bar.h"
#include "app/desktop/pick_dialog.h"
#include "app/desktop/preferences.h"
#include "app/desktop/session_controller.h"
#include "app/desktop/target_dialogs.h"
#include "app/desktop/window_actions.h"
#include "core/base/printable_name.h"
#include "core/base/process_identity.h"

namespace ringscope {
namespace {

PickRow::Cell numberCell(const QString& text, double number) {
    return {text, number};
}

PickRow rowOf(const MapRecord& last, std::size_t count) {
    const auto rss = static_cast<double>(last.sums.regionTotal().rss);
    PickRow row;
    row.cells = {{QString::fromStdString(last.label), {}},
                 {QString::fromStdString(printableName(last.name)), {}},
                 numberCell(QString::number(last.process.pid), last.process.pid),
                 numberCell(QString::number(count), static_cast<double>(count)),
                 numberCell(QString::fromStdString(formatBytes(rss)), rss)};
    row.value = QString::fromStdString(last.label);
    return row;
}

} // namespace

MapFlow::MapFlow(QMainWindow& window, BackgroundJobs& jobs, const Parts& parts)
    : QObject(&window)
    , m_window(window)
    , m_jobs(jobs)
    , m_parts(parts) {}

void MapFlow::connectActions(const WindowActions& actions) {
    connect(actions.memoryMap, &QAction::triggered, this, &MapFlow::begin);
    connect(actions.sessionMaps, &QAction::triggered, this, &MapFlow::showSession);
    connect(actions.mapPlan, &QAction::triggered, this, &MapFlow::planSnapshots);
    connect(actions.snapshot, &QAction::triggered, this, &MapFlow::takeSnapshot);
}

MapWindow* MapFlow::open() {
    auto* const map = new MapWindow(m_parts.theme, m_jobs, m_parts.preferences, &m_window);
    map->setHeapOf([this](const ProcessIdentity& process) { return heapOf(process.pid); });
    map->show();
    return map;
}

void MapFlow::begin() {
    pickProcessForMap(m_window, m_jobs, m_parts.preferences,
                      [this](const ProcessIdentity& process) { showProcess(process); });
}

void MapFlow::showProcess(const ProcessIdentity& process) {
    open()->follow(process);
}

void MapFlow::showWorker(std::int32_t pid) {
    Records records = recordsOf(pid);
    // Of a session that is not live the number may be another process's by now.
    const auto now = isRunning(pid) ? processOf(pid) : std::nullopt;
    if (now && (records.empty() || records.back()->process == *now)) {
        open()->follow(*now, std::move(records));
    } else if (!records.empty()) {
        open()->showRecords(std::move(records));
    } else {
        m_parts.messages.showRemark(
            tr("Process %1 has ended, and this session keeps no memory map of it: take a snapshot "
               "while it runs.")
                .arg(pid));
    }
}

bool MapFlow::isRunning(std::int32_t pid) const {
    const auto& view = m_parts.controller.view();
    if (view == nullptr || !view->isLive || view->workers == nullptr) {
        return false;
    }
    return std::any_of(view->workers->begin(), view->workers->end(), [pid](const WorkerRow& row) {
        return row.pid == pid && row.state != WorkerState::finished &&
               row.state != WorkerState::died;
    });
}

std::optional<HeapFigures> MapFlow::heapOf(std::int32_t pid) const {
    const auto& view = m_parts.controller.view();
    if (!isRunning(pid)) {
        return std::nullopt;
    }
    const auto row = std::find_if(view->workers->begin(), view->workers->end(),
                                  [pid](const WorkerRow& worker) { return worker.pid == pid; });
    return row->heap;
}

void MapFlow::showFile(const QString& path) {
    open()->openFile(path);
}

void MapFlow::showTarget(const QString& target) {
    bool isPid = false;
    const int pid = target.toInt(&isPid);
    isPid ? showProcess({pid, 0, 0}) : showFile(target);
}

std::vector<MapFlow::Records> MapFlow::sessionMaps() const {
    std::map<std::string, Records> byProcess;
    const auto& view = m_parts.controller.view();
    if (view != nullptr && view->maps != nullptr) {
        for (const auto& map : *view->maps) {
            byProcess[map->label].push_back(map);
        }
    }
    std::vector<Records> all;
    for (auto& [label, records] : byProcess) {
        all.push_back(std::move(records));
    }
    return all;
}

MapFlow::Records MapFlow::recordsOf(const std::string& label) const {
    for (Records& records : sessionMaps()) {
        if (records.front()->label == label) {
            return std::move(records);
        }
    }
    return {};
}

MapFlow::Records MapFlow::recordsOf(std::int32_t pid) const {
    Records newest;
    for (Records& records : sessionMaps()) {
        const ProcessIdentity& process = records.front()->process;
        const bool isLater =
            newest.empty() || process.startTicks > newest.front()->process.startTicks;
        if (process.pid == pid && isLater) {
            newest = std::move(records);
        }
    }
    return newest;
}

void MapFlow::showRecords(const std::string& label, std::optional<std::int64_t> timeNs) {
    Records records = recordsOf(label);
    if (records.empty()) {
        return;
    }
    MapWindow* const map = open();
    map->showRecords(std::move(records));
    if (timeNs) {
        map->controller().chooseAt(*timeNs);
    }
}

void MapFlow::showSession() {
    const std::vector<Records> processes = sessionMaps();
    if (processes.empty()) {
        m_parts.messages.showRemark(tr("This session keeps no memory maps yet: take a snapshot "
                                       "while it is live."));
        return;
    }
    pick(processes, std::nullopt);
}

std::vector<MapFlow::Records> MapFlow::mapsAt(std::int64_t timeNs) const {
    std::vector<Records> processes = sessionMaps();
    std::erase_if(processes, [timeNs](const Records& records) {
        return std::none_of(records.begin(), records.end(), [timeNs](const auto& map) {
            return std::abs(map->timeNs - timeNs) < kMapsTogetherNs;
        });
    });
    return processes;
}

void MapFlow::showMapAt(std::int64_t timeNs) {
    const std::vector<Records> processes = mapsAt(timeNs);
    if (!processes.empty()) {
        pick(processes, timeNs);
    }
}

void MapFlow::pick(const std::vector<Records>& processes, std::optional<std::int64_t> timeNs) {
    if (processes.size() == 1) {
        showRecords(processes.front().front()->label, timeNs);
        return;
    }
    auto* const dialog =
        new PickDialog({tr("Memory maps of this session"),
                        tr("Choose the process whose maps to look at."),
                        tr("Show maps"),
                        QString(),
                        {tr("Process"), tr("Name"), tr("PID"), tr("Snapshots"), tr("RSS")},
                        1},
                       &m_window);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    const auto fill = [dialog](const std::vector<Records>& found) {
        std::vector<PickRow> rows;
        for (const Records& records : found) {
            rows.push_back(rowOf(*records.back(), records.size()));
        }
        dialog->setRows(rows);
    };
    fill(processes);
    connect(dialog, &PickDialog::refreshRequested, this,
            [this, fill, timeNs] { fill(timeNs ? mapsAt(*timeNs) : sessionMaps()); });
    connect(dialog, &PickDialog::picked, this, [this, timeNs](const QVariant& label) {
        showRecords(label.toString().toStdString(), timeNs);
    });
    dialog->open();
}

void MapFlow::addNewMaps(const SessionView& view) {
    if (view.maps == nullptr || view.maps == m_known) {
        return;
    }
    m_known = view.maps;
    for (MapWindow* const window : m_window.findChildren<MapWindow*>()) {
        window->addMaps(*m_known);
    }
}

void MapFlow::planSnapshots() {
    auto* const dialog =
        new MapPlanDialog(m_parts.controller.mapPlan(), m_parts.controller.view(), &m_window);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &MapPlanDialog::planChosen, &m_parts.controller,
            &SessionController::setMapPlan);
    dialog->open();
}

void MapFlow::takeSnapshot() {
    m_parts.controller.requestMaps();
    m_parts.messages.showRemark(
        tr("A memory map of every process is kept: Session > Memory maps shows them."));
}

void MapFlow::setByteScale(ByteScale scale) {
    for (MapWindow* const map : m_window.findChildren<MapWindow*>()) {
        map->setByteScale(scale);
    }
}

} // namespace ringscope
