// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

#include "core/workload/scenario.h"
#include "widgets/workload/scenario_fields.h"

class QCheckBox;
class QComboBox;
class QLabel;
class QLineEdit;

namespace ringscope {

class QuantityEdit;
class Theme;
struct ScenarioKey;

// The control for one key of a scenario, its label above or beside it, and below it what is wrong
// with the value. GUI thread.
class ScenarioFieldEditor final : public QWidget {
    Q_OBJECT
public:
    ScenarioFieldEditor(const Theme& theme, ScenarioField field, QWidget* parent = nullptr);

    [[nodiscard]] const ScenarioField& field() const noexcept { return m_field; }
    // Shows the scenario's value; a key that the scenario does not have keeps the last one.
    void read(const Scenario& scenario);
    // Puts the value into the scenario. False when it cannot be read: problem() says why.
    bool write(Scenario& scenario);
    [[nodiscard]] QString problem() const { return m_problem; }
    // What checkScenario() says about the key; empty = nothing.
    void setSentence(const QString& sentence);
    [[nodiscard]] QString sentence() const;
    [[nodiscard]] QWidget* control() const noexcept { return m_control; }

Q_SIGNALS:
    void edited();

private:
    void makeControl();
    void restyle();

    const Theme& m_theme; // Outlives this.
    ScenarioField m_field;
    const ScenarioKey* m_key = nullptr; // Constant after construction; of scenarioKeys().
    // One of the four is the control.
    QComboBox* m_choice = nullptr;
    QCheckBox* m_flag = nullptr;
    QuantityEdit* m_quantity = nullptr;
    QLineEdit* m_text = nullptr;
    QWidget* m_control = nullptr;
    QLabel* m_sentence;
    QString m_problem;
};

} // namespace ringscope
