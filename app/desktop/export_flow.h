// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>
#include <QString>

#include <memory>

#include "app/desktop/command_line.h"
#include "core/base/expected.h"
#include "core/session/session_view.h"

namespace ringscope {

class BackgroundJobs;
class MainWindow;
class Preferences;
class WindowActions;

// Export from the window: asks where to, paints charts on the GUI thread (as Qt wants), writes
// files on a job thread, and says what came of it. GUI thread only.
class ExportFlow : public QObject {
    Q_OBJECT

public:
    ExportFlow(MainWindow& window, BackgroundJobs& jobs, Preferences& preferences);

    void connectActions(const WindowActions& actions);
    void setTheme(ThemeChoice theme) { m_theme = theme; }
    void exportChart(const QString& name);
    // For a file of this session, without a suffix: "steady-2026-11-22-2301".
    [[nodiscard]] static QString suggestedName(const std::shared_ptr<const SessionView>& view);

Q_SIGNALS:
    void done(const QString& remark);
    void failed(const ringscope::Error& error);

private:
    MainWindow& m_window;
    BackgroundJobs& m_jobs;
    Preferences& m_preferences;
    ThemeChoice m_theme = ThemeChoice::light;
};

} // namespace ringscope
