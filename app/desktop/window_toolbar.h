// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <QToolBar>

#include "app/desktop/session_controller.h"

class QComboBox;
class QLineEdit;
class QToolButton;

namespace ringscope {

class Theme;
class TimeLink;
class WindowActions;

// Run and what to run, stop, pause, the clock, the range, marker and export: the row that is always
// there. Shows the actions of WindowActions and the state of the time link. GUI thread only.
class WindowToolbar : public QToolBar {
    Q_OBJECT

public:
    WindowToolbar(Theme& theme, WindowActions& actions, TimeLink& link, QWidget* parent = nullptr);

    // Scenarios to choose from, in order; help is each one's tooltip.
    void addScenario(const QString& name, const QString& help);
    void setScenario(const QString& name);
    [[nodiscard]] QString scenario() const;
    void setState(SessionState state);
    // Clock and range; called when the time link changes and once a tick.
    void updateTimes();
    void focusSearch();

Q_SIGNALS:
    void scenarioChosen(const QString& name);
    void searchChanged(const QString& text);
    void searchEntered(const QString& text);

private:
    void updateLook();

    Theme& m_theme;
    WindowActions& m_actions;
    TimeLink& m_link;
    QComboBox* m_scenario;
    QToolButton* m_live;
    QToolButton* m_range;
    QLineEdit* m_search;
    SessionState m_state = SessionState::empty;
    QString m_liveText;
    QString m_liveIcon;
};

} // namespace ringscope
