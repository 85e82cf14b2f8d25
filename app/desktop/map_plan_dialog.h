// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDialog>

#include <memory>
#include <vector>

#include "core/session/map_trigger.h"
#include "core/session/session_view.h"

class QCheckBox;
class QComboBox;
class QLabel;
class QLineEdit;
class QListWidget;
class QPushButton;

namespace ringscope {

// Asks when a session keeps memory maps by itself: again and again, at each marker, when a track
// reaches a value. GUI thread only.
class MapPlanDialog : public QDialog {
    Q_OBJECT

public:
    // view: of the tracks there are; null when there is no session yet.
    MapPlanDialog(const MapPlan& plan, std::shared_ptr<const SessionView> view,
                  QWidget* parent = nullptr);

    [[nodiscard]] MapPlan plan() const;

Q_SIGNALS:
    void planChosen(const ringscope::MapPlan& plan);

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    [[nodiscard]] QWidget* makePeriod(const MapPlan& plan);
    [[nodiscard]] QWidget* makeTriggers();
    void fillTracks();
    void fillTriggers();
    // Takes what stands in the fields into the list; false, and says why, when it makes no sense.
    bool addTrigger();
    void removeTrigger();
    void finish();
    [[nodiscard]] QString words(const MapTrigger& trigger) const;

    std::shared_ptr<const SessionView> m_view;
    std::vector<MapTrigger> m_triggers; // of values, not of markers
    QCheckBox* m_isPeriodic;
    QComboBox* m_period;
    QCheckBox* m_atMarkers;
    QListWidget* m_list;
    QComboBox* m_track;
    QComboBox* m_relation;
    QLineEdit* m_value;
    QPushButton* m_remove;
    QLabel* m_problem;
};

} // namespace ringscope
