// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/scenario_files.h"

#include <QFileDialog>
#include <QFileInfo>

#include <utility>

#include "app/desktop/background_jobs.h"
#include "app/desktop/output_file.h"
#include "app/desktop/preferences.h"
#include "core/workload/scenario_file.h"

namespace ringscope {

void openScenarioFile(QWidget& parent, BackgroundJobs& jobs, Preferences& preferences,
                      std::function<void(const Expected<Scenario>& scenario)> done) {
    auto* const dialog =
        new QFileDialog(&parent, QObject::tr("Open scenario"), preferences.lastFolder(),
                        QObject::tr("Scenarios (*.toml);;All files (*)"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFile);
    QObject::connect(
        dialog, &QFileDialog::fileSelected, &parent,
        [&parent, &jobs, done = std::move(done)](const QString& path) {
            jobs.run(
                &parent,
                [file = path.toStdString()](const std::stop_token&) { return loadScenario(file); },
                done);
        });
    dialog->open();
}

void saveScenarioFile(
    QWidget& parent, BackgroundJobs& jobs, Preferences& preferences, const Scenario& scenario,
    std::function<void(const QString& path, const Expected<Scenario>& saved)> done) {
    auto* const dialog =
        new QFileDialog(&parent, QObject::tr("Save scenario"), preferences.lastFolder(),
                        QObject::tr("Scenarios (*.toml)"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setDefaultSuffix(QStringLiteral("toml"));
    dialog->selectFile(QString::fromStdString(scenario.name) + QStringLiteral(".toml"));
    QObject::connect(
        dialog, &QFileDialog::fileSelected, &parent,
        [&parent, &jobs, scenario, done = std::move(done)](const QString& path) {
            Scenario named = scenario;
            named.name = QFileInfo(path).completeBaseName().toStdString();
            jobs.run(
                &parent,
                [named, file = path.toStdString()](const std::stop_token&) -> Expected<Scenario> {
                    const auto written =
                        writeOutput(file, QByteArray::fromStdString(scenarioToml(named)));
                    return written ? Expected<Scenario>(named) : written.error();
                },
                [path, done](const Expected<Scenario>& saved) { done(path, saved); });
        });
    dialog->open();
}

} // namespace ringscope
