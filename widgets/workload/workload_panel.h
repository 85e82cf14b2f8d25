// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <vector>

#include <QWidget>

#include "core/workload/scenario.h"
#include "core/workload/scenario_check.h"

class QComboBox;
class QLabel;
class QPushButton;
class QToolButton;

namespace ringscope {

class ScenarioFieldEditor;
class ScenarioSectionBox;
class Theme;

enum class WorkloadState { idle, starting, running, stopping };

// Choose a scenario, edit every parameter of it, run and stop it. It knows values only: reading and
// writing files, running and stopping are for whoever gets its signals. A scenario that cannot run
// is never asked to: what is wrong stands beside the field, and Run is disabled with the reason.
// Usable from 300 pixels of width on. GUI thread.
class WorkloadPanel final : public QWidget {
    Q_OBJECT
public:
    explicit WorkloadPanel(const Theme& theme, QWidget* parent = nullptr);

    // What can be chosen, in this order; the first is chosen unless one was with the same name.
    void setScenarios(std::vector<Scenario> scenarios);
    // Chooses a scenario, adding it to the list when none has its name, as after Open…; edits are
    // dropped. A scenario of the list with the same name is replaced.
    void setScenario(const Scenario& scenario);
    // False when there is none of that name.
    bool chooseScenario(const QString& name);
    void setState(WorkloadState state);

    // As edited; fields that cannot be read keep their last value.
    [[nodiscard]] const Scenario& scenario() const noexcept { return m_edited; }
    // Differs from what was chosen.
    [[nodiscard]] bool isDirty() const;
    // Why Run is disabled, in one sentence; empty when it is not.
    [[nodiscard]] QString runObstacle() const { return m_obstacle; }
    [[nodiscard]] ScenarioFieldEditor* editor(const std::string& key) const;
    [[nodiscard]] WorkloadState state() const noexcept { return m_state; }
    [[nodiscard]] QSize minimumSizeHint() const override { return {300, 240}; }
    [[nodiscard]] QSize sizeHint() const override { return {320, 560}; }

public Q_SLOTS:
    void run();  // as the button: nothing when it is disabled
    void stop(); // likewise
    void reset();

Q_SIGNALS:
    void runRequested(const ringscope::Scenario& scenario);
    void stopRequested();
    void saveAsRequested(const ringscope::Scenario& scenario);
    void openRequested();
    void scenarioChanged(const ringscope::Scenario& scenario); // chosen or edited
    void obstacleChanged(const QString& sentence);

private:
    void makeHead(const Theme& theme);
    void readEdits();
    void showScenario();
    void judge(const std::vector<ScenarioProblem>& unreadable);
    void updateButtons();
    [[nodiscard]] const Scenario* chosen() const;

    std::vector<Scenario> m_scenarios;
    Scenario m_edited;
    QString m_obstacle;
    WorkloadState m_state = WorkloadState::idle;
    std::vector<ScenarioSectionBox*> m_sections;
    QComboBox* m_choice;
    QLabel* m_summary;
    QLabel* m_reason;
    QPushButton* m_run;
    QPushButton* m_stop;
    QToolButton* m_reset;
    QToolButton* m_saveAs;
    QToolButton* m_open;
};

} // namespace ringscope
