// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QMainWindow>
#include <QTimer>

#include <memory>
#include <string>
#include <vector>

#include "app/desktop/command_line.h"
#include "app/desktop/preferences.h"
#include "app/desktop/session_controller.h"
#include "widgets/charts/time_link.h"
#include "widgets/theme/theme.h"

class QStackedWidget;

namespace ringscope {

class BackgroundJobs;
class ChartStack;
class ExportFlow;
class MessageBar;
class PaneDock;
class RepairFlow;
class HeapFlow;
class MapFlow;
class SharedObjectsFlow;
class StartPage;
class StatusStrip;
class WindowActions;
class WindowPanes;
class WindowToolbar;

// The window: puts the panes together over one session and one time link, and connects actions to
// the controller. It decides nothing about a session itself. GUI thread only.
class MainWindow : public QMainWindow {
    Q_OBJECT

public:
    // jobs outlives the window: closing it leaves them a running workload to end.
    explicit MainWindow(BackgroundJobs& jobs, QWidget* parent = nullptr);
    ~MainWindow() override;

    [[nodiscard]] SessionController& controller() { return m_controller; }
    [[nodiscard]] TimeLink& timeLink() { return m_link; }
    [[nodiscard]] ChartStack& charts() { return *m_charts; }
    [[nodiscard]] WindowActions& actions() { return *m_actions; }
    [[nodiscard]] WindowPanes& panes() { return *m_panes; }
    [[nodiscard]] ExportFlow& exports() { return *m_export; }
    [[nodiscard]] MapFlow& maps() { return *m_maps; }
    [[nodiscard]] HeapFlow& heaps() { return *m_heaps; }
    [[nodiscard]] MessageBar& messages() { return *m_messages; }

    // Keeps live sessions in files there until they are saved, and offers what a crash has left.
    void keepUnsavedIn(const QString& folder);
    // What the command line asks for: opens, runs or attaches at once.
    void begin(const OpenCommand& command);
    void setThemeChoice(ThemeChoice choice);
    void openFile(const QString& path);
    // A built-in scenario's name or a TOML file; also shows it in the workload pane.
    void runScenario(const QString& nameOrPath);
    void restoreDefaultLayout();
    // One frame: news of the session, and what changed on the screen. The window's timer calls it.
    void tick();

protected:
    void closeEvent(QCloseEvent* event) override;
    void changeEvent(QEvent* event) override;
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dropEvent(QDropEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void connectActions();
    void connectController();
    void connectPanes();
    void addScenarios();
    void restoreWindow();
    void showView(const SessionController::View& view);
    void offerLeftOver(const QStringList& files);
    void updateState();
    void updateTitle();
    void updateRecent();
    void updateTheme();
    void setByteScale(ByteScale scale);
    void chooseFile();
    void saveAs();
    void openScenario();
    void saveScenario(const ringscope::Scenario& scenario);
    void showTime(std::int64_t timeNs);
    void addMarker();
    void runChosen();
    void find(const QString& text);
    void setFullScreen(bool isFull);

    Preferences m_preferences;
    Theme m_theme;
    TimeLink m_link;
    SessionController m_controller;
    QTimer m_timer;
    BackgroundJobs& m_jobs;
    WindowActions* m_actions;
    WindowToolbar* m_toolbar;
    MessageBar* m_messages;
    QStackedWidget* m_center;
    StartPage* m_start;
    ChartStack* m_charts;
    WindowPanes* m_panes;
    StatusStrip* m_status;
    ExportFlow* m_export;
    RepairFlow* m_repair;
    MapFlow* m_maps;
    HeapFlow* m_heaps;
    SharedObjectsFlow* m_sharedObjects;
    ThemeChoice m_themeChoice = ThemeChoice::system;
    bool m_isClosing = false;
};

} // namespace ringscope
