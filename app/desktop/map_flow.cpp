// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/map_flow.h"

#include <QAction>
#include <QMainWindow>

#include <map>

#include "app/desktop/map_window.h"
#include "app/desktop/message_bar.h"
#include "app/desktop/pick_dialog.h"
#include "app/desktop/preferences.h"
#include "app/desktop/session_controller.h"
#include "app/desktop/target_dialogs.h"
#include "app/desktop/window_actions.h"
#include "core/base/printable_name.h"

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
    connect(actions.snapshot, &QAction::triggered, this, &MapFlow::takeSnapshot);
}

MapWindow* MapFlow::open() {
    auto* const map = new MapWindow(m_parts.theme, m_jobs, m_parts.preferences, &m_window);
    map->show();
    return map;
}

void MapFlow::begin() {
    pickProcessForMap(m_window, m_jobs, [this](std::int32_t pid) { showProcess(pid); });
}

void MapFlow::showProcess(std::int32_t pid) {
    open()->follow(pid);
}

void MapFlow::showFile(const QString& path) {
    open()->openFile(path);
}

void MapFlow::showTarget(const QString& target) {
    bool isPid = false;
    const int pid = target.toInt(&isPid);
    isPid ? showProcess(pid) : showFile(target);
}

std::vector<std::shared_ptr<const MapRecord>> MapFlow::recordsOf(const std::string& label) const {
    std::vector<std::shared_ptr<const MapRecord>> records;
    const auto& view = m_parts.controller.view();
    if (view != nullptr && view->maps != nullptr) {
        for (const auto& map : *view->maps) {
            if (map->label == label) {
                records.push_back(map);
            }
        }
    }
    return records;
}

void MapFlow::showRecords(const std::string& label) {
    if (auto records = recordsOf(label); !records.empty()) {
        open()->showRecords(std::move(records));
    }
}

void MapFlow::showSession() {
    std::map<std::string, std::vector<std::shared_ptr<const MapRecord>>> byProcess;
    const auto& view = m_parts.controller.view();
    if (view != nullptr && view->maps != nullptr) {
        for (const auto& map : *view->maps) {
            byProcess[map->label].push_back(map);
        }
    }
    if (byProcess.empty()) {
        m_parts.messages.showRemark(tr("This session keeps no memory maps yet: take a snapshot "
                                       "while it is live."));
        return;
    }
    if (byProcess.size() == 1) {
        showRecords(byProcess.begin()->first);
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
    std::vector<PickRow> rows;
    for (const auto& [label, maps] : byProcess) {
        rows.push_back(rowOf(*maps.back(), maps.size()));
    }
    dialog->setRows(rows);
    connect(dialog, &PickDialog::picked, this,
            [this](const QVariant& label) { showRecords(label.toString().toStdString()); });
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
