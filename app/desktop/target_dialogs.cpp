// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/target_dialogs.h"

#include <QFileDialog>
#include <QObject>

#include <algorithm>
#include <cmath>
#include <stop_token>
#include <vector>

#include "app/desktop/background_jobs.h"
#include "app/desktop/pick_dialog.h"
#include "app/desktop/process_list.h"
#include "core/base/units.h"
#include "core/ring/segment_list.h"

namespace ringscope {
namespace {

QString fromStd(const std::string& text) {
    return QString::fromStdString(text);
}

PickRow::Cell textCell(const std::string& text) {
    return {fromStd(text), {}};
}

PickRow::Cell numberCell(const QString& text, std::uint64_t number) {
    return {text, QVariant::fromValue(static_cast<qulonglong>(number))};
}

PickRow::Cell bytesCell(std::uint64_t bytes) {
    return numberCell(fromStd(formatBytes(static_cast<double>(bytes))), bytes);
}

PickRow rowOf(const ListedProcess& process) {
    PickRow row;
    row.cells = {textCell(process.name),
                 numberCell(QString::number(process.identity.pid),
                            static_cast<std::uint64_t>(process.identity.pid)),
                 bytesCell(process.rssBytes), textCell(process.user),
                 textCell(process.commandLine)};
    row.whyNot = fromStd(process.whyNotReadable);
    row.value = process.identity.pid;
    return row;
}

PickRow rowOf(const SegmentSummary& segment) {
    std::uint64_t used = 0;
    std::uint64_t capacity = 0;
    for (const ChannelCursors& channel : segment.channels) {
        used += channel.used();
        capacity += channel.capacity;
    }
    const double fill =
        capacity == 0 ? 0 : 100.0 * static_cast<double>(used) / static_cast<double>(capacity);
    const std::string owner =
        segment.creator.pid == 0 ? "unknown" : "pid " + std::to_string(segment.creator.pid);
    PickRow row;
    row.cells = {textCell(segment.name),
                 bytesCell(segment.bytes),
                 numberCell(QString::number(segment.channels.size()), segment.channels.size()),
                 numberCell(fromStd(formatValue(fill, Unit::percent)),
                            static_cast<std::uint64_t>(std::lround(fill * 1000))),
                 numberCell(QString::number(segment.liveParticipants), segment.liveParticipants),
                 textCell(owner),
                 textCell(segment.isDmxpCompatible ? "DMXP" : "Ringscope"),
                 textCell(segment.isOrphaned ? "orphaned" : "")};
    row.whyNot = fromStd(segment.problem);
    row.value = fromStd(segment.name);
    return row;
}

template <typename List>
void keepFilled(PickDialog* dialog, BackgroundJobs& jobs, List list) {
    const auto fill = [dialog, &jobs, list] {
        jobs.run(
            dialog, [list](const std::stop_token&) { return list(); },
            [dialog](const auto& found) {
                std::vector<PickRow> rows;
                for (const auto& one : found) {
                    rows.push_back(rowOf(one));
                }
                dialog->setRows(rows);
            });
    };
    QObject::connect(dialog, &PickDialog::refreshRequested, dialog, fill);
    fill();
}

} // namespace

namespace {

void pickFromProcesses(QWidget& parent, BackgroundJobs& jobs, const QString& title,
                       const QString& heading, const QString& pick,
                       const std::function<void(std::int32_t pid)>& picked) {
    auto* const dialog =
        new PickDialog({title,
                        heading,
                        pick,
                        QObject::tr("No other process can be seen here."),
                        {QObject::tr("Name"), QObject::tr("PID"), QObject::tr("RSS"),
                         QObject::tr("User"), QObject::tr("Command line")},
                        4},
                       &parent);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    QObject::connect(dialog, &PickDialog::picked, dialog,
                     [picked](const QVariant& pid) { picked(pid.toInt()); });
    keepFilled(dialog, jobs, &listProcesses);
    dialog->open();
}

} // namespace

void pickProcess(QWidget& parent, BackgroundJobs& jobs,
                 const std::function<void(std::int32_t pid)>& picked) {
    pickFromProcesses(
        parent, jobs, QObject::tr("Attach to process"),
        QObject::tr("Ringscope watches the memory of a running process without touching it."),
        QObject::tr("Attach"), picked);
}

void pickProcessForMap(QWidget& parent, BackgroundJobs& jobs,
                       const std::function<void(std::int32_t pid)>& picked) {
    pickFromProcesses(parent, jobs, QObject::tr("Memory map of a process"),
                      QObject::tr("What the memory of a running process is: by type, object and "
                                  "mapping. The process does not notice."),
                      QObject::tr("Show map"), picked);
}

void pickRing(
    QWidget& parent, BackgroundJobs& jobs,
    const std::function<void(const std::string& name, const std::string& layoutFile)>& picked) {
    auto* const dialog = new PickDialog(
        {QObject::tr("Open ring"),
         QObject::tr("Rings in shared memory on this machine, Ringscope's and DMXP's. They are "
                     "read and never mapped, so their programs do not notice."),
         QObject::tr("Open"),
         QObject::tr("There is no ring in shared memory now. Run a scenario, or start a program "
                     "that makes one, then press Refresh."),
         {QObject::tr("Name"), QObject::tr("Size"), QObject::tr("Channels"), QObject::tr("Fill"),
          QObject::tr("Attached"), QObject::tr("Creator"), QObject::tr("Kind"),
          QObject::tr("Remark")},
         0,
         QObject::tr("Another ring…")},
        &parent);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    QObject::connect(dialog, &PickDialog::picked, dialog,
                     [picked](const QVariant& name) { picked(name.toString().toStdString(), {}); });
    QObject::connect(dialog, &PickDialog::otherRequested, &parent, [&parent, picked] {
        auto* const layout =
            new QFileDialog(&parent, QObject::tr("Open ring by its description"), {},
                            QObject::tr("Descriptions of a ring (*.toml);;All files (*)"));
        layout->setAttribute(Qt::WA_DeleteOnClose);
        layout->setFileMode(QFileDialog::ExistingFile);
        QObject::connect(layout, &QFileDialog::fileSelected, layout,
                         [picked](const QString& path) { picked({}, path.toStdString()); });
        layout->open();
    });
    keepFilled(dialog, jobs, &listSegments);
    dialog->open();
}

} // namespace ringscope
