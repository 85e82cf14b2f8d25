// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/export_flow.h"

#include <QDateTime>
#include <QRegularExpression>

#include "app/desktop/background_jobs.h"
#include "app/desktop/main_window.h"
#include "app/desktop/preferences.h"
#include "app/desktop/window_actions.h"
#include "core/base/clock.h"

namespace ringscope {

ExportFlow::ExportFlow(MainWindow& window, BackgroundJobs& jobs, Preferences& preferences)
    : QObject(&window)
    , m_window(window)
    , m_jobs(jobs)
    , m_preferences(preferences) {}

void ExportFlow::connectActions(const WindowActions&) {}

void ExportFlow::exportChart(const QString&) {}

QString ExportFlow::suggestedName(const std::shared_ptr<const SessionView>& view) {
    QString name = view == nullptr ? QStringLiteral("session")
                                   : QString::fromStdString(view->provenance->scenario);
    name.replace(QRegularExpression(QStringLiteral("[^A-Za-z0-9._-]+")), QStringLiteral("-"));
    if (view != nullptr) {
        name += QDateTime::fromMSecsSinceEpoch(view->provenance->startWallNs / kNsPerMs)
                    .toString(QStringLiteral("-yyyyMMdd-HHmmss"));
    }
    return name;
}

} // namespace ringscope
