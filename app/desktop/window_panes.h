// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>
#include <QString>

#include <memory>
#include <optional>
#include <vector>

#include "app/desktop/session_controller.h"
#include "core/base/units.h"
#include "core/session/run_summary.h"
#include "core/session/session_view.h"
#include "core/workload/scenario.h"

class QDockWidget;
class QMainWindow;
class QMenu;

namespace ringscope {

class DataTable;
class PaneDock;
class ParticipantsPane;
class Preferences;
class SlotsPane;
class SummaryPane;
class Theme;
class TimeLink;
class WorkloadPanel;

// The panes around the charts: which there are, where they stand at first, and what each gets. GUI
// thread only.
class WindowPanes : public QObject {
    Q_OBJECT

public:
    WindowPanes(QMainWindow& window, Theme& theme, TimeLink& link, QMenu& menu);

    void setView(const std::shared_ptr<const SessionView>& view);
    void setState(SessionState state);
    void setSummary(const std::optional<RunSummary>& summary);
    void setByteScale(ByteScale scale);
    // Rows of every table that do not contain the text are hidden.
    // Which columns each table shows, how wide and in which order.
    void saveColumns(Preferences& preferences) const;
    void restoreColumns(const Preferences& preferences);
    void setFilter(const QString& text);

    void chooseScenario(const QString& name);
    void setScenario(const Scenario& scenario);
    [[nodiscard]] const Scenario& scenario() const;
    // Why it cannot run; empty when it can.
    [[nodiscard]] QString scenarioProblem() const;

    void restoreDefaultLayout();
    // The ring as it was kept with the finding of that instant; without one, as it is now.
    void showStallAt(std::int64_t timeNs);
    // Brings the first pane whose title contains a word to the front; false when there is none.
    bool showPane(const QString& word);
    [[nodiscard]] const std::vector<PaneDock*>& docks() const { return m_docks; }
    [[nodiscard]] PaneDock* dock(const QString& name) const;

Q_SIGNALS:
    void runRequested();
    void stopRequested();
    void openScenarioRequested();
    void saveScenarioRequested(const ringscope::Scenario& scenario);
    void scenarioChanged(const QString& name);
    void channelSelected(quint32 channel);
    void slotDetailRequested(quint32 channel, quint64 slot);
    void markerChosen(qint64 timeNs);
    void processChosen(std::int32_t pid); // a worker's, to look at its memory
    void repairRequested();

private:
    PaneDock* add(const QString& name, const QString& title, QWidget* content, int periodMs,
                  std::function<void(const SessionView&)> showView);
    void addWorkload();
    void addTables();
    void addSlots();
    void addSizing();
    void addParticipants();
    void showNow();
    void showInstant(std::shared_ptr<const StallPicture> stall);
    [[nodiscard]] QString instantText(const SessionView& view) const;

    QMainWindow& m_window;
    Theme& m_theme;
    TimeLink& m_link;
    QMenu& m_menu;
    std::vector<PaneDock*> m_docks;
    std::vector<DataTable*> m_tables; // named as their panes
    WorkloadPanel* m_workload = nullptr;
    SlotsPane* m_slots = nullptr;
    SummaryPane* m_summary = nullptr;
    std::shared_ptr<const SessionView> m_view;
    std::shared_ptr<const StallPicture> m_stall; // that is shown instead of now; null: now
};

} // namespace ringscope
