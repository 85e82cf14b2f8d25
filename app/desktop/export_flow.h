// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QObject>
#include <QString>
#include <QStringList>

#include <functional>
#include <memory>
#include <optional>

#include "core/base/expected.h"
#include "core/session/session_view.h"
#include "widgets/charts/chart_export.h"
#include "widgets/theme/theme.h"

namespace ringscope {

class BackgroundJobs;
class ChartStack;
class Preferences;
class SessionController;
class TimeLink;
class WindowActions;

// Export from the window: asks where to, paints charts on the GUI thread (as Qt wants), writes
// files on a job thread, and says what came of it. GUI thread only.
class ExportFlow : public QObject {
    Q_OBJECT

public:
    // What is exported and how it looks.
    struct Subject {
        SessionController& controller;
        ChartStack& charts;
        TimeLink& link;
        Theme& theme;
    };
    ExportFlow(QWidget& window, const Subject& subject, BackgroundJobs& jobs,
               Preferences& preferences);

    void connectActions(const WindowActions& actions);
    // Asks for a file first. An empty name: the current chart, or else the first.
    void exportChart(const QString& name);
    // Writes to a path at once; its suffix says what. For charts, `scale` is of a PNG.
    void writeCharts(const std::vector<ChartSpec>& charts, const QString& path, double scale);
    void writeReport(const QString& path);
    void writeData(const QString& path);
    void copyChart();
    // For a file of this session, without a suffix: "steady-20261122-230102".
    [[nodiscard]] static QString suggestedName(const std::shared_ptr<const SessionView>& view);

Q_SIGNALS:
    void done(const QString& remark);
    void failed(const ringscope::Error& error);

private:
    void ask(const QString& title, const QString& suggestion, const QStringList& filters,
             std::function<void(const QString& path, const QString& filter)> chosen);
    void askForCharts(const QString& title, const std::vector<ChartSpec>& charts,
                      const QString& suggestion);
    [[nodiscard]] std::vector<ChartSpec> shownCharts() const;
    [[nodiscard]] std::optional<ChartSpec> chartOrCurrent(const std::string& name) const;
    [[nodiscard]] ChartPicture pictureOf(const std::vector<ChartSpec>& charts, double scale) const;
    void write(const QString& path, std::function<Expected<QByteArray>()> bytes);

    QWidget& m_window;
    Subject m_subject;
    BackgroundJobs& m_jobs;
    Preferences& m_preferences;
};

} // namespace ringscope
