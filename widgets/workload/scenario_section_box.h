// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <vector>

#include <QWidget>

#include "widgets/workload/scenario_fields.h"

class QLabel;
class QToolButton;

namespace ringscope {

class ScenarioFieldEditor;
class Theme;

// One group of fields under a heading that folds it away; folded it still says what it holds in a
// few words, and it cannot hide a problem. GUI thread.
class ScenarioSectionBox final : public QWidget {
    Q_OBJECT
public:
    ScenarioSectionBox(const Theme& theme, const ScenarioSection& section,
                       QWidget* parent = nullptr);
    [[nodiscard]] const std::vector<ScenarioFieldEditor*>& editors() const noexcept {
        return m_editors;
    }
    void setOpen(bool isOpen);
    // Shows the fields that matter for the scenario and the heading's digest.
    void showFor(const Scenario& scenario);
    void openOnProblem();

private:
    QToolButton* m_heading;
    QLabel* m_digest;
    QWidget* m_body;
    std::vector<ScenarioFieldEditor*> m_editors;
    std::function<QString(const Scenario&)> m_digestOf; // Constant after construction.
};

} // namespace ringscope
