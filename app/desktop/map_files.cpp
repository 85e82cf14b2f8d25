// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/map_files.h"

#include <QDateTime>
#include <QFileDialog>
#include <QFileInfo>

#include <sstream>
#include <utility>

#include "app/desktop/background_jobs.h"
#include "app/desktop/output_file.h"
#include "app/desktop/preferences.h"
#include "core/export/map_csv.h"
#include "core/memory/map_json.h"

namespace ringscope {
namespace {

Expected<QString> save(const QString& path, const MapSnapshot& snapshot) {
    std::ostringstream out;
    out.imbue(std::locale::classic());
    if (path.endsWith(QLatin1String(".csv"), Qt::CaseInsensitive)) {
        writeMapCsv(snapshot, MapRows::region, std::nullopt, out);
    } else {
        writeMapJson(snapshot, out);
    }
    if (auto written = writeOutput(path.toStdString(), QByteArray::fromStdString(out.str()));
        !written) {
        return written.error();
    }
    return path;
}

} // namespace

void saveMapAs(QWidget& parent, BackgroundJobs& jobs, Preferences& preferences,
               MapSnapshotPtr snapshot, std::function<void(const Expected<QString>&)> done) {
    auto* const dialog =
        new QFileDialog(&parent, QObject::tr("Save memory map"), preferences.lastFolder(),
                        QObject::tr("Memory map (*.json);;Table of its regions (*.csv)"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setDefaultSuffix(QStringLiteral("json"));
    dialog->selectFile(QStringLiteral("%1-%2-%3.json")
                           .arg(QString::fromStdString(snapshot->name).replace(u'/', u'-'))
                           .arg(snapshot->space.process.pid)
                           .arg(QDateTime::fromMSecsSinceEpoch(snapshot->wallNs / 1'000'000)
                                    .toString(QStringLiteral("yyyyMMdd-HHmmss"))));
    QObject::connect(dialog, &QFileDialog::filterSelected, dialog, [dialog](const QString& filter) {
        dialog->setDefaultSuffix(filter.contains(QLatin1String("csv")) ? QStringLiteral("csv")
                                                                       : QStringLiteral("json"));
    });
    QObject::connect(
        dialog, &QFileDialog::fileSelected, &parent,
        [&parent, &jobs, &preferences, snapshot, done](const QString& path) {
            preferences.setLastFolder(QFileInfo(path).absolutePath());
            jobs.run(
                &parent, [path, snapshot](const std::stop_token&) { return save(path, *snapshot); },
                done);
        });
    dialog->open();
}

} // namespace ringscope
