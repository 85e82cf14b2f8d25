// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/target_dialogs.h"

#include <QFileDialog>
#include <QObject>

#include <algorithm>
#include <cmath>
#include <stop_token>
#include <vector>

#include "app/desktop/attach_choice.h"
#include "app/desktop/background_jobs.h"
#include "app/desktop/pick_dialog.h"
#include "app/desktop/preferences.h"
#include "app/desktop/process_dialog.h"
#include "app/desktop/process_reading.h"
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

ProcessDialog* pickFromProcesses(QWidget& parent, BackgroundJobs& jobs, Preferences& preferences,
                                 const ProcessDialog::Wording& wording,
                                 const std::function<void(const ProcessIdentity&)>& picked) {
    auto* const dialog = new ProcessDialog(wording, preferences.isProcessTree(), &parent);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    QObject::connect(dialog, &ProcessDialog::picked, dialog, picked);
    QObject::connect(dialog, &ProcessDialog::treeChanged, dialog,
                     [&preferences](bool isTree) { preferences.setProcessTree(isTree); });
    auto* const reading = new ProcessReading(*dialog, jobs);
    QObject::connect(dialog, &ProcessDialog::refreshRequested, reading, &ProcessReading::begin);
    reading->begin();
    dialog->open();
    return dialog;
}

void keepFilled(PickDialog* dialog, BackgroundJobs& jobs) {
    const auto fill = [dialog, &jobs] {
        jobs.run(
            dialog, [](const std::stop_token&) { return listSegments(); },
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

void pickProcess(QWidget& parent, BackgroundJobs& jobs, Preferences& preferences,
                 const ProcessPicked& picked) {
    auto* const choice = new AttachChoice;
    ProcessDialog* const dialog = pickFromProcesses(
        parent, jobs, preferences,
        {QObject::tr("Attach to process"),
         QObject::tr(
             "Ringscope watches the memory of a running process, and its heap if asked to."),
         QObject::tr("Attach")},
        [picked, choice](const ProcessIdentity& process) { picked(process, choice->mode()); });
    dialog->addBelowList(choice);
}

void pickProcessForMap(QWidget& parent, BackgroundJobs& jobs, Preferences& preferences,
                       const std::function<void(const ProcessIdentity&)>& picked) {
    pickFromProcesses(parent, jobs, preferences,
                      {QObject::tr("Memory map of a process"),
                       QObject::tr("What the memory of a running process is: by type, object and "
                                   "mapping. The process does not notice."),
                       QObject::tr("Show map")},
                      picked);
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
    keepFilled(dialog, jobs);
    dialog->open();
}

} // namespace ringscope
